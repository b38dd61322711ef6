/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/analysis/classify/expect.h"

#define OK "complete", "ok"
#define NO_STS "complete", ""
#define POLICY(mode, age, mx) "body version: STSv1|mode: " mode "|max_age: " age "|" mx

static const struct expectation table[] = {
	{ "a good domain has nothing to find", "", "", OK, "enforce-ok" },
	{ "a line that is no name", "input illegal", "", "illegal-input", "", "" },
	{ "a name on the blocklist", "input blocklisted", "", "blocklisted", "", "" },
	{ "NXDOMAIN of MX ends it", "mx NXDOMAIN\nsts SKIPPED\nrpt SKIPPED", "", NO_STS, "no-policy" },
	{ "nothing asked is nothing known", "mx SKIPPED\nsts SKIPPED\nrpt SKIPPED", "", "unknown", "", "unknown" },

	/* the record */
	{ "no STS record", "sts NXDOMAIN\nrpt NXDOMAIN", "", NO_STS, "no-policy" },
	{ "TLSRPT alone", "sts -", "913", NO_STS, "no-policy" },
	{ "two records", "sts v=STSv1; id=1\nsts v=STSv1; id=2", "101", "complete", "record", "no-policy" },
	{ "wrong version", "sts v=STSv2; id=1", "102", "complete", "record", "no-policy" },
	{ "no id", "sts v=STSv1; a=b;", "103", "complete", "record", "no-policy" },
	{ "bad id", "sts v=STSv1; id=a-b;", "104", "complete", "record", "no-policy" },
	{ "bad extension", "sts v=STSv1; id=1; a==b", "105", "complete", "record", "no-policy" },
	{ "empty field", "sts v=STSv1;; id=1", "106", "complete", "record", "no-policy" },
	{ "an id twice", "sts v=STSv1; id=1; id=2", "107", OK, "enforce-ok" },
	{ "unrelated text beside", "sts v=STSv1; id=1\nsts hello", "108", OK, "enforce-ok" },
	{ "a wildcard answers with SPF", "sts v=spf1 -all\nrpt v=spf1 -all", "108 109 909", NO_STS, "no-policy" },
	{ "a CNAME that leads somewhere", "sts-cname a.example.net", "110", OK, "enforce-ok" },
	{ "a CNAME into nothing", "sts NXDOMAIN\nsts-cname a.example.net\nrpt -", "110 111", NO_STS, "no-policy" },
	{ "a wildcard CNAME answers for both names",
	  "sts -\nsts-cname a.example.net\nrpt -\nrpt-cname A.example.net\nrpt-cname b.example.net", "109", NO_STS,
	  "no-policy" },
	{ "a wildcard CNAME into nothing",
	  "sts NXDOMAIN\nsts-cname a.example.net\nrpt NXDOMAIN\nrpt-cname a.example.net", "109", NO_STS, "no-policy" },
	{ "two CNAMEs that part", "sts-cname a.example.net\nrpt-cname b.example.net", "110 910", OK, "enforce-ok" },
	{ "a CNAME in a loop", "sts SERVFAIL\nsts-cname a.example.net\nsts-loop\nrpt -", "110 111", NO_STS,
	  "no-policy" },
	{ "SERVFAIL is not absence", "sts SERVFAIL", "112", "unknown", "unknown", "unknown" },
	{ "time-out is not absence", "sts TIMEOUT\nrpt -", "112", "unknown", "unknown", "unknown" },
	{ "the record may be among those left out", "sts -\nsts something else\nleft-out sts", "108 112", "unknown",
	  "unknown", "unknown" },
	{ "a second record may be among those left out", "left-out sts", "112", "unknown", "unknown", "unknown" },
	{ "two records stay two, whatever was left out", "sts v=STSv1; id=1\nsts v=STSv1; id=2\nleft-out sts", "101",
	  "complete", "record", "no-policy" },
	{ "TLSRPT may be among those left out", "rpt something else\nleft-out rpt", "909 911", "unknown", "ok",
	  "enforce-ok" },
	{ "a broken record hides the policy host", "sts v=STSv1;\na NXDOMAIN\naddresses 0\nconnect skipped", "103",
	  "complete", "record", "no-policy" },

	/* dns */
	{ "policy host missing", "a NXDOMAIN\naaaa NXDOMAIN\naddresses 0\nconnect skipped", "201", "complete", "dns",
	  "no-policy" },
	{ "policy host missing, one question saved", "a NXDOMAIN\naaaa SKIPPED\naddresses 0\nconnect skipped", "201",
	  "complete", "dns", "no-policy" },
	{ "policy host without address", "a NO_ANSWER\naddresses 0\nconnect skipped", "202", "complete", "dns",
	  "no-policy" },
	{ "one type missing, one empty", "a NXDOMAIN\naddresses 0\nconnect skipped", "202", "complete", "dns",
	  "no-policy" },
	{ "policy host's CNAME dangles",
	  "a NXDOMAIN\naaaa NXDOMAIN\na-cname x.example.net\naddresses 0\nconnect skipped", "203 206", "complete",
	  "dns", "no-policy" },
	{ "policy host's CNAME loops",
	  "a SERVFAIL\naaaa SERVFAIL\na-cname x.example.net\na-loop\naddresses 0\nconnect skipped", "203 206",
	  "complete", "dns", "no-policy" },
	{ "policy host unknown", "a SERVFAIL\naaaa TIMEOUT\naddresses 0\nconnect skipped", "204", "unknown", "unknown",
	  "unknown" },
	{ "one type unknown, one empty", "a REFUSED\naddresses 0\nconnect skipped", "204", "unknown", "unknown",
	  "unknown" },
	{ "one type unknown, one known", "aaaa SERVFAIL", "", OK, "enforce-ok" },
	{ "reserved addresses", "connect blocklisted-target\nreserved", "205", "complete", "dns", "no-policy" },
	{ "addresses on the user's blocklist", "connect blocklisted-target", "", "complete", "unknown", "unknown" },
	{ "none of the addresses that were kept may be contacted",
	  "connect blocklisted-target\nreserved\nleft-out addresses", "204", "unknown", "unknown", "unknown" },
	{ "those that were kept refuse", "connect connection-refused\nleft-out addresses", "204", "unknown", "unknown",
	  "unknown" },
	{ "one that was kept answers", "left-out addresses", "", OK, "enforce-ok" },
	{ "the name may be among those left out", "san a.example.com\nleft-out san", "", "unknown", "unknown",
	  "unknown" },
	{ "an expired certificate, whatever its other names", "san a.example.com\nleft-out san\nverify 10", "406",
	  "complete", "tls", "no-policy" },
	{ "the name is among those kept", "left-out san", "", OK, "enforce-ok" },
	{ "MX left out may match or not", "left-out mx", "", "unknown", "unknown", "unknown" },
	{ "MX left out may match", "mx 10 mail.example.net\nleft-out mx", "702 703", "unknown", "mx", "unknown" },
	{ "some match and some do not, whatever was left out",
	  "mx 10 mail.example.com\nmx 20 mail.example.net\nleft-out mx", "702 703", "complete", "mx",
	  "enforce-partial" },
	{ "a null MX stands alone", "mx 0 .\nleft-out mx\nsts -\nrpt -", "712", NO_STS, "no-policy" },
	{ "a delegated policy host", "aaaa-cname x.example.net", "206", OK, "enforce-ok" },
	{ "address there, not asked", "connect skipped", "", "unknown", "unknown", "unknown" },

	/* tcp */
	{ "refused", "connect connection-refused", "301", "complete", "tcp", "no-policy" },
	{ "no connection in time", "connect connection-timeout", "302", "complete", "tcp", "no-policy" },
	{ "refused, and other addresses could not be found out", "connect connection-refused\naaaa SERVFAIL", "204",
	  "unknown", "unknown", "unknown" },
	{ "reset", "connect connection-reset", "303", "complete", "tcp", "no-policy" },
	{ "unreachable", "connect network-unreachable", "304", "complete", "tcp", "no-policy" },

	/* tls */
	{ "unrecognized_name", "connect handshake-error\ntls none\nalert 112", "401", "complete", "tls", "no-policy" },
	{ "handshake_failure", "connect handshake-error\ntls none\nalert 40", "401", "complete", "tls", "no-policy" },
	{ "no TLS spoken", "connect handshake-error\ntls none\nno-chain", "402", "complete", "tls", "no-policy" },
	{ "failure behind a good certificate", "connect handshake-error", "402", "complete", "tls", "no-policy" },
	{ "protocol_version", "connect handshake-error\ntls none\nalert 70", "403", "complete", "tls", "no-policy" },
	{ "TLS 1.1 chosen", "connect handshake-error\ntls 1.1\nno-chain", "403", "complete", "tls", "no-policy" },
	{ "TLS 1.0 with a certificate", "connect handshake-error\ntls 1.0", "403", "complete", "tls", "no-policy" },
	{ "another name", "connect handshake-error\nsan www.example.com", "404", "complete", "tls", "no-policy" },
	{ "another name, content read all the same", "san www.example.com", "404", "complete", "tls", "no-policy" },
	{ "no name at all", "connect handshake-error\nno-san", "404", "complete", "tls", "no-policy" },
	{ "name in the CN alone", "connect handshake-error\nno-san\ncn mta-sts.example.com", "405", "complete", "tls",
	  "no-policy" },
	{ "the CN does not help beside names", "connect handshake-error\nsan a.example.com\ncn mta-sts.example.com",
	  "404", "complete", "tls", "no-policy" },
	{ "a wildcard name", "san *.example.com", "", OK, "enforce-ok" },
	{ "a wildcard one label too high", "connect handshake-error\nsan *.com", "404", "complete", "tls",
	  "no-policy" },
	{ "names without regard to case", "san MTA-STS.Example.COM", "", OK, "enforce-ok" },
	{ "expired", "connect handshake-error\nverify 10", "406", "complete", "tls", "no-policy" },
	{ "not yet valid", "connect handshake-error\nverify 9", "407", "complete", "tls", "no-policy" },
	{ "self-signed", "connect handshake-error\nverify 18\nverify 21", "408", "complete", "tls", "no-policy" },
	{ "root outside the store", "connect handshake-error\nverify 19", "409", "complete", "tls", "no-policy" },
	{ "issuer missing", "connect handshake-error\nverify 20\nverify 21", "410", "complete", "tls", "no-policy" },
	{ "unverifiable leaf alone", "connect handshake-error\nverify 21", "410", "complete", "tls", "no-policy" },
	{ "issuer of an intermediate missing", "connect handshake-error\nverify 2", "410", "complete", "tls",
	  "no-policy" },
	{ "revoked", "connect handshake-error\nverify 23", "411", "complete", "tls", "no-policy" },
	{ "all TLS errors are told, nothing behind them",
	  "connect handshake-error\nsan a.example\nverify 10\nverify 18\nhttp 404\ntype text/html", "404 406 408",
	  "complete", "tls", "no-policy" },
	{ "expires in 7 days", "expires 604800", "412", OK, "enforce-ok" },
	{ "expires a second later", "expires 604801", "", OK, "enforce-ok" },
	{ "expires soon and is broken too", "connect handshake-error\nexpires 86400\nverify 18", "408 412", "complete",
	  "tls", "no-policy" },

	/* http */
	{ "404", "http 404", "501", "complete", "http", "no-policy" },
	{ "410", "http 410", "501", "complete", "http", "no-policy" },
	{ "401", "http 401", "502", "complete", "http", "no-policy" },
	{ "403", "http 403", "502", "complete", "http", "no-policy" },
	{ "429", "http 429", "502", "complete", "http", "no-policy" },
	{ "451", "http 451", "502", "complete", "http", "no-policy" },
	{ "503 with a challenge", "http 503\nchallenge cf-mitigated: challenge", "502", "complete", "http",
	  "no-policy" },
	{ "any status with a challenge", "http 202\nchallenge sg-captcha: challenge", "502", "complete", "http",
	  "no-policy" },
	{ "200 with a challenge", "challenge x-sucuri-block: 1\ntype text/html\nbody ", "502", "complete", "http",
	  "no-policy" },
	{ "a challenge seen by an older version", "http 503\nchallenged", "502", "complete", "http", "no-policy" },
	{ "a challenge page", "http 503\nbody <html><head><title>Just a MOMENT...</title>", "502", "complete", "http",
	  "no-policy" },
	{ "a challenge page with 200", "body |<HTML><script>window._cf_chl_opt={}</script>", "502", "complete", "http",
	  "no-policy" },
	{ "a challenge page behind a byte-order mark", "body \xef\xbb\xbf<html><title>Just a moment...</title>", "502",
	  "complete", "http", "no-policy" },
	{ "a challenge page that is accepted", "http 202\nbody <html><meta content=\"0;/.well-known/sgcaptcha/\">",
	  "502", "complete", "http", "no-policy" },
	{ "a challenge page under an odd status", "http 415\nbody <html><title>One moment, please...</title>", "502",
	  "complete", "http", "no-policy" },
	{ "a cookie set by a script", "type text/html\nbody <html><body><script>x=slowAES.decrypt(c,2,a,b)</script>",
	  "502", "complete", "http", "no-policy" },
	{ "a captcha", "type text/html\nbody <!DOCTYPE html><form><div class=\"h-captcha\"></div></form>", "502",
	  "complete", "http", "no-policy" },
	{ "a parked page", "type text/html\nbody <!DOCTYPE html><html><title>This domain is for sale</title>",
	  "509 602", "complete", "syntax", "no-policy" },
	{ "a parked page that measures its readers",
	  "type text/html\nbody <html><script src=\"/cdn-cgi/challenge-platform/scripts/jsd/main.js\"></script>",
	  "509 602", "complete", "syntax", "no-policy" },
	{ "a page that speaks of a moment", "type text/html\nbody <html><title>Welcome</title><p>Just a moment...",
	  "509 602", "complete", "syntax", "no-policy" },
	{ "a challenge page that goes on too long", "failure too-large\nbody <html><title>Checking your browser", "502",
	  "complete", "http", "no-policy" },
	{ "the words of a challenge in no page", "body version: STSv1|mode: none|max_age: 604800|x: g-recaptcha|",
	  "619 621", OK, "none" },
	{ "the words of a challenge under another status", "http 404\nbody <html><title>Just a moment...</title>",
	  "501", "complete", "http", "no-policy" },
	{ "one type in two spellings", "type text/plain, Text/Plain; charset=utf-8", "", OK, "enforce-ok" },
	{ "a comma within quotes", "type text/plain; x=\"a,\\\"b\"; y=1", "", OK, "enforce-ok" },
	{ "two types", "type text/plain; charset=utf-8, text/html", "509", OK, "enforce-ok" },
	{ "301 with text/html", "http 301\ntype text/html", "503", "complete", "http", "no-policy" },
	{ "503", "http 503", "504", "complete", "http", "no-policy" },
	{ "204", "http 204", "505", "complete", "http", "no-policy" },
	{ "418", "http 418", "505", "complete", "http", "no-policy" },
	{ "silence after TLS", "connect io-timeout\nhttp 0", "506", "complete", "http", "no-policy" },
	{ "body without end of time", "failure timeout", "506", "complete", "http", "no-policy" },
	{ "body too large", "failure too-large", "507", "complete", "http", "no-policy" },
	{ "truncated body", "failure protocol", "508", "complete", "http", "no-policy" },
	{ "no HTTP", "connect protocol-error\nhttp 0", "508", "complete", "http", "no-policy" },
	{ "no status line", "http 0", "508", "complete", "http", "no-policy" },
	{ "404 whose body broke is a 404", "http 404\nfailure timeout", "501", "complete", "http", "no-policy" },
	{ "media type with parameters", "type Text/Plain ; charset=utf-8", "", OK, "enforce-ok" },
	{ "media type of another kind", "type text/plainer", "509", OK, "enforce-ok" },
	{ "a body compressed unasked", "coding gzip", "510", OK, "enforce-ok" },
	{ "identity is no coding", "coding Identity", "", OK, "enforce-ok" },
	{ "no media type", "type -", "509", OK, "enforce-ok" },

	/* syntax */
	{ "empty", "body ", "601", "complete", "syntax", "no-policy" },
	{ "a web page", "type text/html\nbody <!DOCTYPE html><html></html>", "509 602", "complete", "syntax",
	  "no-policy" },
	{ "a bad line", POLICY("enforce", "1209600", "mx: mail.example.com|nonsense|"), "603", "complete", "syntax",
	  "no-policy" },
	{ "no version", "body mode: enforce|max_age: 1209600|mx: mail.example.com|", "604", "complete", "syntax",
	  "no-policy" },
	{ "bad version", "body version: STSv2|mode: enforce|max_age: 1209600|mx: mail.example.com|", "605", "complete",
	  "syntax", "no-policy" },
	{ "no mode", "body version: STSv1|max_age: 1209600|mx: mail.example.com|", "606", "complete", "syntax",
	  "no-policy" },
	{ "bad mode", POLICY("report", "1209600", "mx: mail.example.com|"), "607", "complete", "syntax", "no-policy" },
	{ "no max_age", "body version: STSv1|mode: enforce|mx: mail.example.com|", "608", "complete", "syntax",
	  "no-policy" },
	{ "bad max_age", POLICY("enforce", "2w", "mx: mail.example.com|"), "609", "complete", "syntax", "no-policy" },
	{ "no mx", POLICY("enforce", "1209600", ""), "610", "complete", "syntax", "no-policy" },
	{ "bad mx", POLICY("enforce", "1209600", "mx: a@example.com|mx: mail.example.com|"), "611", "complete",
	  "syntax", "no-policy" },
	{ "mx with a dot", POLICY("enforce", "1209600", "mx: mail.example.com.|mx: mail.example.com|"), "612",
	  "complete", "syntax", "no-policy" },
	{ "mx with a U-label", POLICY("enforce", "1209600", "mx: b\xc3\xbc.example.com|mx: mail.example.com|"), "613",
	  "complete", "syntax", "no-policy" },
	{ "a blank line", POLICY("enforce", "1209600", "mx: mail.example.com||"), "614", OK, "enforce-ok" },
	{ "a byte-order mark", "body \xef\xbb\xbfversion: STSv1|mode: enforce|max_age: 1209600|mx: mail.example.com|",
	  "615", OK, "enforce-ok" },
	{ "white space", "body version: STSv1|mode : enforce|max_age: 1209600|mx: mail.example.com|", "616", OK,
	  "enforce-ok" },
	{ "max_age too large", POLICY("enforce", "31557601", "mx: mail.example.com|"), "617", OK, "enforce-ok" },
	{ "a key twice", POLICY("enforce", "1209600", "max_age: 1209600|mx: mail.example.com|"), "618", OK,
	  "enforce-ok" },
	{ "an unknown key", POLICY("enforce", "1209600", "mx: mail.example.com|a: b|"), "619", OK, "enforce-ok" },
	{ "short max_age", POLICY("enforce", "1209599", "mx: mail.example.com|"), "620", OK, "enforce-ok" },
	{ "mode none", POLICY("none", "86400", ""), "621", OK, "none" },
	{ "mode none with MX that do not match", "mx 10 a.example.net\n" POLICY("none", "86400", "mx: b.example.org|"),
	  "621 701 704 708", OK, "none" },
	{ "mode none without MX known", "mx SERVFAIL\n" POLICY("none", "86400", ""), "621 711", "unknown", "ok",
	  "none" },
	{ "mode testing", POLICY("testing", "86400", "mx: mail.example.com|"), "622", OK, "testing-ok" },
	{ "key in upper case", "body Version: STSv1|mode: enforce|max_age: 1209600|mx: mail.example.com|", "623",
	  "complete", "syntax", "no-policy" },
	{ "an invalid policy says nothing about MX",
	  "mx 10 a.example.net\n" POLICY("enforce", "x", "mx: mail.example.com|"), "609", "complete", "syntax",
	  "no-policy" },
	{ "a tolerated policy still fails its MX",
	  "mx 10 mx.example.com\n" POLICY("enforce", "1209600", "mx: mail.example.com||"), "614 701 705 708",
	  "complete", "mx", "enforce-fail" },

	/* mx */
	{ "no MX fits", "mx 10 a.example.com", "701 705 708", "complete", "mx", "enforce-fail" },
	{ "one of two MX fits", "mx 10 mail.example.com\nmx 20 a.example.com", "702 705", "complete", "mx",
	  "enforce-partial" },
	{ "testing and one MX off",
	  "mx 10 mail.example.com\nmx 20 a.example.com\n" POLICY("testing", "86400", "mx: mail.example.com|"),
	  "622 702 705", "complete", "mx", "testing-fail" },
	{ "testing and all MX off", "mx 10 a.example.com\n" POLICY("testing", "86400", "mx: mail.example.com|"),
	  "622 701 705 708", "complete", "mx", "testing-fail" },
	{ "another suffix", "mx 10 mail.example.net", "701 703 708", "complete", "mx", "enforce-fail" },
	{ "another domain", "mx 10 mx.elsewhere.com", "701 704 708", "complete", "mx", "enforce-fail" },
	{ "the policy host as pattern", POLICY("enforce", "1209600", "mx: mta-sts.example.com|"), "701 706 708",
	  "complete", "mx", "enforce-fail" },
	{ "a misspelling", "mx 10 mail.exmaple.com", "701 707 708", "complete", "mx", "enforce-fail" },
	{ "a wildcard covers one label", "mx 10 a.b.example.com\n" POLICY("enforce", "1209600", "mx: *.example.com|"),
	  "701 705 708", "complete", "mx", "enforce-fail" },
	{ "each MX has its own kind",
	  "mx 10 mail.example.com\nmx 20 mail.example.org\nmx 30 x.example.com\nmx 40 quite.different.net",
	  "702 703 704 705", "complete", "mx", "enforce-partial" },
	{ "an unused pattern", POLICY("enforce", "1209600", "mx: mail.example.com|mx: old.example.com|"), "708", OK,
	  "enforce-ok" },
	{ "no MX", "mx -", "709", OK, "enforce-ok" },
	{ "no MX in testing", "mx -\n" POLICY("testing", "86400", "mx: mail.example.com|"), "622 709", OK,
	  "testing-ok" },
	{ "null MX", "mx 0 .", "710", OK, "enforce-ok" },
	{ "MX unknown", "mx SERVFAIL", "711", "unknown", "unknown", "unknown" },
	{ "MX unknown without STS", "mx TIMEOUT\nsts -\nrpt -", "711", "unknown", "", "no-policy" },
	{ "MX unknown beside a broken policy", "mx TIMEOUT\nhttp 404", "501 711", "unknown", "http", "no-policy" },
	{ "MX is an address", "mx 10 192.0.2.1", "701 704 708 712", "complete", "mx", "enforce-fail" },
	{ "MX is localhost", "mx 10 mail.example.com\nmx 20 localhost", "702 704 712", "complete", "mx",
	  "enforce-partial" },
	{ "odd MX without STS", "mx 10 192.0.2.1\nsts -\nrpt -", "712", NO_STS, "no-policy" },
	{ "no MX without STS", "mx -\nsts -\nrpt -", "", NO_STS, "no-policy" },
	{ "no MX beside a broken record", "mx -\nsts v=STSv1;", "103 709", "complete", "record", "no-policy" },
	{ "null MX beside two records", "mx 5 .\nsts v=STSv1; id=1\nsts v=STSv1; id=2", "101 710", "complete", "record",
	  "no-policy" },

	/* tlsrpt */
	{ "two TLSRPT records", "rpt v=TLSRPTv1;rua=mailto:a@b.example\nrpt v=TLSRPTv1;rua=mailto:c@b.example", "901",
	  OK, "enforce-ok" },
	{ "TLSRPT of another version", "rpt v=TLSRPTv2;rua=mailto:a@b.example", "902", OK, "enforce-ok" },
	{ "TLSRPT without rua", "rpt v=TLSRPTv1; a=b", "903", OK, "enforce-ok" },
	{ "TLSRPT with a bad URI", "rpt v=TLSRPTv1; rua=mailto:", "904", OK, "enforce-ok" },
	{ "TLSRPT over ftp", "rpt v=TLSRPTv1; rua=ftp://b.example/", "905", OK, "enforce-ok" },
	{ "TLSRPT with !", "rpt v=TLSRPTv1; rua=mailto:a@b.example!10m", "906", OK, "enforce-ok" },
	{ "TLSRPT with an empty field", "rpt v=TLSRPTv1;; rua=mailto:a@b.example", "907", OK, "enforce-ok" },
	{ "TLSRPT with rua twice", "rpt v=TLSRPTv1; rua=mailto:a@b.example; rua=mailto:c@b.example", "908", OK,
	  "enforce-ok" },
	{ "TLSRPT beside other text", "rpt v=TLSRPTv1; rua=mailto:a@b.example\nrpt hello", "909", OK, "enforce-ok" },
	{ "TLSRPT delegated", "rpt-cname a.example.net", "910", OK, "enforce-ok" },
	{ "TLSRPT delegated into nothing", "rpt NXDOMAIN\nrpt-cname a.example.net", "910 912", OK, "enforce-ok" },
	{ "TLSRPT in a loop", "rpt SERVFAIL\nrpt-cname a.example.net\nrpt-loop", "910 912", OK, "enforce-ok" },
	{ "TLSRPT unknown", "rpt SERVFAIL", "911", "unknown", "ok", "enforce-ok" },
	{ "STS without TLSRPT", "rpt NXDOMAIN", "912", OK, "enforce-ok" },
	{ "broken STS without TLSRPT", "sts v=STSv1;\nrpt -", "103", "complete", "record", "no-policy" },
	{ "broken TLSRPT without STS", "sts -\nrpt v=TLSRPTv1; a=b", "903", NO_STS, "no-policy" },
};

