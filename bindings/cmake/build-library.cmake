# Runs at build time: lets cargo build the static library, and makes from it the static and the shared library in
# OUTPUT_DIR, as they are installed and under the same names.
#
# Where cargo puts its files depends on the target triple, the environment and its configuration files. So cargo runs
# with --message-format=json, which names every file that it has built or found up to date.

# Cargo warns in every build if these name a job server of make that it cannot reach.
foreach(variable IN ITEMS MAKEFLAGS MFLAGS CARGO_MAKEFLAGS)
  unset(ENV{${variable}})
endforeach()

set(arguments build --release --lib --manifest-path "${MANIFEST}" --target-dir "${TARGET_DIR}"
  --message-format=json-render-diagnostics)
if(TARGET)
  list(APPEND arguments --target "${TARGET}")
endif()
execute_process(COMMAND "${CARGO}" ${arguments} RESULT_VARIABLE result OUTPUT_VARIABLE messages)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "cargo could not build drystone (${result})")
endif()

function(find_artifact name variable)
  if(NOT messages MATCHES "\"([^\"]*/${name})\"")
    message(FATAL_ERROR "cargo did not say where ${name} is")
  endif()
  set(${variable} "${CMAKE_MATCH_1}" PARENT_SCOPE)
endfunction()

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    string(REPLACE ";" " " command "${ARGV}")
    message(FATAL_ERROR "failed: ${command}")
  endif()
endfunction()

find_artifact("libdrystone\\.a" static)
file(MAKE_DIRECTORY "${OUTPUT_DIR}")
set(result_static "${OUTPUT_DIR}/libdrystone.a")
set(result_shared "${OUTPUT_DIR}/${SHARED_FILE}")

# Results that would not change are not made again, so that nothing is linked again.
function(is_old result variable)
  set(${variable} FALSE PARENT_SCOPE)
  foreach(source IN LISTS ARGN)
    if("${source}" IS_NEWER_THAN "${result}")
      set(${variable} TRUE PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

is_old("${result_static}" static_is_old "${static}" "${SYMBOLS}" "${TOOLS}/localise.sh")
if(static_is_old)
  run("${CMAKE_COMMAND}" -E env "LD=${LINKER}" "OBJCOPY=${OBJCOPY}" "AR=${AR}"
    sh "${TOOLS}/localise.sh" "${static}" "${SYMBOLS}" "${result_static}")
endif()
is_old("${result_shared}" shared_is_old "${result_static}" "${TOOLS}/share.sh")
if(shared_is_old)
  string(REPLACE ";" " " CC "${CC}")
  run("${CMAKE_COMMAND}" -E env "CC=${CC}"
    sh "${TOOLS}/share.sh" "${result_static}" "${SYMBOLS}" "${ABI}" "${result_shared}" ${NATIVE_LIBRARIES})
endif()
run("${CMAKE_COMMAND}" -E create_symlink "${SHARED_FILE}" "${OUTPUT_DIR}/${SONAME}")
run("${CMAKE_COMMAND}" -E create_symlink "${SONAME}" "${OUTPUT_DIR}/libdrystone.so")
