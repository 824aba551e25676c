# The small engine, built with an installed prefix.
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

file(REMOVE_RECURSE "${WORK}")
configure_command(configure engine)
run(output ${configure} "-DCMAKE_PREFIX_PATH=${PREFIX}")
run(output "${CMAKE_COMMAND}" --build "${WORK}")
check_linkage("${WORK}/programs/consumer_shared" shared)
run_program("${WORK}/programs/consumer_shared" "^engine: 1000 letters read, 256 torn down, blobs alive 0")