static void judges_every_case(void **state)
{
	(void)state;
	expect_all(table, COUNT_OF(table), NULL);
}

/* The table above is only worth something if it leaves nothing out. MX hosts have tables of their own. */
static void table_reaches_everything(void **state)
{
	static struct facts facts;
	struct finding_set reached = { 0 };
	bool component[COMPONENT_COUNT] = { 0 }, verdict[VERDICT_COUNT] = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct classification result;

		facts_make(&facts, table[i].facts);
		classify(&facts.observation, &result);
		finding_join(&reached, &result.judgement.findings);
		component[result.judgement.component] = true;
		verdict[result.judgement.verdict] = true;
	}
	for (unsigned f = 0; f < FINDING_COUNT; f++) {
		enum component home = finding_table[f].component;

		if (home != COMPONENT_MXTLS && home != COMPONENT_DANE && !finding_has(&reached, (enum finding)f))
			fail_msg("no case gives finding %u", finding_table[f].number);
	}
	for (int c = 0; c < COMPONENT_COUNT; c++)
		if (c != COMPONENT_MXTLS && c != COMPONENT_DANE && c != COMPONENT_TLSRPT && !component[c])
			fail_msg("no case ends in component %s", component_names[c]);
	for (int v = 0; v < VERDICT_COUNT; v++)
		if (!verdict[v])
			fail_msg("no case has the verdict %s", verdict_names[v]);
}

