# Programs that use the library as users do: as a subdirectory of their sources, from an installed prefix, and through
# pkg-config. All of them are below a directory with a space in its name.
set(consumer_work "${CMAKE_CURRENT_BINARY_DIR}/consumers of drystone")
set(consumer_prefix "${consumer_work}/prefix")
set(consumer_static_prefix "${consumer_work}/static prefix")
set(consumer_destdir "${consumer_work}/destination")
set(consumer_destdir_prefix /opt/drystone)

# consumer_test(NAME STEP [definitions…]): runs steps/STEP.cmake. Lists in definitions are separated by commas.
function(consumer_test name step)
  add_test(NAME consumer.${name} COMMAND "${CMAKE_COMMAND}"
    "-DWORK=${consumer_work}/${name}"
    "-DCOMPILER=${CMAKE_C_COMPILER}" "-DREADELF=${DRYSTONE_READELF_PROGRAM}"
    "-DLIBDIR=${CMAKE_INSTALL_LIBDIR}" "-DINCLUDEDIR=${CMAKE_INSTALL_INCLUDEDIR}"
    "-DGENERATOR=${CMAKE_GENERATOR}" "-DMAKE_PROGRAM=${CMAKE_MAKE_PROGRAM}" "-DSONAME=${drystone_soname}"
    ${ARGN} -P "${CMAKE_CURRENT_SOURCE_DIR}/consumers/steps/${step}.cmake")
  set_tests_properties(consumer.${name} PROPERTIES LABELS consumer TIMEOUT 600)
endfunction()

function(install_test name)
  consumer_test(${name} install "-DBINARY_DIR=${drystone_BINARY_DIR}" "-DCONFIG=$<CONFIG>"
    "-DSOURCE=${drystone_SOURCE_DIR}" "-DDATADIR=${CMAKE_INSTALL_DATAROOTDIR}"
    "-DSHARED_FILE=${drystone_shared_file}" ${ARGN})
  set_tests_properties(consumer.${name} PROPERTIES FIXTURES_SETUP drystone.${name})
endfunction()

# needs_install(NAME INSTALL): the test waits for that installation.
function(needs_install name install)
  set_tests_properties(consumer.${name} PROPERTIES FIXTURES_REQUIRED drystone.${install})
endfunction()

install_test(install "-DPREFIX=${consumer_prefix}")
install_test(install-static "-DPREFIX=${consumer_static_prefix}"
  "-DINSTALL_COMPONENTS=drystone_static,drystone_development")
install_test(install-destdir "-DPREFIX=${consumer_destdir_prefix}" "-DDESTDIR=${consumer_destdir}")

consumer_test(installed installed "-DPREFIX=${consumer_prefix}" "-DKINDS=shared,static")
needs_install(installed install)
consumer_test(installed-static installed "-DPREFIX=${consumer_static_prefix}" "-DKINDS=static" "-DABSENT=shared")
needs_install(installed-static install-static)
consumer_test(installed-destdir installed "-DPREFIX=${consumer_destdir}${consumer_destdir_prefix}"
  "-DKINDS=shared,static")
needs_install(installed-destdir install-destdir)

consumer_test(engine engine "-DPREFIX=${consumer_prefix}")
needs_install(engine install)

foreach(kind IN ITEMS pkgconfig pkgconfig-static pkgconfig-destdir)
  if(kind STREQUAL "pkgconfig")
    set(definitions "-DPREFIX=${consumer_prefix}" -DKIND=shared)
  elseif(kind STREQUAL "pkgconfig-static")
    set(definitions "-DPREFIX=${consumer_static_prefix}" -DKIND=static)
  else()
    set(definitions "-DPREFIX=${consumer_destdir}${consumer_destdir_prefix}" -DKIND=shared)
  endif()
  consumer_test(${kind} pkgconfig "-DPKG_CONFIG=${DRYSTONE_PKG_CONFIG_PROGRAM}"
    "-DVERSION=${drystone_full_version}" ${definitions})
  string(REPLACE pkgconfig install needed ${kind})
  needs_install(${kind} ${needed})
endforeach()

get_filename_component(consumer_cargo_dir "${DRYSTONE_CARGO}" DIRECTORY)
find_program(DRYSTONE_RUSTC rustc HINTS "${consumer_cargo_dir}" REQUIRED)
consumer_test(static static "-DPREFIX=${consumer_static_prefix}" "-DPKG_CONFIG=${DRYSTONE_PKG_CONFIG_PROGRAM}"
  "-DRUSTC=${DRYSTONE_RUSTC}" "-DNM=${DRYSTONE_NM_PROGRAM}" "-DSYMBOLS=${drystone_SOURCE_DIR}/include/drystone.symbols")
needs_install(static install-static)

consumer_test(versions versions "-DPREFIX=${consumer_prefix}" "-DAR=${CMAKE_AR}" "-DABI=${drystone_abi_version}"
  "-DSHARE=${drystone_SOURCE_DIR}/bindings/link/share.sh")
needs_install(versions install)

consumer_test(subdirectory subdirectory "-DSOURCE=${drystone_SOURCE_DIR}"
  "-DCARGO_DIR=${DRYSTONE_CARGO_TARGET_DIR}" -DBUILD_TYPE=Debug)
if(DRYSTONE_NINJA)
  consumer_test(subdirectory-ninja subdirectory "-DSOURCE=${drystone_SOURCE_DIR}"
    "-DCARGO_DIR=${DRYSTONE_CARGO_TARGET_DIR}" -DBUILD_TYPE=RelWithDebInfo
    -DGENERATOR=Ninja "-DMAKE_PROGRAM=${DRYSTONE_NINJA_PROGRAM}")
endif()

consumer_test(no-cargo no-cargo "-DSOURCE=${drystone_SOURCE_DIR}")
