# The header compiles alone in every supported language, with warnings as errors. Its directory is given with -I, not
# as a system directory, in which compilers suppress warnings.
function(header_test standard language compiler)
  foreach(source IN ITEMS alone twice names inline wasmtime without_wasmtime)
    set(name header.${standard}.${source})
    add_test(NAME ${name} COMMAND "${compiler}" -x ${language} -std=${standard} ${warnings} ${ARGN} -fsyntax-only
      "-I${drystone_SOURCE_DIR}/include" "${CMAKE_CURRENT_SOURCE_DIR}/headers/${source}.c")
    set_tests_properties(${name} PROPERTIES LABELS header TIMEOUT 600)
  endforeach()
endfunction()

header_test(c99 c "${CMAKE_C_COMPILER}" -Wstrict-prototypes)
header_test(c11 c "${CMAKE_C_COMPILER}" -Wstrict-prototypes)
header_test(c17 c "${CMAKE_C_COMPILER}" -Wstrict-prototypes)
header_test(c++17 c++ "${CMAKE_CXX_COMPILER}" -Wold-style-cast)
