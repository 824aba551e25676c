/* A thread with a stack of 16 KiB, counted from where its own code begins, with an inaccessible page below. Memory
 * that the C library uses at the top of the stack does not count. */
#ifndef DRYSTONE_SMALL_STACK_H
#define DRYSTONE_SMALL_STACK_H

#include "test.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

/* The address sanitizer enlarges the frames of C code and uses stack itself in every malloc. */
#if defined(__SANITIZE_ADDRESS__)
#define SMALL_STACK (64 * 1024)
#else
#define SMALL_STACK (16 * 1024)
#endif

struct small_stack {
    void (*body)(void *argument);
    void *argument;
    char *here; /* where the thread's own code begins */
};

static void *small_stack_start(void *argument)
{
    struct small_stack *run = argument;
    char here = 0;
    run->here = &here;
    run->body(run->argument);
    return NULL;
}

static inline void small_stack_thread(struct small_stack *run, char *stack, size_t size)
{
    pthread_attr_t attributes;
    pthread_t thread;
    CHECK_EQUAL(0, pthread_attr_init(&attributes));
    CHECK_EQUAL(0, pthread_attr_setstack(&attributes, stack, size));
    CHECK_EQUAL(0, pthread_create(&thread, &attributes, small_stack_start, run));
    CHECK_EQUAL(0, pthread_join(thread, NULL));
    CHECK_EQUAL(0, pthread_attr_destroy(&attributes));
}

static void small_stack_nothing(void *argument) { (void)argument; }

/* Runs the body on such a thread; returns how many bytes of the stack it used (0 under valgrind). */
static inline size_t on_small_stack(void (*body)(void *argument), void *argument)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t large = 256 * 1024;
    char *block = NULL;
    CHECK_EQUAL(0, posix_memalign((void **)&block, page, page + large));
    CHECK_EQUAL(0, mprotect(block, page, PROT_NONE));
    char *stack = block + page;
    struct small_stack run = {small_stack_nothing, NULL, NULL};
    small_stack_thread(&run, stack, large);
    size_t above = (size_t)(stack + large - run.here) / 64 * 64;
    /* Valgrind reports reads of a thread's old stack. */
    bool looks = test_size(1, 0) == 1;
    if (looks)
        memset(stack, 0x5A, SMALL_STACK);
    run.body = body;
    run.argument = argument;
    small_stack_thread(&run, stack, SMALL_STACK + above);
    CHECK(run.here <= stack + SMALL_STACK);
    size_t left = 0;
    while (looks && left < SMALL_STACK && stack[left] == 0x5A)
        left += 1;
    CHECK_EQUAL(0, mprotect(block, page, PROT_READ | PROT_WRITE));
    free(block);
    return looks ? SMALL_STACK - left : 0;
}

#endif
