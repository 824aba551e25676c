# The shared library exports the symbols in SYMBOLS, a sorted file with one name a line, and no others; and it has
# the soname.
# Programs are to speak English.
set(ENV{LC_ALL} C)
execute_process(COMMAND "${NM}" -D --defined-only --format=posix "${LIBRARY}"
  RESULT_VARIABLE result OUTPUT_VARIABLE output)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "nm failed for ${LIBRARY}")
endif()
string(REGEX REPLACE " [^\n]*" "" exported "${output}")
string(REGEX REPLACE "\n$" "" exported "${exported}")
string(REPLACE "\n" ";" exported "${exported}")
list(SORT exported)

file(READ "${SYMBOLS}" expected)
string(REGEX REPLACE "\n$" "" expected "${expected}")
string(REPLACE "\n" ";" expected "${expected}")
set(sorted ${expected})
list(SORT sorted)
list(REMOVE_DUPLICATES sorted)
if(NOT sorted STREQUAL expected)
  message(FATAL_ERROR "${SYMBOLS} is not sorted, or has a name twice")
endif()

if(NOT exported STREQUAL expected)
  set(missing ${expected})
  set(surplus ${exported})
  list(REMOVE_ITEM missing ${exported})
  list(REMOVE_ITEM surplus ${expected})
  message(FATAL_ERROR "exported but not listed: ${surplus}\nlisted but not exported: ${missing}")
endif()

execute_process(COMMAND "${READELF}" -d "${LIBRARY}" RESULT_VARIABLE result OUTPUT_VARIABLE output)
string(FIND "${output}" "soname: [${SONAME}]" found)
if(NOT result EQUAL 0 OR found EQUAL -1)
  message(FATAL_ERROR "the soname is not ${SONAME}:\n${output}")
endif()
list(LENGTH exported count)
message(STATUS "${count} symbols, soname ${SONAME}")