static void one_word_tells_how_tls_ended(void **state)
{
	static const struct {
		const char *facts, *word;
	} cases[] = {
		{ "", "ok" },
		{ "http 404", "ok" },
		{ "expires 604800", "ok" },
		{ "sts -", "" },
		{ "a NXDOMAIN\naaaa NXDOMAIN\naddresses 0\nconnect skipped", "" },
		{ "connect connection-refused", "" },
		{ "connect blocklisted-target\nreserved", "" },
		{ "connect handshake-error\nalert 112\ntls none", "no-certificate" },
		{ "connect handshake-error\nno-chain\ntls none", "handshake" },
		{ "connect handshake-error", "handshake" },
		{ "connect handshake-error\nalert 70\ntls none", "old-version" },
		{ "tls 1.1", "old-version" },
		{ "san other.example", "name-mismatch" },
		{ "no-san\ncn mta-sts.example.com", "cn-only" },
		{ "connect handshake-error\nverify 10", "expired" },
		{ "connect handshake-error\nverify 18\nverify 10", "expired" },
		{ "connect handshake-error\nverify 9", "not-yet-valid" },
		{ "connect handshake-error\nverify 18", "self-signed" },
		{ "connect handshake-error\nverify 19", "untrusted-root" },
		{ "connect handshake-error\nverify 20", "incomplete-chain" },
		{ "connect handshake-error\nverify 24", "invalid" },
	};
	static struct facts facts;
	struct classification result;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		facts_make(&facts, cases[i].facts);
		classify(&facts.observation, &result);
		if (strcmp(result.tls_verify, cases[i].word) != 0)
			fail_msg("%s: got \"%s\", want \"%s\"", cases[i].facts, result.tls_verify, cases[i].word);
	}
	for (unsigned f = 0; f < FINDING_COUNT; f++)
		if (finding_table[f].component == COMPONENT_TLS && finding_table[f].severity == SEVERITY_ERROR)
			assert_int_equal(strncmp(finding_table[f].code, "policy-tls-", strlen("policy-tls-")), 0);
}

