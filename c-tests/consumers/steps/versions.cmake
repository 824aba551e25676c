# Two ABIs in one process: a program links this one, and loads a plugin that is linked with the next. Symbol versions
# keep them apart; without them the plugin's calls would go to the program's library, which was loaded first.
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}/next")
set(sources "${CMAKE_CURRENT_LIST_DIR}/../versions")
set(libraries "${PREFIX}/${LIBDIR}")

run(output "${COMPILER}" -fPIC -c "${sources}/next.c" -o "${WORK}/next/next.o")
run(output "${AR}" rcs "${WORK}/next/libdrystone.a" "${WORK}/next/next.o")
file(WRITE "${WORK}/next/symbols" "drystone_abi_version\n")
run(output sh "${SHARE}" "${WORK}/next/libdrystone.a" "${WORK}/next/symbols" 1 "${WORK}/next/libdrystone.so.1")
run(output "${COMPILER}" -shared -fPIC "${sources}/plugin.c" -o "${WORK}/plugin.so"
  "${WORK}/next/libdrystone.so.1" "-Wl,-rpath,${WORK}/next")
run(output "${COMPILER}" "${sources}/host.c" -o "${WORK}/host" -I "${PREFIX}/${INCLUDEDIR}"
  -L "${libraries}" "-Wl,-rpath,${libraries}" -ldrystone -ldl)
run(output "${WORK}/host" "${WORK}/plugin.so")
if(NOT output STREQUAL "host ${ABI}, plugin 1\n")
  message(FATAL_ERROR "each should call its own library; they say: ${output}")
endif()
