# The deliberate mistakes of mistakes.c: a test passes if the tool reports the mistake in its own words.
test_program(test_mistakes SOURCES mistakes.c)
test_program(sanitized_mistakes SOURCES mistakes.c COMPILE ${sanitizers} OPTIONS ${sanitizers})

# expect_flagged(NAME WORDS EXIT_CODE LABEL COMMAND…)
function(expect_flagged name words code label)
  add_test(NAME ${name} COMMAND "${CMAKE_COMMAND}" "-DWORDS=${words}" "-DCODE=${code}"
    -P "${CMAKE_CURRENT_SOURCE_DIR}/checks/expect-flagged.cmake" -- ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS "${label};mistakes" TIMEOUT 600)
endfunction()

if(DRYSTONE_VALGRIND)
  function(valgrind_flags mistake words)
    expect_flagged(mistakes.valgrind.${mistake} "${words}" 99 valgrind
      ${valgrind} $<TARGET_FILE:test_mistakes> ${mistake})
  endfunction()
  foreach(mistake IN ITEMS use_after_destroy bytes_after_destroy bytes_after_write bytes_after_the_end double_destroy
      reader_after_message borrowed_memory_freed letter_used_after_sweep posted_letter_destroyed
      mailbox_after_destroy heap_after_free heap_memory_after_free stone_memory_after_destroy)
    valgrind_flags(${mistake} "Invalid read")
  endforeach()
  foreach(mistake IN ITEMS missing_destroy missing_destroy_of_message count_too_many read_stone_kept
      writer_not_freed mailbox_not_destroyed heap_not_freed)
    valgrind_flags(${mistake} "definitely lost")
  endforeach()
  valgrind_flags(short_buffer "Invalid write")
  valgrind_flags(short_column "Invalid write")
  valgrind_flags(uninitialised_bytes "uninitialised value")
  expect_flagged(mistakes.valgrind.none "^\$" 0 valgrind ${valgrind} $<TARGET_FILE:test_mistakes> none)
endif()

# The library itself is not instrumented: only mistakes and leaks of the C side are detected.
function(sanitizers_flag mistake words)
  expect_flagged(mistakes.sanitizers.${mistake} "${words}" 1 sanitizers $<TARGET_FILE:sanitized_mistakes> ${mistake})
endfunction()
sanitizers_flag(bytes_after_destroy "AddressSanitizer: heap-use-after-free")
sanitizers_flag(bytes_after_write "AddressSanitizer: heap-use-after-free")
sanitizers_flag(bytes_after_the_end "AddressSanitizer: heap-buffer-overflow")
sanitizers_flag(heap_memory_after_free "AddressSanitizer: heap-use-after-free")
sanitizers_flag(stone_memory_after_destroy "AddressSanitizer: heap-use-after-free")
sanitizers_flag(heap_not_freed "LeakSanitizer: detected memory leaks")
sanitizers_flag(missing_destroy "LeakSanitizer: detected memory leaks")
sanitizers_flag(missing_destroy_of_message "LeakSanitizer: detected memory leaks")
sanitizers_flag(integer_overflow "runtime error: signed integer overflow")
expect_flagged(mistakes.sanitizers.none "^\$" 0 sanitizers $<TARGET_FILE:sanitized_mistakes> none)
