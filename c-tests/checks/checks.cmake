# Compares the exported symbols, the declarations and the libraries of a static link with the project's own lists.
set(symbols "${drystone_SOURCE_DIR}/include/drystone.symbols")

add_test(NAME check.exports COMMAND "${CMAKE_COMMAND}"
  "-DNM=${DRYSTONE_NM_PROGRAM}" "-DREADELF=${DRYSTONE_READELF_PROGRAM}"
  "-DLIBRARY=$<TARGET_FILE:drystone::drystone>" "-DSYMBOLS=${symbols}" "-DSONAME=${drystone_soname}"
  "-DABI=${drystone_abi_version}"
  -P "${CMAKE_CURRENT_SOURCE_DIR}/checks/exports.cmake")

# The programs that try NULL.
set(null_tests)
foreach(name IN ITEMS null_messages null_version null_mailbox null_link null_formats null_values null_bucket
    null_bucket_memory null_wasmtime null_arena)
  string(APPEND null_tests "$<TARGET_FILE:test_${name}>,")
endforeach()
add_test(NAME check.functions COMMAND "${CMAKE_COMMAND}"
  "-DCOMPILER=${CMAKE_C_COMPILER}" "-DHEADER=${drystone_SOURCE_DIR}/include/drystone.h" "-DSYMBOLS=${symbols}"
  "-DNULL_TESTS=${null_tests}"
  -P "${CMAKE_CURRENT_SOURCE_DIR}/checks/functions.cmake")

# In the profile that compiles fastest, and in a directory of its own, as other flags would make cargo rebuild the
# library.
add_test(NAME check.native-libraries COMMAND "${CMAKE_COMMAND}"
  "-DCARGO=${DRYSTONE_CARGO}" "-DMANIFEST=${drystone_SOURCE_DIR}/Cargo.toml"
  "-DTARGET_DIR=${CMAKE_CURRENT_BINARY_DIR}/native-libraries" "-DTARGET=${DRYSTONE_CARGO_TARGET}"
  "-DEXPECTED=${drystone_pc_native_libraries}" "-DPC_FILE=${drystone_BINARY_DIR}/drystone.pc"
  -P "${CMAKE_CURRENT_SOURCE_DIR}/checks/native-libraries.cmake")

set_tests_properties(check.exports check.functions PROPERTIES TIMEOUT 600)
set_tests_properties(check.native-libraries PROPERTIES TIMEOUT 600)
