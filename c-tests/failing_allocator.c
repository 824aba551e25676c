#include "failing_allocator.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static bool counting;
static long blocks;
static long requests;
static long refusals;
static long refused_place;
static bool all_later;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
int __real_posix_memalign(void **block, size_t alignment, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *block);

void failing_allocator_start(long place, bool and_all_later)
{
    refused_place = place;
    all_later = and_all_later;
    requests = 0;
    refusals = 0;
    counting = true;
}

long failing_allocator_stop(void)
{
    counting = false;
    return refusals;
}

long failing_allocator_requests(void) { return requests; }
long failing_allocator_blocks(void) { return blocks; }

bool failing_allocator_refuses(void)
{
    if (!counting)
        return false;
    requests += 1;
    if (requests < refused_place || (requests > refused_place && !all_later))
        return false;
    refusals += 1;
    return true;
}

static void *took(void *block)
{
    blocks += block != NULL;
    return block;
}

void *__wrap_malloc(size_t size) { return failing_allocator_refuses() ? NULL : took(__real_malloc(size)); }
void *__wrap_calloc(size_t count, size_t size) { return failing_allocator_refuses() ? NULL : took(__real_calloc(count, size)); }

void *__wrap_realloc(void *block, size_t size)
{
    if (failing_allocator_refuses())
        return NULL;
    void *moved = __real_realloc(block, size);
    blocks += block == NULL && moved != NULL;
    return moved;
}

int __wrap_posix_memalign(void **block, size_t alignment, size_t size)
{
    if (failing_allocator_refuses())
        return ENOMEM;
    int failed = __real_posix_memalign(block, alignment, size);
    blocks += failed == 0;
    return failed;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return failing_allocator_refuses() ? NULL : took(__real_aligned_alloc(alignment, size));
}

void __wrap_free(void *block)
{
    blocks -= block != NULL;
    __real_free(block);
}

static const char *process_name;

static void aborted(int signal)
{
    static const char text[] = "aborted: out of memory: ";
    (void)signal;
    /* In a signal handler a failure here cannot be reported. */
    if (write(2, text, sizeof text - 1) < 0 || write(2, process_name, strlen(process_name)) < 0 ||
        write(2, "\n", 1) < 0)
        _exit(3);
    _exit(2);
}

bool failing_allocator_in_process(const char *name, void (*body)(const void *argument), const void *argument)
{
    /* Buffered output would be printed by both processes. */
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        process_name = name;
        signal(SIGABRT, aborted);
        body(argument);
        exit(0);
    }
    int status = -1;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
