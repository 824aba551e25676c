# Arenas: their calls, their inline path, and what AddressSanitizer detects in them.
test_area(arena SOURCES arena.c)
test_area(arena_resize SOURCES arena_resize.c)
test_area(arena_scope SOURCES arena_scope.c)
test_area(arena_cleanups SOURCES arena_cleanups.c)
test_area(arena_limits SOURCES arena_limits.c)
test_area(arena_footprint SOURCES arena_footprint.c)
test_area(arena_empty SOURCES arena_empty.c)
test_area(arena_threads SOURCES arena_threads.c)
test_area(arena_inline SOURCES arena_inline.c)
if(DRYSTONE_VALGRIND)
  add_test(NAME helgrind.arena_threads COMMAND "${DRYSTONE_VALGRIND_PROGRAM}" --tool=helgrind --quiet
    --error-exitcode=99 $<TARGET_FILE:test_arena_threads>)
  set_tests_properties(helgrind.arena_threads PROPERTIES LABELS valgrind TIMEOUT 600
    ENVIRONMENT DRYSTONE_TEST_REDUCED=1)
endif()
test_area(allocation_arena LIBRARY drystone::static SOURCES allocation_arena.c failing_allocator.c OPTIONS
  LINKER:--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=posix_memalign,--wrap=aligned_alloc,--wrap=free)

# The deliberate mistakes of arena_mistakes.c, with the shared library and with the static one.
foreach(kind IN ITEMS drystone static)
  test_program(sanitized_arena_mistakes_${kind} LIBRARY drystone::${kind} SOURCES arena_mistakes.c
    COMPILE ${sanitizers} OPTIONS ${sanitizers})
  foreach(mistake IN ITEMS use_after_exit use_after_exit_in_another_chunk use_after_outer_exit use_after_rewind
      use_after_reset use_after_free_last use_after_shrinking use_after_moving use_after_scrubbing overflow_by_one
      overflow_of_even_size overflow_inline empty_block fixed_overflow)
    expect_flagged(mistakes.arena.${kind}.${mistake} "AddressSanitizer: use-after-poison" 1 sanitizers
      $<TARGET_FILE:sanitized_arena_mistakes_${kind}> ${mistake})
  endforeach()
  expect_flagged(mistakes.arena.${kind}.none "^\$" 0 sanitizers
    $<TARGET_FILE:sanitized_arena_mistakes_${kind}> none)
endforeach()
