/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/libraries.h"

#include <uv.h>

#include "analysis/classify/public_suffix.h"
#include "analysis/tlsrpt/tlsrpt_json.h"
#include "analysis/tlsrpt/tlsrpt_mime.h"
#include "output/avro_file.h"
#include "output/scan_file/frame.h"
#include "output/scan_file/record.h"
#include "parsers/span.h"
#include "scanner/dns/net_cares.h"
#include "scanner/https/http_coding.h"
#include "scanner/https/net_curl.h"
#include "scanner/rules/idna.h"
#include "scanner/tls/tls.h"

const struct library stsurvey_libraries[] = {
	{ "libuv", uv_version_string },
	{ "c-ares", net_cares_library_version },
	{ "OpenSSL", tls_library_version },
	{ "libcurl", net_curl_library_version },
	{ "msgpack-c", record_library_version },
	{ "zstd", frame_library_version },
	{ "zlib", http_coding_library_version },
	{ "libidn2", idna_library_version },
	{ "libpsl", public_suffix_library_version },
	{ "GMime", tlsrpt_mime_library_version },
	{ "yajl", tlsrpt_json_library_version },
	{ "avro-c", avro_file_library_version },
};
const size_t stsurvey_library_count = COUNT_OF(stsurvey_libraries);
