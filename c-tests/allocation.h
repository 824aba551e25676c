/* The runner of the programs with failing allocations: each operation runs in a process of its own, with the n-th
 * request failing, for n = 1, 2, 3 … until it makes no more requests. Include it once, in the file with main, whose
 * allocation_start resets the state between two runs. */
#ifndef DRYSTONE_ALLOCATION_H
#define DRYSTONE_ALLOCATION_H

#include "failing_allocator.h"
#include "test.h"

struct operation {
    const char *name;
    void (*set_up)(void);
    drystone_status (*run)(void);
    void (*unchanged)(void); /* after a refusal */
    void (*tear_down)(void); /* after success */
    long kept;               /* blocks the library may keep for the rest of the process */
    bool may_do_without;     /* allocates nothing, or succeeds without the memory */
};

/* Resets the state that the previous run left. */
static void allocation_start(void);

/* One run in which one allocation fails (or all from there on); returns whether any failed. */
static inline bool refuse_one(const struct operation *operation, long place, bool and_all_later)
{
    allocation_start();
    operation->set_up();
    failing_allocator_start(place, and_all_later);
    drystone_status status = operation->run();
    bool refused = failing_allocator_stop() != 0;
    if (status != DRYSTONE_OK) {
        CHECK(refused);
        CHECK_STATUS(DRYSTONE_NO_MEMORY, status);
        operation->unchanged();
        CHECK_OK(operation->run());
    }
    operation->tear_down();
    CHECK_EQUAL(0, drystone_blobs_alive());
    return refused;
}

static inline void try_operation(const void *argument)
{
    const struct operation *operation = argument;
    test_case = operation->name;
    long before = failing_allocator_blocks();
    bool any = false;
    long place = 1;
    /* Every request in turn, with a bound for an operation that never stops making them. */
    for (; place < 10000; place += 1) {
        bool once = refuse_one(operation, place, false);
        bool lasting = refuse_one(operation, place, true);
        if (!once && !lasting)
            break;
        any = true;
        CHECK(failing_allocator_blocks() - before <= operation->kept);
    }
    CHECK(place < 10000);
    CHECK(any || operation->may_do_without);
    CHECK(failing_allocator_blocks() - before <= operation->kept);
    printf("%s: %ld places\n", operation->name, place - 1);
}

static inline int allocation_main(const char *name, const struct operation *operations, size_t count)
{
    for (size_t place = 0; place < count; place += 1) {
        test_case = operations[place].name;
        CHECK(failing_allocator_in_process(operations[place].name, try_operation, &operations[place]));
    }
    test_case = "";
    return test_end(name);
}

#endif
