# cmake -DWORDS=regex -DCODE=number -P expect-flagged.cmake -- command… Passes if the command ends with this code and
# its output matches the words.
set(command)
set(after_dashes FALSE)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(place RANGE ${last})
  if(after_dashes)
    list(APPEND command "${CMAKE_ARGV${place}}")
  elseif(CMAKE_ARGV${place} STREQUAL "--")
    set(after_dashes TRUE)
  endif()
endforeach()
# Messages in English.
set(ENV{LC_ALL} C)
execute_process(COMMAND ${command} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT code STREQUAL CODE OR NOT output MATCHES "${WORDS}")
  message(FATAL_ERROR "expected exit code ${CODE} and «${WORDS}»; got exit code ${code} and:\n${output}")
endif()