static void worst_mx_gives_the_kind(void **state)
{
	static struct facts facts;
	struct classification result;

	(void)state;
	facts_make(&facts, "mx 10 mail.example.com\nmx 20 x.example.com\nmx 30 mail.example.org");
	classify(&facts.observation, &result);
	assert_true(result.mx_compared);
	assert_int_equal(result.mx_kind, MX_KIND_LABEL);
	assert_int_equal(result.mx_matching, 1);
	facts_make(&facts, "mx -");
	classify(&facts.observation, &result);
	assert_false(result.mx_compared);
}

/* A policy as large as can be against as many MX as can be: bounded, and right at the last pattern. */
static void huge_policy_matches_its_last_pattern(void **state)
{
	static struct facts facts;
	static char body[POLICY_BODY_MAX];
	static const char last[] = "mx: mail.example.com\n";
	struct classification result;
	size_t n;

	(void)state;
	facts_make(&facts, "");
	n = (size_t)snprintf(body, sizeof(body), "version: STSv1\nmode: enforce\nmax_age: 1209600\n");
	for (unsigned i = 0; n + 64 < sizeof(body); i++)
		n += (size_t)snprintf(body + n, sizeof(body) - n, "mx: a%u.example.net\n", i);
	memcpy(body + n, last, sizeof(last) - 1);
	n += sizeof(last) - 1;
	facts.observation.policy.http.body = (struct span){ body, n };
	for (size_t i = 1; i < OBS_MX_MAX; i++)
		facts.mx[i] = (struct obs_mx_record){ 20, SPAN_LITERAL("b.example.org") };
	facts.observation.mx.count = OBS_MX_MAX;
	classify(&facts.observation, &result);
	assert_int_equal(result.mx_matching, 1);
	assert_int_equal(result.judgement.verdict, VERDICT_ENFORCE_PARTIAL);
}

