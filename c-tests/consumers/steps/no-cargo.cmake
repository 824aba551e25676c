# Without cargo the project reports at once what is missing.
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

file(REMOVE_RECURSE "${WORK}")
configure_command(configure subdirectory)
set(ENV{HOME} "${WORK}")
unset(ENV{CARGO_HOME})
must_fail("built by cargo, which was not found" ${configure} "-DDRYSTONE_SOURCE=${SOURCE}"
  -DCMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH=OFF -DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF)
