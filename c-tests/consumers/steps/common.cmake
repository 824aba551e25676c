# Used by all steps. Isolates them from the environment of the test run.
foreach(variable IN ITEMS DESTDIR MAKEFLAGS MFLAGS CMAKE_PREFIX_PATH CMAKE_BUILD_TYPE PKG_CONFIG_PATH
    LD_LIBRARY_PATH LIBRARY_PATH CPATH)
  unset(ENV{${variable}})
endforeach()

# run(OUTPUT_VARIABLE command…): fails with all that the command printed.
function(run variable)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    string(REPLACE ";" " " command "${ARGN}")
    message(FATAL_ERROR "${command}\nended with ${result}:\n${output}")
  endif()
  set(${variable} "${output}" PARENT_SCOPE)
endfunction()

# must_fail(REGEX command…): the command fails with a matching message.
function(must_fail words)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(result EQUAL 0 OR NOT output MATCHES "${words}")
    string(REPLACE ";" " " command "${ARGN}")
    message(FATAL_ERROR "${command}\nshould fail and say «${words}»; it ended with ${result}:\n${output}")
  endif()
endfunction()

# The beginning of a configuring command for this consumer. Its programs go to WORK/programs; the empty generator
# expression keeps generators for several configurations from adding a directory to that.
function(configure_command variable consumer)
  set(command "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/../${consumer}" -B "${WORK}" -G "${GENERATOR}"
    "-DCMAKE_C_COMPILER=${COMPILER}" "-DCMAKE_RUNTIME_OUTPUT_DIRECTORY=${WORK}/programs$<0:>")
  if(MAKE_PROGRAM)
    list(APPEND command "-DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM}")
  endif()
  set(${variable} ${command} PARENT_SCOPE)
endfunction()

# A program linked with the shared library needs its soname; other programs do not.
function(check_linkage program kind)
  run(output "${READELF}" -d "${program}")
  string(FIND "${output}" "Shared library: [${SONAME}]" found)
  if(kind STREQUAL "shared" AND found EQUAL -1)
    message(FATAL_ERROR "${program} does not need ${SONAME}:\n${output}")
  elseif(kind STREQUAL "static" AND output MATCHES "libdrystone")
    message(FATAL_ERROR "${program} needs the shared library:\n${output}")
  endif()
endfunction()

# Runs the consumer's program, which prints the words.
function(run_program program words)
  run(output ${ARGN} "${program}")
  if(NOT output MATCHES "${words}")
    message(FATAL_ERROR "${program} did not print «${words}» but:\n${output}")
  endif()
endfunction()
