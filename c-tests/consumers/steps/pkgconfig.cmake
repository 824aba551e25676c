# A program built with a compiler and pkg-config alone; KIND is shared, or static where only that is installed.
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
set(ENV{PKG_CONFIG_PATH} "${PREFIX}/${LIBDIR}/pkgconfig")
run(output "${PKG_CONFIG}" --validate drystone)
run(output "${PKG_CONFIG}" --modversion drystone)
if(NOT output STREQUAL "${VERSION}\n")
  message(FATAL_ERROR "pkg-config says version ${output}, not ${VERSION}")
endif()
set(static OFF)
if(KIND STREQUAL "static")
  set(static ON)
endif()
run(output "${CMAKE_COMMAND}" "-DCOMPILER=${COMPILER}" "-DPKG_CONFIG=${PKG_CONFIG}"
  "-DPKG_CONFIG_DIR=${PREFIX}/${LIBDIR}/pkgconfig" "-DOUTPUT=${WORK}/program" "-DSTATIC=${static}"
  -P "${CMAKE_CURRENT_LIST_DIR}/../pkgconfig/build.cmake")
check_linkage("${WORK}/program" ${KIND})
run_program("${WORK}/program" "^drystone [0-9]"
  "${CMAKE_COMMAND}" -E env "LD_LIBRARY_PATH=${PREFIX}/${LIBDIR}")
