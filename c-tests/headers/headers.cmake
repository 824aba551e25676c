# The header compiles alone in every supported language, with warnings as errors. Its directory is given with -I, not
# as a system directory, in which compilers suppress warnings.
function(header_test standard language compiler)
  foreach(source IN ITEMS alone twice names inline wasmtime without_wasmtime)
    set(name header.${standard}.${source})
    add_test(NAME ${name} COMMAND "${compiler}" -x ${language} -std=${standard} -O2 ${warnings} ${ARGN} -fsyntax-only
      "-I${drystone_SOURCE_DIR}/include" "${CMAKE_CURRENT_SOURCE_DIR}/headers/${source}.c")
    set_tests_properties(${name} PROPERTIES LABELS header TIMEOUT 600)
  endforeach()
endfunction()

header_test(c99 c "${CMAKE_C_COMPILER}" -Wstrict-prototypes)
header_test(c11 c "${CMAKE_C_COMPILER}" -Wstrict-prototypes)
header_test(c17 c "${CMAKE_C_COMPILER}" -Wstrict-prototypes)
header_test(c++17 c++ "${CMAKE_CXX_COMPILER}" -Wold-style-cast)

# GCC does not look at casts inside extern "C"; clang does. Here the headers have no such block.
foreach(header IN ITEMS drystone drystone_inline drystone_wasmtime)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${drystone_SOURCE_DIR}/include/${header}.h")
  file(READ "${drystone_SOURCE_DIR}/include/${header}.h" text)
  string(REPLACE "extern \"C\" {" "extern \"C++\" {" text "${text}")
  file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/headers/${header}.h" "${text}")
endforeach()
add_test(NAME header.c++17.casts COMMAND "${CMAKE_CXX_COMPILER}" -x c++ -std=c++17 -O2 ${warnings} -Wold-style-cast
  -fsyntax-only "-I${CMAKE_CURRENT_BINARY_DIR}/headers"
  "${CMAKE_CURRENT_SOURCE_DIR}/headers/inline.c" "${CMAKE_CURRENT_SOURCE_DIR}/headers/wasmtime.c")
set_tests_properties(header.c++17.casts PROPERTIES LABELS header TIMEOUT 600)

# Without a C library: the headers include only the compiler's own, also where vectors must not be used.
if(CMAKE_C_COMPILER_ID MATCHES "GNU|Clang")
  execute_process(COMMAND "${CMAKE_C_COMPILER}" -print-file-name=include
    OUTPUT_VARIABLE own_headers OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(without_library "${CMAKE_C_COMPILER}" -std=c11 -O2 ${warnings} -ffreestanding -nostdinc -isystem "${own_headers}"
    -fsyntax-only "-I${drystone_SOURCE_DIR}/include" "${CMAKE_CURRENT_SOURCE_DIR}/headers/inline.c")
  add_test(NAME header.freestanding COMMAND ${without_library})
  set_tests_properties(header.freestanding PROPERTIES LABELS header TIMEOUT 600)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    add_test(NAME header.freestanding.general_registers COMMAND ${without_library} -mgeneral-regs-only)
    set_tests_properties(header.freestanding.general_registers PROPERTIES LABELS header TIMEOUT 600)
  endif()
endif()