/* Facts, and is there hope that asking again tells more? */
static const struct {
	const char *facts;
	bool again;
} asking_again[] = {
	{ "", false },
	{ "input illegal", false },
	{ "input blocklisted", false },
	{ "mx NXDOMAIN\nsts SKIPPED\nrpt SKIPPED", false },
	{ "sts NXDOMAIN\nrpt NXDOMAIN", false },
	{ "mx SERVFAIL", true },
	{ "sts TIMEOUT", true },
	{ "rpt REFUSED", true },
	{ "a SERVFAIL\naaaa TIMEOUT\naddresses 0\nconnect skipped", true },
	{ "aaaa SERVFAIL", false }, /* the policy was had all the same */
	{ "connect connection-refused", false },
	{ "connect connection-reset", false },
	{ "connect connection-timeout", true },
	{ "connect network-unreachable", true },
	{ "connect io-timeout\nhttp 0", true },
	{ "connect handshake-error", false },
	{ "connect handshake-error\nno-chain", false },
	{ "connect handshake-error\ntls none", false }, /* a chain, then a failure */
	{ "connect handshake-error\ntls none\nno-chain\nalert 40", false },
	{ "connect handshake-error\ntls none\nno-chain", true }, /* as after a time-out */
	{ "connect blocklisted-target", false },
	{ "failure timeout", true },
	{ "failure protocol", false },
	{ "failure too-large", false },
	{ "http 503", false },
};

