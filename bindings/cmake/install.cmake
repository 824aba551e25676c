# The installed files; `cargo xtask install` installs the same files, and a test compares the two. There are three
# components, for packagers: drystone_shared, drystone_static, and drystone_development with the headers, the CMake and
# pkg-config files, the documentation and the licences.
#
# The paths in GNUInstallDirs' variables may be relative or absolute. Files that contain them work in both cases, and
# after the whole prefix has been moved or installed elsewhere.

# Executable, as compilers make it: some package tools recognise shared libraries by that.
install(PROGRAMS "${drystone_library_dir}/${drystone_shared_file}"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT drystone_shared)
install(FILES
  "${drystone_library_dir}/${drystone_soname}"
  "${drystone_library_dir}/libdrystone.so"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT drystone_shared)
install(FILES "${drystone_library_dir}/libdrystone.a"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT drystone_static)
install(FILES
  include/drystone.h include/drystone_inline.h include/drystone_wasmtime.h bindings/quickjs/drystone_quickjs.h
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT drystone_development)

# The sources of the binding for QuickJS, which is compiled together with an engine.
set(drystone_quickjs_dir "${CMAKE_INSTALL_DATAROOTDIR}/drystone/quickjs")
file(GLOB drystone_quickjs_files CONFIGURE_DEPENDS
  bindings/quickjs/*.c bindings/quickjs/*.h bindings/quickjs/*.d.ts)
install(FILES ${drystone_quickjs_files}
  DESTINATION "${drystone_quickjs_dir}" COMPONENT drystone_development)

set(drystone_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/drystone")
file(RELATIVE_PATH drystone_package_up "/${drystone_package_dir}" "/")
configure_package_config_file(bindings/cmake/drystone-config.cmake.in
  "${CMAKE_CURRENT_BINARY_DIR}/drystone-config.cmake"
  INSTALL_DESTINATION "${drystone_package_dir}"
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR drystone_quickjs_dir)
set(drystone_pointer_size "${CMAKE_SIZEOF_VOID_P}")
configure_file(bindings/cmake/drystone-config-version.cmake.in
  "${CMAKE_CURRENT_BINARY_DIR}/drystone-config-version.cmake" @ONLY)
install(FILES
  "${CMAKE_CURRENT_BINARY_DIR}/drystone-config.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/drystone-config-version.cmake"
  bindings/cmake/drystone-quickjs.cmake
  DESTINATION "${drystone_package_dir}" COMPONENT drystone_development)

# drystone.pc computes the prefix from its own location.
set(drystone_pkgconfig_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(drystone_pc_prefix "${CMAKE_INSTALL_PREFIX}")
  set(drystone_pc_libdir "${CMAKE_INSTALL_LIBDIR}")
else()
  file(RELATIVE_PATH drystone_pc_prefix "/${drystone_pkgconfig_dir}" "/")
  string(REGEX REPLACE "/$" "" drystone_pc_prefix "\${pcfiledir}/${drystone_pc_prefix}")
  set(drystone_pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
endif()
if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(drystone_pc_includedir "${CMAKE_INSTALL_INCLUDEDIR}")
else()
  set(drystone_pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
string(REPLACE ";" " " drystone_pc_native_libraries "${DRYSTONE_NATIVE_LIBRARIES}")
configure_file(bindings/pkgconfig/drystone.pc.in "${CMAKE_CURRENT_BINARY_DIR}/drystone.pc" @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/drystone.pc"
  DESTINATION "${drystone_pkgconfig_dir}" COMPONENT drystone_development)

install(FILES README.md CHANGELOG.md SECURITY.md LICENSE-MIT LICENSE-APACHE
  DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/doc/drystone" COMPONENT drystone_development)
# What the README names: documents with their pictures, and examples. Two pages of docs can be read by mdBook only.
install(DIRECTORY docs examples DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/doc/drystone"
  COMPONENT drystone_development FILES_MATCHING
  REGEX "/(SUMMARY|reference)\\.md$" EXCLUDE
  PATTERN "__pycache__" EXCLUDE
  REGEX "\\.(c|h|md|mjs|py|rs|svg|wat)$")
foreach(drystone_binding IN ITEMS cmake conan python quickjs rust/drystone-sys web)
  file(GLOB drystone_documents CONFIGURE_DEPENDS "bindings/${drystone_binding}/*.md")
  install(FILES ${drystone_documents}
    DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/doc/drystone/bindings/${drystone_binding}"
    COMPONENT drystone_development)
endforeach()
