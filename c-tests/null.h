/* Shared by the programs that try NULL. Each has a table of functions, set_up and tear_down, and ends its main with
 * null_main. With --list they print each function and the number of pointers tried; functions.cmake compares that
 * with the header, and so fails for a new function or parameter that is not tried anywhere. */
#ifndef DRYSTONE_NULL_H
#define DRYSTONE_NULL_H

#include "test.h"

static unsigned pointers;

/* One pointer of the function is NULL in the checked expression. */
#define NULLED(check) (pointers += 1, check)
#define REFUSED(call) NULLED(CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, call))

/* A read with one output: a NULL reader, zeroed memory as the reader, NULL for the output. */
#define NULL_READ(reader_type, place, function, type)                            \
    static void null_##function(void)                                            \
    {                                                                            \
        type value;                                                              \
        memset(&value, 0x5A, sizeof value);                                      \
        type before = value;                                                     \
        reader_type none;                                                        \
        memset(&none, 0, sizeof none);                                           \
        REFUSED(function(NULL, &value));                                         \
        REFUSED(function(&place, NULL));                                         \
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, function(&none, &value));        \
        CHECK(memcmp(&value, &before, sizeof value) == 0);                       \
    }

#define ENTRY(function) {#function, null_##function}

struct null_function {
    const char *name;
    void (*check)(void);
};

static blob *const untouched = (blob *)(uintptr_t)0x5A5A;

static inline int null_main(const char *name, const struct null_function *table, size_t function_count,
                            void (*begin)(void), void (*end)(void), int count, char **arguments)
{
    bool list = count == 2 && strcmp(arguments[1], "--list") == 0;
    for (size_t place = 0; place < function_count; place += 1) {
        test_case = table[place].name;
        begin();
        pointers = 0;
        table[place].check();
        unsigned tried = pointers;
        end();
        if (list)
            printf("%s %u\n", table[place].name, tried);
    }
    test_case = "";
    return list ? 0 : test_end(name);
}

#endif
