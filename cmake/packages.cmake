# SPDX-License-Identifier: BSD-2-Clause
# `cpack -G DEB` in a build folder: the packages stsurvey and, where its program is built, stsurvey-fleet. What is
# installed without a component of its own is stsurvey's. docs/packages.md.
set(STSURVEY_MAINTAINER "stsurvey maintainers <maintainers@stsurvey.invalid>" CACHE STRING
	"Who answers for the packages made here: name <address>")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "stsurvey")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each package has its own
set(CPACK_PACKAGE_CONTACT "${STSURVEY_MAINTAINER}")
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_SOURCE_DIR}/cmake/packages_when.cmake)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/packages_layout.cmake)
set(CPACK_STSURVEY_SOURCE_DIR ${CMAKE_SOURCE_DIR}) # for the two scripts

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL stsurvey)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

# What a package tells systemd of its UNITS: those RUNNING are stopped before they go, and UPGRADED is run by a new version.
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
function(stsurvey_maintainer_scripts component UNITS RUNNING UPGRADED)
	string(TOUPPER ${component} upper)
	foreach(script postinst prerm postrm)
		configure_file(${CMAKE_SOURCE_DIR}/cmake/debian/${script}.in ${CMAKE_BINARY_DIR}/debian/${component}/${script} @ONLY)
		list(APPEND scripts ${CMAKE_BINARY_DIR}/debian/${component}/${script})
	endforeach()
	set(CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA ${scripts} PARENT_SCOPE)
endfunction()

# The trust store for policy hosts; the resolver of `--resolver unbound` and its trust anchor.
set(CPACK_DEBIAN_STSURVEY_PACKAGE_NAME stsurvey)
set(CPACK_DEBIAN_STSURVEY_PACKAGE_RECOMMENDS "ca-certificates, dns-root-data, unbound")
stsurvey_maintainer_scripts(stsurvey "stsurvey-weekly.timer stsurvey-weekly.service" "stsurvey-weekly.timer stsurvey-weekly.service"
	": # a survey goes on with what it began")
set(CPACK_DEBIAN_STSURVEY_DESCRIPTION "survey scanner for MTA-STS, TLSRPT and DANE of mail domains
Asks each domain of a list or a zone for its MX, its MTA-STS record
(RFC 8461) and its TLSRPT record (RFC 8460), fetches the policy as a sending
mail server would, and can go on to the mail servers: STARTTLS, certificate,
DANE. Every fact is kept in one file that a killed scan resumes from.
.
From such files come tables, lines of JSON, CSV and Avro, a page to publish,
what changed between two scans, and for each fault its rule and its remedy.")

if(TARGET stsurvey-fleet)
	list(APPEND CPACK_COMPONENTS_ALL fleet)
	set(CPACK_DEBIAN_FLEET_PACKAGE_NAME stsurvey-fleet)
	set(CPACK_DEBIAN_FLEET_PACKAGE_DEPENDS "stsurvey (= ${PROJECT_VERSION})")
	set(CPACK_DEBIAN_FLEET_PACKAGE_SUGGESTS nats-server)
	# A worker of the old version would have the new one scan.
	stsurvey_maintainer_scripts(fleet "stsurvey-fleet-work@.service" "'stsurvey-fleet-work@*.service'"
		"deb-systemd-invoke try-restart 'stsurvey-fleet-work@*.service' >/dev/null || true")
	set(CPACK_DEBIAN_FLEET_DESCRIPTION "survey of mail domains by many machines over a NATS queue
Cuts a list of domains into chunks on a NATS JetStream queue, has any number
of machines scan them with stsurvey(1), keeps all of them together within one
rate, and collects what they found into one scan file.
.
The queue is a nats-server with JetStream, on one of the machines.")
endif()

include(CPack)
