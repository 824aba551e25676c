/* NULL for every pointer: arenas, their scopes and their limits. */
#include "null.h"

static arena *region;
static arena_scope scope;
static char *block;
static mem_limit *limit;
static int runs;
static arena_statistics_t before;

static void count_run(void *context)
{
    CHECK(context == NULL || context == &runs);
    runs += 1;
}

static arena_statistics_t stats_now(void)
{
    arena_statistics_t stats = {.struct_size = sizeof stats};
    CHECK_OK(arena_statistics(region, &stats));
    return stats;
}

static void set_up(void)
{
    CHECK_OK(mem_limit_new(1 << 20, &limit));
    arena_options options = {.struct_size = sizeof options, .shared = limit};
    CHECK_OK(arena_new(&options, &region));
    CHECK_OK(arena_scope_enter(region, 1000, &scope));
    block = arena_strndup(region, "block", 5);
    CHECK(block != NULL);
    runs = 0;
    before = stats_now();
}

/* The arena is unchanged: its use, its failures and its error. */
static void tear_down(void)
{
    arena_statistics_t after = stats_now();
    /* The peak includes bytes that were freed again. */
    after.peak = before.peak;
    CHECK(memcmp(&before, &after, sizeof after) == 0);
    CHECK_OK(arena_error(region));
    CHECK_BYTES("block", block, 6);
    CHECK_EQUAL(0, runs);
    CHECK_OK(arena_scope_exit(region, scope));
    arena_free(region);
    CHECK_EQUAL(0, mem_limit_used(limit));
    mem_limit_free(limit);
}

static arena *const untouched_arena = (arena *)(uintptr_t)0x5A5A;
static mem_limit *const untouched_limit = (mem_limit *)(uintptr_t)0x5A5A;

static void null_arena_new(void)
{
    arena *made = untouched_arena;
    arena_options options = {.struct_size = sizeof options};
    REFUSED(arena_new(&options, NULL));
    arena_backing none = {NULL, NULL, NULL};
    options.backing = &none;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, arena_new(&options, &made));
    CHECK(made == untouched_arena);
    NULLED(CHECK_OK(arena_new(NULL, &made)));
    CHECK(arena_alloc(made, 1) != NULL);
    arena_free(made);
}

static void null_arena_new_fixed(void)
{
    static _Alignas(16) char buffer[4096];
    arena *made = untouched_arena;
    REFUSED(arena_new_fixed(NULL, sizeof buffer, &made));
    REFUSED(arena_new_fixed(buffer, sizeof buffer, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, arena_new_fixed(NULL, 0, &made));
    CHECK(made == untouched_arena);
}

static void null_arena_free(void) { NULLED(arena_free(NULL)); }
static void null_arena_trim(void) { REFUSED(arena_trim(NULL, 0)); }
static void null_arena_alloc(void) { NULLED(CHECK(arena_alloc(NULL, 1) == NULL)); }
static void null_arena_alloc_aligned(void) { NULLED(CHECK(arena_alloc_aligned(NULL, 1, 16) == NULL)); }
static void null_arena_calloc(void) { NULLED(CHECK(arena_calloc(NULL, 1, 1) == NULL)); }
static void null_arena_alloc_array(void) { NULLED(CHECK(arena_alloc_array(NULL, 1, 1, 16) == NULL)); }

static void null_arena_reset(void)
{
    REFUSED(arena_reset(NULL, ARENA_RETAIN_ALL, 0));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, arena_reset(NULL, -1, 0));
}

/* A NULL block is a new one, whatever its stated size. */
static void null_arena_realloc(void)
{
    NULLED(CHECK(arena_realloc(NULL, block, 6, 10, 1) == NULL));
    void *made = NULL;
    NULLED(CHECK((made = arena_realloc(region, NULL, 0, 10, 16)) != NULL));
    CHECK(made != block && (uintptr_t)made % 16 == 0);
    CHECK_OK(arena_scope_rewind(region, scope));
    block = arena_strndup(region, "block", 5);
}

static void null_arena_try_extend(void)
{
    NULLED(CHECK(!arena_try_extend(NULL, block, 6, 7)));
    NULLED(CHECK(!arena_try_extend(region, NULL, 0, 7)));
    CHECK(!arena_try_extend(region, NULL, 6, 7));
}

static void null_arena_free_last(void)
{
    NULLED(CHECK(!arena_free_last(NULL, block, 6)));
    NULLED(CHECK(!arena_free_last(region, NULL, 0)));
    CHECK(!arena_free_last(region, NULL, 6));
}

static void null_arena_strndup(void)
{
    NULLED(CHECK(arena_strndup(NULL, "a", 1) == NULL));
    NULLED(CHECK(arena_strndup(region, NULL, 1) == NULL));
    char *empty = arena_strndup(region, NULL, 0);
    CHECK(empty != NULL && empty[0] == '\0');
    CHECK(arena_free_last(region, empty, 1));
}

static void null_arena_error(void) { REFUSED(arena_error(NULL)); }
static void null_arena_clear_error(void) { NULLED(arena_clear_error(NULL)); }

