/* The allocator's functions, which can be made to fail. A program that links this file with -Wl,--wrap=… for malloc,
 * calloc, realloc, posix_memalign, aligned_alloc and free uses them itself and in everything linked statically. */
#ifndef DRYSTONE_FAILING_ALLOCATOR_H
#define DRYSTONE_FAILING_ALLOCATOR_H

#include <stdbool.h>

/* From now on requests are counted, and the one with this number fails; later ones too if wanted. */
void failing_allocator_start(long refused_place, bool and_all_later);

/* Back to normal. Returns how many requests failed. */
long failing_allocator_stop(void);

/* Counts one more request, of another kind; returns whether it must fail. */
bool failing_allocator_refuses(void);

/* How many requests there have been since the start. */
long failing_allocator_requests(void);

/* The number of allocated blocks, counted at all times. */
long failing_allocator_blocks(void);

/* Runs the body in a process of its own. False unless it ends with exit code 0; an abort is reported under this name.
 * */
bool failing_allocator_in_process(const char *name, void (*body)(const void *argument), const void *argument);

#endif
