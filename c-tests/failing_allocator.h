/* The allocator's functions, able to say no. A program that links this file and -Wl,--wrap=… for malloc, calloc,
 * realloc, posix_memalign, aligned_alloc and free gets them for itself and for what is linked into it statically. */
#ifndef DRYSTONE_FAILING_ALLOCATOR_H
#define DRYSTONE_FAILING_ALLOCATOR_H

#include <stdbool.h>

/* From now on requests are counted, and the one with this number is refused; later ones too if so wanted. */
void failing_allocator_start(long refused_place, bool and_all_later);

/* Back to giving what is asked for. Says how many requests were refused. */
long failing_allocator_stop(void);

/* How many requests there have been since the start. */
long failing_allocator_requests(void);

/* How many blocks are taken and not given back, counted all the time. */
long failing_allocator_blocks(void);

/* Runs the body in a process of its own. False when it has not ended by itself, with exit code 0; one that is
 * aborted is told about by this name. */
bool failing_allocator_in_process(const char *name, void (*body)(const void *argument), const void *argument);

#endif
