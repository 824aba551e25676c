/* Gets from an opened map in C, with the inlined calls. */
#include <drystone_inline.h>

#include <stdlib.h>

/* Makes the compiler assume that the value is used, and that any memory may change: every get checks its table. */
#define SINK(value) __asm__ volatile("" : : "r"(value) : "memory")

/* That many gets, one key after the other from the given place on, and from the start again. */
#define GETS(name, get)                                                                                                \
    size_t name(const bucket_table *table, const uint64_t *keys, size_t count, size_t next, uint64_t times)            \
    {                                                                                                                  \
        for (uint64_t turn = 0; turn < times; turn++) {                                                                \
            get;                                                                                                       \
            next++;                                                                                                    \
            if (next == count)                                                                                         \
                next = 0;                                                                                              \
        }                                                                                                              \
        return next;                                                                                                   \
    }

static inline void get_value(const bucket_table *table, uint64_t key)
{
    bucket_value found, integer = {'i', {(int64_t)key}};
    if (bucket_table_get_inline(table, &integer, 'i', &found) != DRYSTONE_OK)
        abort();
    SINK(found.as.i);
}

static inline void get_integer(const bucket_table *table, uint64_t key)
{
    int64_t found;
    if (bucket_table_get_integer_inline(table, (int64_t)key, &found) != DRYSTONE_OK)
        abort();
    SINK(found);
}

GETS(bench_table_get_inline, get_value(table, keys[next]))
GETS(bench_table_get_integer_inline, get_integer(table, keys[next]))