static void null_arena_statistics(void)
{
    arena_statistics_t stats;
    memset(&stats, 0x5A, sizeof stats);
    stats.struct_size = sizeof stats;
    arena_statistics_t kept = stats;
    REFUSED(arena_statistics(NULL, &stats));
    REFUSED(arena_statistics(region, NULL));
    stats.struct_size -= 1;
    kept.struct_size -= 1;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, arena_statistics(region, &stats));
    CHECK(memcmp(&stats, &kept, sizeof stats) == 0);
}

/* The older name of arena_statistics. */
static void null_arena_stats(void)
{
    arena_stats_t stats;
    memset(&stats, 0x5A, sizeof stats);
    stats.struct_size = sizeof stats;
    arena_stats_t kept = stats;
    REFUSED(arena_stats(NULL, &stats));
    REFUSED(arena_stats(region, NULL));
    CHECK(memcmp(&stats, &kept, sizeof stats) == 0);
    arena_statistics_t same = stats_now();
    CHECK_OK(arena_stats(region, &stats));
    CHECK(memcmp(&stats, &same, sizeof stats) == 0);
}

static void null_arena_contains(void)
{
    NULLED(CHECK(!arena_contains(NULL, block)));
    NULLED(CHECK(!arena_contains(region, NULL)));
}

static void null_arena_set_footprint_limit(void) { NULLED(arena_set_footprint_limit(NULL, 1)); }

static void null_mem_limit_new(void) { REFUSED(mem_limit_new(1, NULL)); }
static void null_mem_limit_free(void) { NULLED(mem_limit_free(NULL)); }
static void null_mem_limit_set(void) { NULLED(mem_limit_set(NULL, 1)); }

static void null_mem_limit_used(void)
{
    mem_limit *made = untouched_limit;
    NULLED(CHECK_EQUAL(0, mem_limit_used(NULL)));
    CHECK_OK(mem_limit_new(0, &made));
    CHECK_EQUAL(0, mem_limit_used(made));
    mem_limit_free(made);
}

static void null_arena_scope_enter(void)
{
    arena_scope entered = 77;
    REFUSED(arena_scope_enter(NULL, 1, &entered));
    REFUSED(arena_scope_enter(region, 1, NULL));
    CHECK_EQUAL(77, entered);
}

static void null_arena_scope_exit(void) { REFUSED(arena_scope_exit(NULL, scope)); }
static void null_arena_scope_commit(void) { REFUSED(arena_scope_commit(NULL, scope)); }
static void null_arena_scope_rewind(void) { REFUSED(arena_scope_rewind(NULL, scope)); }
static void null_arena_scope_used(void) { NULLED(CHECK_EQUAL(0, arena_scope_used(NULL, scope))); }
static void null_arena_scope_remaining(void) { NULLED(CHECK_EQUAL(0, arena_scope_remaining(NULL, scope))); }

/* The context belongs to the program: NULL is as good as any. */
static void null_arena_add_cleanup(void)
{
    REFUSED(arena_add_cleanup(NULL, count_run, &runs));
    REFUSED(arena_add_cleanup(region, NULL, &runs));
    NULLED(CHECK_OK(arena_add_cleanup(region, count_run, NULL)));
    CHECK_OK(arena_cancel_cleanup(region, count_run, NULL));
}

static void null_arena_cancel_cleanup(void)
{
    CHECK_OK(arena_add_cleanup(region, count_run, &runs));
    REFUSED(arena_cancel_cleanup(NULL, count_run, &runs));
    REFUSED(arena_cancel_cleanup(region, NULL, &runs));
    NULLED(CHECK_STATUS(DRYSTONE_NOT_FOUND, arena_cancel_cleanup(region, count_run, NULL)));
    CHECK_OK(arena_cancel_cleanup(region, count_run, &runs));
}

static const struct null_function functions[] = {
    ENTRY(arena_new), ENTRY(arena_new_fixed), ENTRY(arena_free), ENTRY(arena_reset), ENTRY(arena_trim),
    ENTRY(arena_alloc), ENTRY(arena_alloc_aligned), ENTRY(arena_calloc), ENTRY(arena_alloc_array),
    ENTRY(arena_realloc), ENTRY(arena_try_extend), ENTRY(arena_free_last), ENTRY(arena_strndup), ENTRY(arena_error),
    ENTRY(arena_clear_error), ENTRY(arena_statistics), ENTRY(arena_stats), ENTRY(arena_contains), ENTRY(arena_set_footprint_limit),
    ENTRY(mem_limit_new), ENTRY(mem_limit_free), ENTRY(mem_limit_used), ENTRY(mem_limit_set),
    ENTRY(arena_scope_enter), ENTRY(arena_scope_exit), ENTRY(arena_scope_commit), ENTRY(arena_scope_rewind),
    ENTRY(arena_scope_used), ENTRY(arena_scope_remaining), ENTRY(arena_add_cleanup), ENTRY(arena_cancel_cleanup),
};

int main(int count, char **arguments)
{
    return null_main("null_arena", functions, sizeof functions / sizeof functions[0], set_up, tear_down, count,
                     arguments);
}
