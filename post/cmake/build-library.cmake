# Runs at build time: has cargo build the static library, and makes from it the static and the shared library in OUTPUT_DIR,
# under the names they are installed with.

# Cargo warns when it inherits a make job server that it cannot reach.
foreach(variable IN ITEMS MAKEFLAGS MFLAGS CARGO_MAKEFLAGS)
  unset(ENV{${variable}})
endforeach()

# The crate types of `cargo xtask`, so that cargo compiles once for both.
set(arguments rustc --release --lib --crate-type cdylib,staticlib --manifest-path "${MANIFEST}" --target-dir "${TARGET_DIR}"
  --message-format=json-render-diagnostics)
if(TARGET)
  list(APPEND arguments --target "${TARGET}")
endif()
execute_process(COMMAND "${CARGO}" ${arguments} RESULT_VARIABLE result OUTPUT_VARIABLE messages)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "cargo could not build drystone_post (${result})")
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

find_artifact("libdrystone_post\\.a" static)
file(MAKE_DIRECTORY "${OUTPUT_DIR}")
if("${static}" IS_NEWER_THAN "${OUTPUT_DIR}/libdrystone_post.a" OR "${SYMBOLS}" IS_NEWER_THAN "${OUTPUT_DIR}/libdrystone_post.a")
  run("${CMAKE_COMMAND}" -E env "LD=${LINKER}" "OBJCOPY=${OBJCOPY}" "AR=${AR}"
    sh "${TOOLS}/localise.sh" "${static}" "${SYMBOLS}" "${OUTPUT_DIR}/libdrystone_post.a")
endif()
if("${OUTPUT_DIR}/libdrystone_post.a" IS_NEWER_THAN "${OUTPUT_DIR}/${FILE}" OR "${TOOLS}/share.sh" IS_NEWER_THAN "${OUTPUT_DIR}/${FILE}")
  string(REPLACE ";" " " CC "${CC}")
  run("${CMAKE_COMMAND}" -E env "CC=${CC}"
    sh "${TOOLS}/share.sh" "${OUTPUT_DIR}/libdrystone_post.a" "${SYMBOLS}" "${ABI}" "${OUTPUT_DIR}/${FILE}"
    "${DRYSTONE}" ${NATIVE_LIBRARIES})
endif()
run("${CMAKE_COMMAND}" -E create_symlink "${FILE}" "${OUTPUT_DIR}/${SONAME}")
run("${CMAKE_COMMAND}" -E create_symlink "${SONAME}" "${OUTPUT_DIR}/libdrystone_post.so")
