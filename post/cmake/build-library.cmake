# Run at build time: lets cargo build the shared library, and puts it under the names it is installed with into
# OUTPUT_DIR.

# A cargo that finds a make's job server it cannot reach warns about it with every build.
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
  message(FATAL_ERROR "cargo could not build drystone_post (${result})")
endif()
if(NOT messages MATCHES "\"([^\"]*/libdrystone_post\\.so)\"")
  message(FATAL_ERROR "cargo did not say where libdrystone_post.so is")
endif()
file(MAKE_DIRECTORY "${OUTPUT_DIR}")
# Not into a file that some process has loaded.
if("${CMAKE_MATCH_1}" IS_NEWER_THAN "${OUTPUT_DIR}/${FILE}")
  file(REMOVE "${OUTPUT_DIR}/${FILE}")
  execute_process(COMMAND "${CMAKE_COMMAND}" -E copy "${CMAKE_MATCH_1}" "${OUTPUT_DIR}/${FILE}" RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "libdrystone_post.so could not be copied")
  endif()
endif()
execute_process(COMMAND "${CMAKE_COMMAND}" -E create_symlink "${FILE}" "${OUTPUT_DIR}/${SONAME}")
execute_process(COMMAND "${CMAKE_COMMAND}" -E create_symlink "${SONAME}" "${OUTPUT_DIR}/libdrystone_post.so")
