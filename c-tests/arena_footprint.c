/* What an arena allocates from its backing: nothing for work it has done before, whatever chunks that needs, and at
 * most a small multiple of the bytes in use. */
#include "arena.h"

enum { BLOCKS = 40 };

/* The requests of one round. */
struct body {
    size_t sizes[BLOCKS];
    size_t count;
};

static struct body random_body(struct random *source)
{
    struct body body = {.count = (size_t)(random_next(source) % BLOCKS)};
    unsigned largest = (unsigned)(random_next(source) % 18);
    for (size_t place = 0; place < body.count; place += 1)
        body.sizes[place] = (size_t)(random_next(source) >> 20) & (((size_t)1 << largest) - 1);
    return body;
}

static void run(arena *region, const struct body *body)
{
    arena_scope scope = enter(region, ARENA_NO_BUDGET);
    char *last = NULL;
    for (size_t place = 0; place < body->count; place += 1) {
        size_t size = body->sizes[place];
        if (size % 4 == 0 && last != NULL) {
            size_t old = body->sizes[place - 1];
            CHECK(arena_realloc(region, last, old, old + size, 16) != NULL);
            last = NULL;
        } else {
            last = arena_alloc(region, size);
            CHECK(last != NULL);
            if (size % 4 == 1 && arena_free_last(region, last, size))
                last = NULL;
        }
    }
    CHECK_OK(arena_scope_exit(region, scope));
}

/* The same body allocates nothing from the second round on; bodies in turn allocate nothing after some number of
 * rounds. */
static void bodies(void)
{
    struct counting *counting = calloc(1, sizeof *counting);
    arena_backing backing = {counting_alloc, counting_free, counting};
    struct random source = random_of(0x9E3779B97F4A7C15u);
    size_t total = test_size(2000, 100);
    for (size_t number = 0; number < total; number += 1) {
        arena_options options = {.struct_size = sizeof options, .backing = &backing};
        options.initial_chunk = (size_t)128 << (random_next(&source) % 6);
        options.max_chunk = (size_t)128 << (random_next(&source) % 12);
        arena *region = new_arena(&options);
        if (number % 2 == 1)
            block_of(region, 100);
        struct body several[3];
        for (size_t which = 0; which < 3; which += 1) {
            several[which] = random_body(&source);
            run(region, &several[which]);
            size_t requests = counting->requests;
            size_t returns = counting->returns;
            for (int round = 0; round < 3; round += 1)
                run(region, &several[which]);
            CHECK_EQUAL(requests, counting->requests);
            CHECK_EQUAL(returns, counting->returns);
        }
        for (int round = 0; round < 8; round += 1)
            for (size_t which = 0; which < 3; which += 1)
                run(region, &several[which]);
        size_t requests = counting->requests;
        for (int round = 0; round < 4; round += 1)
            for (size_t which = 0; which < 3; which += 1)
                run(region, &several[which]);
        CHECK_EQUAL(requests, counting->requests);
        arena_free(region);
        CHECK(counting->blocks == 0 && counting->bytes == 0);
    }
    free(counting);
}

/* Rounds that need a little more each time: the old chunks are freed, not kept in addition. */
static void growing(void)
{
    struct counting *counting = calloc(1, sizeof *counting);
    arena_backing backing = {counting_alloc, counting_free, counting};
    size_t most = test_size(6 << 20, 3 << 20);
    for (int outer = 0; outer < 2; outer += 1) {
        arena_options options = {.struct_size = sizeof options, .backing = &backing};
        arena *region = new_arena(&options);
        if (outer)
            block_of(region, 1000);
        for (size_t size = 1 << 20; size < most; size += 64 << 10) {
            arena_scope scope = enter(region, ARENA_NO_BUDGET);
            CHECK(arena_alloc(region, size) != NULL);
            CHECK_OK(arena_scope_exit(region, scope));
            CHECK(counting->bytes < 2 * size + 20000);
        }
        arena_free(region);
        CHECK_EQUAL(0, counting->blocks);
    }
    free(counting);
}

/* A round can use all of a footprint limit, and of a limit that arenas share. */
static void limited(void)
{
    enum { LIMIT = 16 << 20 };
    mem_limit *limit = NULL;
    CHECK_OK(mem_limit_new(LIMIT, &limit));
    arena_options own = {.struct_size = sizeof own, .footprint_limit = LIMIT};
    arena_options shared = {.struct_size = sizeof shared, .shared = limit};
    for (int kind = 0; kind < 2; kind += 1) {
        arena *region = new_arena(kind == 0 ? &own : &shared);
        for (size_t size = 2 << 20; size < LIMIT; size += 64 << 10) {
            arena_scope scope = enter(region, ARENA_NO_BUDGET);
            CHECK(arena_alloc(region, size) != NULL);
            CHECK_OK(arena_scope_exit(region, scope));
        }
        FAILED(DRYSTONE_LIMIT_EXCEEDED, region, arena_alloc(region, LIMIT));
        CHECK(arena_alloc(region, LIMIT - (64 << 10)) != NULL);
        arena_free(region);
    }
    CHECK_EQUAL(0, mem_limit_used(limit));
    mem_limit_free(limit);
}

/* When the backing fails, spare chunks are returned to it and the request is repeated. */
static void out_of_memory(void)
{
    struct counting *counting = calloc(1, sizeof *counting);
    arena_backing backing = {counting_alloc, counting_free, counting};
    arena_options options = {.struct_size = sizeof options, .backing = &backing};
    arena *region = new_arena(&options);
    char *kept = block_of(region, 1000);
    for (size_t size = 100000; size < 200000; size += 10000) {
        arena_scope scope = enter(region, ARENA_NO_BUDGET);
        CHECK(arena_alloc(region, size) != NULL);
        CHECK_OK(arena_scope_exit(region, scope));
        counting->refuse_from = counting->requests + 1;
        counting->refuse_count = 1;
    }
    CHECK_OK(arena_error(region));
    CHECK(counting->bytes < 200000);
    CHECK(filled_with(kept, 0xA5, 1000));
    arena_free(region);
    CHECK_EQUAL(0, counting->blocks);
    free(counting);
}

/* A fixed arena has one chunk, which also holds its cleanups. */
static void fixed(void)
{
    static max_align_t buffer[512];
    arena *region = NULL;
    CHECK_OK(arena_new_fixed(buffer, sizeof buffer, &region));
    size_t footprint = stats_of(region).footprint;
    CHECK(footprint > sizeof buffer - 1400 && footprint < sizeof buffer);
    size_t blocks = 0;
    CHECK_OK(arena_add_cleanup(region, free, NULL));
    while (arena_alloc(region, 16) != NULL)
        blocks += 1;
    arena_statistics_t stats = stats_of(region);
    CHECK(stats.used == 16 * blocks && stats.footprint > stats.used && stats.footprint < footprint);
    CHECK(stats.chunks == 1 && stats.spare == 0);
    arena_free(region);
}

int main(void)
{
    bodies();
    growing();
    limited();
    out_of_memory();
    fixed();
    return test_end("arena_footprint");
}
