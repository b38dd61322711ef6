# SPDX-License-Identifier: BSD-2-Clause
# One source, one program, wherever it is built: an optimised build names its files by where they are in the project, not
# by where the project is. The others keep the paths, by which a debugger finds the files.
# tests/packages/reproducible.sh builds in two places and compares.
include(CheckCCompilerFlag)

if(NOT CMAKE_BUILD_TYPE MATCHES "^(Release|RelWithDebInfo|MinSizeRel)$" OR STSURVEY_SANITIZE)
	return()
endif()

check_c_compiler_flag(-ffile-prefix-map=/a=/b HAVE_FILE_PREFIX_MAP)
if(HAVE_FILE_PREFIX_MAP)
	# GCC takes the last that fits, and the build folder is often within the project.
	target_compile_options(stsurvey_build INTERFACE -ffile-prefix-map=${CMAKE_SOURCE_DIR}=/usr/src/stsurvey
		-ffile-prefix-map=${CMAKE_BINARY_DIR}=/usr/src/stsurvey/build)
endif()
