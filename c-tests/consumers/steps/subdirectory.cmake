# A project with drystone as a subdirectory of its sources. The library is built in CARGO_DIR, where it was built
# already, whatever the environment variables.
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

file(REMOVE_RECURSE "${WORK}")
set(ENV{CARGO_TARGET_DIR} "${WORK}/not here")
configure_command(configure subdirectory)
run(output ${configure} "-DDRYSTONE_SOURCE=${SOURCE}" "-DDRYSTONE_CARGO_TARGET_DIR=${CARGO_DIR}"
  "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}")
run(output "${CMAKE_COMMAND}" --build "${WORK}")
if(EXISTS "${WORK}/not here")
  message(FATAL_ERROR "cargo has built where CARGO_TARGET_DIR says")
endif()
foreach(kind IN ITEMS shared static)
  check_linkage("${WORK}/programs/consumer_${kind}" ${kind})
  run_program("${WORK}/programs/consumer_${kind}" "^drystone [0-9]")
endforeach()

# Nothing has changed, so cargo runs but nothing is linked again.
run(output "${CMAKE_COMMAND}" --build "${WORK}")
if(output MATCHES "Linking C executable")
  message(FATAL_ERROR "linked again for no reason:\n${output}")
endif()
