# Installs the built project and compares the installed files with the expected ones.
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

string(REPLACE "," ";" components "${INSTALL_COMPONENTS}")
set(root "${PREFIX}")
if(DESTDIR)
  set(root "${DESTDIR}${PREFIX}")
  set(ENV{DESTDIR} "${DESTDIR}")
  file(REMOVE_RECURSE "${DESTDIR}")
else()
  file(REMOVE_RECURSE "${PREFIX}")
endif()
set(command "${CMAKE_COMMAND}" --install "${BINARY_DIR}" --prefix "${PREFIX}")
if(CONFIG)
  list(APPEND command --config "${CONFIG}")
endif()
if(NOT components)
  run(output ${command})
endif()
foreach(component IN LISTS components)
  run(output ${command} --component ${component})
endforeach()

set(expected
  "${INCLUDEDIR}/drystone.h"
  "${INCLUDEDIR}/drystone_inline.h"
  "${INCLUDEDIR}/drystone_quickjs.h"
  "${INCLUDEDIR}/drystone_wasmtime.h"
  "${LIBDIR}/cmake/drystone/drystone-config-version.cmake"
  "${LIBDIR}/cmake/drystone/drystone-config.cmake"
  "${LIBDIR}/cmake/drystone/drystone-quickjs.cmake"
  "${LIBDIR}/libdrystone.a"
  "${LIBDIR}/pkgconfig/drystone.pc")
if(NOT components)
  list(APPEND expected "${LIBDIR}/libdrystone.so" "${LIBDIR}/${SONAME}" "${LIBDIR}/${SHARED_FILE}")
  # Some package tools recognise shared libraries by that.
  execute_process(COMMAND test -x "${root}/${LIBDIR}/${SHARED_FILE}" RESULT_VARIABLE not_executable)
  if(not_executable)
    message(FATAL_ERROR "${SHARED_FILE} is not executable")
  endif()
  # Each name leads to the next, and the last is the library.
  foreach(link IN ITEMS "libdrystone.so:${SONAME}" "${SONAME}:${SHARED_FILE}")
    string(REPLACE ":" ";" link "${link}")
    list(GET link 0 name)
    list(GET link 1 target)
    if(NOT IS_SYMLINK "${root}/${LIBDIR}/${name}")
      message(FATAL_ERROR "${name} is no symbolic link")
    endif()
    file(READ_SYMLINK "${root}/${LIBDIR}/${name}" leads_to)
    if(NOT leads_to STREQUAL target)
      message(FATAL_ERROR "${name} leads to ${leads_to}, not to ${target}")
    endif()
  endforeach()
endif()
foreach(file IN ITEMS README.md CHANGELOG.md SECURITY.md LICENSE-MIT LICENSE-APACHE)
  list(APPEND expected "${DATADIR}/doc/drystone/${file}")
endforeach()
file(GLOB documents RELATIVE "${SOURCE}" "${SOURCE}/docs/*.md" "${SOURCE}/docs/figures/*.svg"
  "${SOURCE}/bindings/*/*.md" "${SOURCE}/bindings/rust/drystone-sys/*.md")
file(GLOB_RECURSE examples RELATIVE "${SOURCE}" "${SOURCE}/examples/*.*")
list(FILTER examples EXCLUDE REGEX "__pycache__")
list(APPEND documents ${examples})
list(REMOVE_ITEM documents docs/SUMMARY.md docs/reference.md)
foreach(file IN LISTS documents)
  list(APPEND expected "${DATADIR}/doc/drystone/${file}")
endforeach()
file(GLOB parts RELATIVE "${SOURCE}/bindings"
  "${SOURCE}/bindings/quickjs/*.[ch]" "${SOURCE}/bindings/quickjs/*.d.ts")
foreach(file IN LISTS parts)
  list(APPEND expected "${DATADIR}/drystone/${file}")
endforeach()
file(GLOB_RECURSE installed RELATIVE "${root}" "${root}/*")
list(SORT installed)
list(SORT expected)
if(NOT installed STREQUAL expected)
  message(FATAL_ERROR "installed: ${installed}\nexpected: ${expected}")
endif()

# No installed file contains the build path.
foreach(file IN ITEMS cmake/drystone/drystone-config.cmake pkgconfig/drystone.pc)
  file(READ "${root}/${LIBDIR}/${file}" text)
  string(FIND "${text}" "${BINARY_DIR}" found)
  if(NOT found EQUAL -1)
    message(FATAL_ERROR "${file} names the build directory")
  endif()
endforeach()
