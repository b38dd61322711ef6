# SPDX-License-Identifier: BSD-2-Clause
# What makes a fault of ours harder to use, for builds that are optimised and not instrumented: stack protector, checked
# libc calls, stack probes, control-flow protection, position-independent code, tables that are read-only after the start.
# Each flag is used where compiler and linker know it. -DSTSURVEY_HARDENING=OFF leaves them out, e.g. for a packager's own.
# tests/house/hardening.sh reads them out of the program. docs/performance.md says what they cost.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)

option(STSURVEY_HARDENING "Hardening flags in optimised builds" ON)

# -D_FORTIFY_SOURCE needs optimisation, and hides from sanitizers what they would find.
if(NOT STSURVEY_HARDENING OR NOT CMAKE_BUILD_TYPE MATCHES "^(Release|RelWithDebInfo|MinSizeRel)$" OR STSURVEY_SANITIZE OR
   STSURVEY_FUZZ OR STSURVEY_COVERAGE)
	return()
endif()

foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -fPIE)
	string(MAKE_C_IDENTIFIER "HAVE${flag}" known)
	check_c_compiler_flag(${flag} ${known})
	if(${known})
		target_compile_options(stsurvey_build INTERFACE ${flag})
	endif()
endforeach()

# A level that the user's own flags give stands.
string(TOUPPER ${CMAKE_BUILD_TYPE} type)
if(NOT "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${type}}" MATCHES "_FORTIFY_SOURCE")
	target_compile_options(stsurvey_build INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()

foreach(flag -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
	string(MAKE_C_IDENTIFIER "HAVE${flag}" known)
	check_linker_flag(C ${flag} ${known})
	if(${known})
		target_link_options(stsurvey_build INTERFACE ${flag})
	endif()
endforeach()
