# SPDX-License-Identifier: BSD-2-Clause
# What shells complete behind `stsurvey`, from the tables of commands and options.
add_executable(dump_options ${CMAKE_SOURCE_DIR}/cmake/dump_options.c)
target_link_libraries(dump_options PRIVATE scanner_options)
set(options_dump ${CMAKE_BINARY_DIR}/generated/options.tsv)
add_custom_command(
	OUTPUT ${options_dump}
	COMMAND dump_options >${options_dump}
	DEPENDS dump_options)
set(completions ${CMAKE_BINARY_DIR}/completions)
file(MAKE_DIRECTORY ${completions})
set(completions_generator ${CMAKE_SOURCE_DIR}/cmake/generate_completions.py)
set(findings_table ${CMAKE_SOURCE_DIR}/datasets/findings.csv)
foreach(shell_file bash/stsurvey zsh/_stsurvey)
	cmake_path(GET shell_file PARENT_PATH shell)
	cmake_path(GET shell_file FILENAME name)
	add_custom_command(
		OUTPUT ${completions}/${name}
		COMMAND ${Python3_EXECUTABLE} ${completions_generator} ${shell} ${options_dump} ${findings_table} ${completions}/${name}
		DEPENDS ${options_dump} ${completions_generator} ${findings_table}
		VERBATIM)
endforeach()
add_custom_target(stsurvey_completions DEPENDS ${completions}/stsurvey ${completions}/_stsurvey)
add_dependencies(stsurvey stsurvey_completions) # they are installed together
install(FILES ${completions}/stsurvey DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${completions}/_stsurvey DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