static void what_may_pass_is_worth_asking_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(asking_again); i++) {
		static struct facts facts;
		struct classification result;

		facts_make(&facts, asking_again[i].facts);
		classify(&facts.observation, &result);
		if (classification_worth_asking_again(&facts.observation, &result) != asking_again[i].again)
			fail_msg("%s", asking_again[i].facts);
	}
}

static void a_zone_that_nobody_serves_is_not_asked_again(void **state)
{
	static const struct {
		const char *facts;
		enum obs_fall_back mx, txt;
		bool again;
	} rows[] = {
		{ "mx SERVFAIL\nsts SERVFAIL\nrpt SERVFAIL\nconnect skipped", FALL_BACK_REFUSED, FALL_BACK_REFUSED,
		  false },
		{ "mx SERVFAIL\nsts SERVFAIL\nrpt SERVFAIL\nconnect skipped", FALL_BACK_TIMEOUT, FALL_BACK_REFUSED,
		  true },
		{ "mx SERVFAIL\nsts SERVFAIL\nrpt SERVFAIL\nconnect skipped", FALL_BACK_REFUSED, FALL_BACK_TIMEOUT,
		  true },
		{ "mx SERVFAIL\nsts NXDOMAIN\nrpt NXDOMAIN\nconnect skipped", FALL_BACK_REFUSED, FALL_BACK_NONE,
		  false },
		{ "sts SERVFAIL\nconnect skipped", FALL_BACK_REFUSED, FALL_BACK_REFUSED, true }, /* its MX answered */
		{ "mx SERVFAIL\nconnect connection-timeout", FALL_BACK_REFUSED, FALL_BACK_NONE,
		  true }, /* it may succeed */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		static struct facts facts;
		struct classification result;

		facts_make(&facts, rows[i].facts);
		facts.observation.mx.answer.source = SOURCE_RESOLVER;
		facts.observation.mx.answer.fall_back = rows[i].mx;
		for (int q = 0; q < TXT_QUESTIONS; q++) {
			facts.observation.txt[q].answer.source = SOURCE_RESOLVER;
			facts.observation.txt[q].answer.fall_back = rows[i].txt;
		}
		classify(&facts.observation, &result);
		if (classification_worth_asking_again(&facts.observation, &result) != rows[i].again)
			fail_msg("%s, %s, %s", rows[i].facts, obs_fall_back_names[rows[i].mx],
				 obs_fall_back_names[rows[i].txt]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_every_case),
		cmocka_unit_test(table_reaches_everything),
		cmocka_unit_test(one_word_tells_how_tls_ended),
		cmocka_unit_test(worst_mx_gives_the_kind),
		cmocka_unit_test(huge_policy_matches_its_last_pattern),
		cmocka_unit_test(what_may_pass_is_worth_asking_again),
		cmocka_unit_test(a_zone_that_nobody_serves_is_not_asked_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
