# A build with nothing but a compiler and pkg-config, as a Makefile would do it.
#   cmake -DCOMPILER=… -DPKG_CONFIG=… -DPKG_CONFIG_DIR=… -DOUTPUT=… [-DSTATIC=ON] -P build.cmake
set(ENV{PKG_CONFIG_PATH} "${PKG_CONFIG_DIR}")
set(options --cflags --libs)
if(STATIC)
  list(APPEND options --static)
endif()
execute_process(COMMAND "${PKG_CONFIG}" ${options} drystone RESULT_VARIABLE result OUTPUT_VARIABLE flags)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "pkg-config does not find drystone in ${PKG_CONFIG_DIR}")
endif()
string(STRIP "${flags}" flags)
separate_arguments(flags UNIX_COMMAND "${flags}")
execute_process(COMMAND "${COMPILER}" "${CMAKE_CURRENT_LIST_DIR}/../program.c" -o "${OUTPUT}" ${flags}
  RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "the compiler failed with: ${flags}")
endif()
