/* As allocation.c, for arenas: each request to the system's allocator fails in turn. */
#include "allocation.h"

static struct {
    arena *region;
    mem_limit *limit;
    arena_scope scope;
    arena_statistics_t before;
    char *block;
    int runs;
    int added;
} state;

static void allocation_start(void) { memset(&state, 0, sizeof state); }

static void nothing(void) {}

static arena_statistics_t stats_now(void)
{
    arena_statistics_t stats = {.struct_size = sizeof stats};
    CHECK_OK(arena_statistics(state.region, &stats));
    stats.failures = 0;
    return stats;
}

static void count_run(void *context)
{
    CHECK(context == &state);
    state.runs += 1;
}

static void with_arena(void)
{
    CHECK_OK(mem_limit_new(SIZE_MAX, &state.limit));
    arena_options options = {.struct_size = sizeof options, .shared = state.limit};
    CHECK_OK(arena_new(&options, &state.region));
    CHECK_OK(arena_scope_enter(state.region, 1 << 20, &state.scope));
    state.before = stats_now();
}

static void with_block(void)
{
    with_arena();
    state.block = arena_alloc(state.region, 4000);
    CHECK(state.block != NULL);
    memset(state.block, 0x5A, 4000);
    state.before = stats_now();
}

/* Reported once, then cleared. */
static drystone_status told(const void *made)
{
    drystone_status status = made == NULL ? DRYSTONE_NO_MEMORY : DRYSTONE_OK;
    CHECK_STATUS(status, arena_error(state.region));
    arena_clear_error(state.region);
    return status;
}

static drystone_status make_arena(void) { return arena_new(NULL, &state.region); }
static drystone_status make_limit(void) { return mem_limit_new(100, &state.limit); }
static drystone_status take_chunk(void) { return told(arena_alloc(state.region, 100)); }
static drystone_status take_another(void) { return told(arena_alloc(state.region, 4000)); }
static drystone_status take_large(void) { return told(arena_alloc_aligned(state.region, 500000, 4096)); }
static drystone_status take_zeroed(void) { return told(arena_calloc(state.region, 300, 300)); }

static drystone_status grow(void)
{
    char *grown = arena_realloc(state.region, state.block, 4000, 100000, 16);
    if (grown != NULL)
        for (size_t place = 0; place < 4000; place += 1)
            CHECK_EQUAL(0x5A, grown[place]);
    return told(grown);
}

static drystone_status enter_many(void)
{
    arena_scope scope = 77;
    while (stats_now().depth < 100) {
        drystone_status status = arena_scope_enter(state.region, 10, &scope);
        if (status != DRYSTONE_OK) {
            state.before.depth = stats_now().depth;
            return status;
        }
    }
    return DRYSTONE_OK;
}

static drystone_status add_many(void)
{
    for (; state.added < 100; state.added += 1) {
        drystone_status status = arena_add_cleanup(state.region, count_run, &state);
        if (status != DRYSTONE_OK)
            return status;
    }
    return DRYSTONE_OK;
}

/* Operations that allocate nothing: scopes, rewinding, ending. */
static drystone_status free_last(void)
{
    CHECK_OK(arena_scope_rewind(state.region, state.scope));
    CHECK(arena_alloc(state.region, 4000) == state.block);
    arena_scope inner = 0;
    CHECK_OK(arena_scope_enter(state.region, 10, &inner));
    CHECK_OK(arena_scope_commit(state.region, inner));
    CHECK_OK(arena_scope_exit(state.region, state.scope));
    CHECK_OK(arena_reset(state.region, ARENA_RETAIN_NONE, 0));
    arena_free(state.region);
    mem_limit_free(state.limit);
    allocation_start();
    CHECK_EQUAL(0, failing_allocator_requests());
    return DRYSTONE_OK;
}

static void no_output(void) { CHECK(state.region == NULL && state.limit == NULL); }

static void unchanged(void)
{
    arena_statistics_t now = stats_now();
    CHECK(memcmp(&state.before, &now, sizeof now) == 0);
    CHECK_EQUAL(now.footprint, mem_limit_used(state.limit));
    CHECK_EQUAL(0, state.runs);
    for (size_t place = 0; state.block != NULL && place < 4000; place += 1)
        CHECK_EQUAL(0x5A, state.block[place]);
}

static void drop_all(void)
{
    arena_free(state.region);
    CHECK_EQUAL(state.added, state.runs);
    CHECK_EQUAL(0, mem_limit_used(state.limit));
    mem_limit_free(state.limit);
}

static const struct operation operations[] = {
    {"arena_new", nothing, make_arena, no_output, drop_all, 0, false},
    {"mem_limit_new", nothing, make_limit, no_output, drop_all, 0, false},
    {"arena_alloc, first chunk", with_arena, take_chunk, unchanged, drop_all, 0, false},
    {"arena_alloc, second chunk", with_block, take_another, unchanged, drop_all, 0, false},
    {"arena_alloc_aligned, large", with_block, take_large, unchanged, drop_all, 0, false},
    {"arena_calloc", with_block, take_zeroed, unchanged, drop_all, 0, false},
    {"arena_realloc", with_block, grow, unchanged, drop_all, 0, false},
    {"arena_scope_enter, many", with_arena, enter_many, unchanged, drop_all, 0, false},
    {"arena_add_cleanup, many", with_arena, add_many, unchanged, drop_all, 0, false},
    {"freeing the last block", with_block, free_last, nothing, nothing, 0, true},
};

int main(void)
{
    return allocation_main("allocation_arena", operations, sizeof operations / sizeof operations[0]);
}
