# SPDX-License-Identifier: BSD-2-Clause
# Read by cpack before anything else. The time in the packages is that of the last change to the source, so that one source
# gives the same packages each time: SOURCE_DATE_EPOCH where it is set, else the last commit's.
if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
	execute_process(COMMAND git -C ${CPACK_STSURVEY_SOURCE_DIR} log -1 --format=%ct
		OUTPUT_VARIABLE committed OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
	if(NOT status EQUAL 0)
		file(TIMESTAMP ${CPACK_STSURVEY_SOURCE_DIR}/CHANGELOG.md committed %s UTC)
	endif()
	set(ENV{SOURCE_DATE_EPOCH} ${committed})
endif()
