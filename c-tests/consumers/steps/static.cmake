# The installed static library in the usual combinations: in an all-static program, with a second Rust library in the
# same program, and completely inside a user's shared library.
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
set(ENV{PKG_CONFIG_PATH} "${PREFIX}/${LIBDIR}/pkgconfig")
run(flags "${PKG_CONFIG}" --cflags --libs --static drystone)
string(STRIP "${flags}" flags)
separate_arguments(flags UNIX_COMMAND "${flags}")
set(sources "${CMAKE_CURRENT_LIST_DIR}/..")

run(output "${COMPILER}" -static "${sources}/program.c" -o "${WORK}/all-static" ${flags})
run(output "${READELF}" -d "${WORK}/all-static")
if(output MATCHES "NEEDED")
  message(FATAL_ERROR "the all static program needs shared libraries:\n${output}")
endif()
run_program("${WORK}/all-static" "^drystone [0-9]")

# By the same compiler, and with link-time optimisation, which renames the standard library's symbols.
foreach(mode IN ITEMS "-Clto=off" "-Clto=fat" "-Clto=fat;-Cpanic=abort")
  run(output "${RUSTC}" --edition 2024 --crate-type staticlib -O ${mode} "${sources}/static/other.rs"
    -o "${WORK}/libother.a")
  foreach(order IN ITEMS "ours first" "other first")
    set(libraries ${flags} "${WORK}/libother.a")
    if(order STREQUAL "other first")
      set(libraries "${WORK}/libother.a" ${flags})
    endif()
    run(output "${COMPILER}" "${sources}/static/program.c" -o "${WORK}/two" ${libraries} -lpthread -lm -ldl)
    run_program("${WORK}/two" "^drystone [0-9]")
  endforeach()
endforeach()

# The whole archive in a shared library: it exports the header's names and no others; with a user's own list, only the
# names in that list.
file(STRINGS "${SYMBOLS}" listed)
run(output "${COMPILER}" -shared -o "${WORK}/whole.so" -Wl,--whole-archive "${PREFIX}/${LIBDIR}/libdrystone.a"
  -Wl,--no-whole-archive)
run(output "${NM}" -D --defined-only --format=posix "${WORK}/whole.so")
string(REGEX REPLACE " [^\n]*" "" exported "${output}")
string(REGEX REPLACE "\n$" "" exported "${exported}")
string(REPLACE "\n" ";" exported "${exported}")
list(SORT exported)
if(NOT exported STREQUAL listed)
  list(REMOVE_ITEM exported ${listed})
  message(FATAL_ERROR "a shared library made of the archive exports also: ${exported}")
endif()
file(WRITE "${WORK}/plugin.c" "#include <drystone.h>\n__attribute__((visibility(\"default\"))) "
  "const char *plugin_version(void) { return drystone_version(); }\n")
run(output "${COMPILER}" -shared -fPIC -fvisibility=hidden "${WORK}/plugin.c" -o "${WORK}/plugin.so" ${flags}
  -Wl,--exclude-libs,ALL)
run(output "${NM}" -D --defined-only --format=posix "${WORK}/plugin.so")
if(NOT output MATCHES "^plugin_version [^\n]*\n$")
  message(FATAL_ERROR "the plugin exports:\n${output}")
endif()
