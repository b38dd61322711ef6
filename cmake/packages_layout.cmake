# SPDX-License-Identifier: BSD-2-Clause
# Run by cpack on what was installed for the packages, before they are made of it: what Debian's policy has in a package
# and `cmake --install` does not put down. 12.1: manual pages compressed; 12.5: copyright; 12.7: changelog.gz.
file(READ ${CPACK_STSURVEY_SOURCE_DIR}/LICENSE license)
string(REGEX MATCH "Copyright \\(c\\) ([^\n]*)\n+(.*)" found "${license}")
set(holder "${CMAKE_MATCH_1}")
string(REGEX REPLACE "\n+$" "" terms "${CMAKE_MATCH_2}")
string(REPLACE "\n\n" "\n.\n" terms "${terms}")
string(REPLACE "\n" "\n " terms "${terms}")
string(TIMESTAMP when "%a, %d %b %Y %H:%M:%S +0000" UTC) # heeds SOURCE_DATE_EPOCH

foreach(component IN LISTS CPACK_COMPONENTS_ALL)
	string(TOUPPER ${component} upper)
	set(package ${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
	set(root ${CPACK_TEMPORARY_DIRECTORY}/${component})
	set(doc ${root}/usr/share/doc/${package})
	file(WRITE ${doc}/copyright "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: stsurvey
Source: the folder that this package was built in

Files: *
Copyright: ${holder}
License: BSD-2-Clause

License: BSD-2-Clause
 ${terms}
")
	file(WRITE ${doc}/changelog "${package} (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * Built by cpack. What changed in stsurvey is told by CHANGELOG.md.

 -- ${CPACK_PACKAGE_CONTACT}  ${when}
")
	file(GLOB pages ${root}/usr/share/man/man*/*.[0-9])
	execute_process(COMMAND gzip -9nf ${doc}/changelog ${pages} COMMAND_ERROR_IS_FATAL ANY)
	if(EXISTS ${root}/usr/share/zsh/site-functions) # where others have them and Debian's zsh does not look
		file(RENAME ${root}/usr/share/zsh/site-functions ${root}/usr/share/zsh/vendor-completions)
	endif()
	file(GLOB programs ${root}/usr/bin/*)
	execute_process(COMMAND strip --remove-section=.comment ${programs} COMMAND_ERROR_IS_FATAL ANY)
	# Whatever the umask is of who makes the packages.
	execute_process(COMMAND chmod -R u=rwX,go=rX ${root} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
