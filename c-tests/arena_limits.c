/* The bounds of an arena: budgets exact to the byte, footprints, shared limits, backings that fail. */
#include "arena.h"

static void small_budgets(void)
{
    for (size_t budget = 0; budget <= 64; budget += 1) {
        arena *region = default_arena();
        for (int round = 0; round < 2; round += 1) {
            arena_scope scope = enter(region, budget);
            if (!with_red_zones) {
                for (size_t count = 0; count < budget; count += 1) {
                    CHECK_EQUAL(budget - count, arena_scope_remaining(region, scope));
                    CHECK(arena_alloc_aligned(region, 1, 1) != NULL);
                }
                FAILED(DRYSTONE_OVER_BUDGET, region, arena_alloc_aligned(region, 1, 1));
                CHECK_EQUAL(budget, arena_scope_used(region, scope));
                CHECK(arena_alloc_aligned(region, 0, 1) != NULL);
                CHECK_OK(arena_scope_rewind(region, scope));
            }
            for (size_t more = 1; more < 100; more += 1)
                FAILED(DRYSTONE_OVER_BUDGET, region, arena_alloc(region, budget + more));
            CHECK_EQUAL(0, arena_scope_used(region, scope));
            char *block = block_of(region, budget);
            CHECK_EQUAL(budget, arena_scope_used(region, scope));
            CHECK_EQUAL(0, arena_scope_remaining(region, scope));
            CHECK(!arena_try_extend(region, block, budget, budget + 1));
            FAILED(DRYSTONE_OVER_BUDGET, region, arena_realloc(region, block, budget, budget + 1, 16));
            CHECK(filled_with(block, 0xA5, budget));
            CHECK_OK(arena_scope_exit(region, scope));
            CHECK_EQUAL(0, used_of(region));
        }
        arena_free(region);
    }
}

static void exact_budgets(void)
{
    arena *region = default_arena();
    arena_scope scope = enter(region, ARENA_MODULE_BUDGET);
    block_of(region, 512);
    CHECK_EQUAL(512, arena_scope_used(region, scope));
    CHECK_OK(arena_scope_exit(region, scope));

    scope = enter(region, 512);
    block_of(region, 256);
    block_of(region, 256);
    FAILED(DRYSTONE_OVER_BUDGET, region, arena_alloc_aligned(region, 1, 1));
    CHECK_OK(arena_scope_exit(region, scope));

    /* Padding counts. */
    if (!with_red_zones) {
        scope = enter(region, 33);
        CHECK(arena_alloc_aligned(region, 1, 1) != NULL);
        FAILED(DRYSTONE_OVER_BUDGET, region, arena_alloc_aligned(region, 18, 16));
        CHECK_EQUAL(1, arena_scope_used(region, scope));
        CHECK(arena_alloc_aligned(region, 17, 16) != NULL);
        CHECK_EQUAL(33, arena_scope_used(region, scope));
        CHECK_OK(arena_scope_exit(region, scope));
    }

    /* Reserved bytes cost nothing more when they are used. */
    scope = enter(region, 16384);
    int *numbers = arena_alloc_array(region, 10, sizeof *numbers, _Alignof(int));
    for (int place = 0; place < 10; place += 1)
        numbers[place] = place * 3;
    CHECK_EQUAL(40, arena_scope_used(region, scope));
    numbers = arena_realloc(region, numbers, 40, 400, _Alignof(int));
    CHECK_EQUAL(400, arena_scope_used(region, scope));
    for (int place = 0; place < 10; place += 1)
        CHECK_EQUAL(place * 3, numbers[place]);
    CHECK_OK(arena_scope_exit(region, scope));
    CHECK_EQUAL(0, used_of(region));
    arena_free(region);

    /* The arena's own budget. */
    arena_options options = {.struct_size = sizeof options, .budget = 100};
    region = new_arena(&options);
    scope = enter(region, 1000);
    CHECK_EQUAL(100, arena_scope_remaining(region, scope));
    block_of(region, 96);
    FAILED(DRYSTONE_OVER_BUDGET, region, arena_alloc(region, 5));
    block_of(region, 4);
    CHECK_OK(arena_scope_commit(region, scope));
    FAILED(DRYSTONE_OVER_BUDGET, region, arena_alloc_aligned(region, 1, 1));
    CHECK_OK(arena_reset(region, ARENA_RETAIN_NONE, 0));
    block_of(region, 100);
    arena_free(region);
}

/* A million appends stop at the budget, with nearly all of it used. */
static void appending(void)
{
    arena *region = default_arena();
    arena_scope outer = enter(region, ARENA_NO_BUDGET);
    block_of(region, 128);
    for (int round = 0; round < 2; round += 1) {
        arena_scope scope = enter(region, 65536);
        unsigned char *bytes = NULL;
        size_t length = 0;
        size_t capacity = 0;
        size_t refused = 0;
        for (size_t number = test_size(1000000, 70000); number > 0; number -= 1) {
            if (length == capacity) {
                size_t larger = capacity == 0 ? 16 : 2 * capacity;
                size_t left = arena_scope_remaining(region, scope);
                if (capacity != 0 && larger - capacity > left)
                    larger = capacity + (left == 0 ? 1 : left);
                void *grown = arena_realloc(region, bytes, capacity, larger, 1);
                if (grown == NULL) {
                    refused += 1;
                    continue;
                }
                bytes = grown;
                capacity = larger;
            }
            bytes[length] = (unsigned char)length;
            length += 1;
        }
        CHECK(length >= 65000 && length <= 65536 && refused > 0);
        CHECK_STATUS(DRYSTONE_OVER_BUDGET, arena_error(region));
        CHECK(stats_of(region).failures >= refused);
        for (size_t place = 0; place < length; place += 1)
            if (bytes[place] != (unsigned char)place)
                CHECK_EQUAL(place, bytes[place]);
        arena_clear_error(region);
        CHECK_OK(arena_scope_exit(region, scope));
        CHECK_EQUAL(128, arena_scope_used(region, outer));
    }
    arena_free(region);
}

static void nested_budgets(void)
{
    for (size_t asked = 0; asked < 300; asked += 7) {
        arena *region = default_arena();
        arena_scope outer = enter(region, 200);
        block_of(region, 96);
        arena_scope inner = enter(region, asked);
        size_t effective = asked < 104 ? asked : 104;
        CHECK_EQUAL(effective, arena_scope_remaining(region, inner));
        CHECK_EQUAL(104, arena_scope_remaining(region, outer));
        FAILED(DRYSTONE_OVER_BUDGET, region, arena_alloc(region, effective + 1));
        block_of(region, effective);
        CHECK_EQUAL(104 - effective, arena_scope_remaining(region, outer));
        arena_scope innermost = enter(region, ARENA_NO_BUDGET);
        CHECK_EQUAL(0, arena_scope_remaining(region, innermost));
        CHECK_OK(arena_scope_exit(region, innermost));
        if (asked % 2 == 0) {
            CHECK_OK(arena_scope_exit(region, inner));
            CHECK_EQUAL(104, arena_scope_remaining(region, outer));
            block_of(region, 104);
        } else {
            CHECK_OK(arena_scope_commit(region, inner));
            CHECK_EQUAL(104 - effective, arena_scope_remaining(region, outer));
        }
        CHECK_OK(arena_scope_exit(region, outer));
        CHECK_EQUAL(0, used_of(region));
        arena_free(region);
    }
    arena *region = default_arena();
    arena_scope unbounded = enter(region, ARENA_NO_BUDGET);
    CHECK(arena_scope_remaining(region, unbounded) == ARENA_NO_BUDGET);
    arena_scope nearly = enter(region, ARENA_NO_BUDGET - 1);
    CHECK_EQUAL(ARENA_NO_BUDGET - 1, arena_scope_remaining(region, nearly));
    block_of(region, 100);
    CHECK_EQUAL(100, arena_scope_used(region, unbounded));
    arena_free(region);
}

/* Repeating the same body neither allocates from the backing nor frees. */
static void warm(void)
{
    static const size_t orders[][5] = {
        {100, 5000, 70000, 3000000, 10},
        {3000000, 10, 70000, 100, 5000},
        {10, 10, 10, 10, 10},
        {4064, 4065, 8000, 16, 4000},
        {70000, 70000, 70000, 70000, 70000},
    };
    static const uint32_t flags[] = {0, ARENA_SCRUB, ARENA_ZERO, ARENA_CHECKED};
    struct counting *counting = calloc(1, sizeof *counting);
    arena_backing backing = {counting_alloc, counting_free, counting};
    for (size_t kind = 0; kind < 4; kind += 1) {
        for (size_t which = 0; which < sizeof orders / sizeof orders[0]; which += 1) {
            arena_options options = {.struct_size = sizeof options, .flags = flags[kind], .backing = &backing};
            arena *region = new_arena(&options);
            size_t requests = 0;
            for (int round = 0; round < 10; round += 1) {
                arena_scope scope = enter(region, ARENA_NO_BUDGET);
                for (size_t place = 0; place < 5; place += 1) {
                    CHECK(arena_alloc(region, orders[which][place]) != NULL);
                    CHECK_OK(arena_add_cleanup(region, free, NULL));
                }
                CHECK_OK(arena_scope_exit(region, scope));
                CHECK(round == 0 || counting->requests == requests);
                requests = counting->requests;
            }
            CHECK_EQUAL(0, counting->returns);
            arena_free(region);
            CHECK(counting->blocks == 0 && counting->bytes == 0);
            counting->returns = 0;
        }
    }
    /* A spare chunk that is too small for the request is kept for the next one. */
    arena_options options = {.struct_size = sizeof options, .backing = &backing};
    arena *region = new_arena(&options);
    arena_scope scope = enter(region, ARENA_NO_BUDGET);
    block_of(region, 4000);
    block_of(region, 4000);
    CHECK_OK(arena_scope_exit(region, scope));
    size_t footprint = stats_of(region).footprint;
    block_of(region, 4000);
    block_of(region, 100000);
    CHECK(stats_of(region).footprint > footprint + 100000);
    footprint = stats_of(region).footprint;
    block_of(region, 4000);
    CHECK_EQUAL(footprint, stats_of(region).footprint);
    arena_free(region);
    CHECK_EQUAL(0, counting->blocks);
    free(counting);
}

/* Every use of the backing, with the k-th request failing, for every k: the call fails and changes nothing, except
 * that empty chunks may have been freed before the request was repeated. */
static bool body_fails(arena *region, struct counting *counting, size_t refused, size_t refuse_count)
{
    bool failed = false;
    counting->requests = 0;
    counting->refuse_from = refused;
    counting->refuse_count = refuse_count;
    arena_scope scopes[40];
    int depth = 0;
    for (int step = 0; step < 200; step += 1) {
        arena_statistics_t before = stats_of(region);
        size_t blocks = counting->blocks;
        size_t remaining = depth == 0 ? 0 : arena_scope_remaining(region, scopes[depth - 1]);
        bool refused_now = false;
        size_t failures = 0;
        if (step % 5 == 0 && depth < 40) {
            drystone_status status = arena_scope_enter(region, 1 << 20, &scopes[depth]);
            CHECK(status == DRYSTONE_OK || status == DRYSTONE_NO_MEMORY);
            refused_now = status != DRYSTONE_OK;
            depth += !refused_now;
        } else if (step % 5 == 1) {
            drystone_status status = arena_add_cleanup(region, free, NULL);
            CHECK(status == DRYSTONE_OK || status == DRYSTONE_NO_MEMORY);
            refused_now = status != DRYSTONE_OK;
        } else if (step % 5 == 2) {
            char *block = arena_alloc(region, 64);
            char *grown = block == NULL ? NULL : arena_realloc(region, block, 64, (size_t)step * 50, 16);
            refused_now = grown == NULL;
            failures = 1;
            if (block != NULL && grown == NULL) {
                CHECK(arena_free_last(region, block, 64));
                before.peak = stats_of(region).peak;
                before.footprint = stats_of(region).footprint;
                before.chunks = stats_of(region).chunks;
                before.abandoned = stats_of(region).abandoned;
                before.spare = stats_of(region).spare;
                before.used = stats_of(region).used;
                blocks = counting->blocks;
            }
        } else {
            refused_now = arena_alloc_aligned(region, (size_t)step * 37 % 3000, 32) == NULL;
            failures = 1;
        }
        if (!refused_now)
            continue;
        failed = true;
        CHECK_STATUS(failures == 0 ? DRYSTONE_OK : DRYSTONE_NO_MEMORY, arena_error(region));
        arena_clear_error(region);
        arena_statistics_t after = stats_of(region);
        CHECK_EQUAL(before.failures + failures, after.failures);
        after.failures = before.failures;
        if (blocks != counting->blocks) {
            CHECK(blocks > counting->blocks && before.footprint > after.footprint && after.spare == 0);
            after.footprint = before.footprint;
            after.spare = before.spare;
            after.chunks = before.chunks;
            after.abandoned = before.abandoned;
        }
        CHECK(memcmp(&before, &after, sizeof after) == 0);
        CHECK(depth == 0 || remaining == arena_scope_remaining(region, scopes[depth - 1]) || step % 5 == 2);
    }
    counting->refuse_from = 0;
    for (; depth > 0; depth -= 1)
        CHECK_OK(arena_scope_exit(region, scopes[depth - 1]));
    CHECK_EQUAL(0, used_of(region));
    return failed;
}

static void refusing_backing(void)
{
    struct counting *counting = calloc(1, sizeof *counting);
    arena_backing backing = {counting_alloc, counting_free, counting};
    arena_options options = {
        .struct_size = sizeof options, .initial_chunk = 256, .max_chunk = 2048, .backing = &backing};
    arena *region = NULL;
    counting->refuse_from = 1;
    counting->refuse_count = 1;
    CHECK_STATUS(DRYSTONE_NO_MEMORY, arena_new(&options, &region));
    CHECK(region == NULL);
    /* One failure, two (so that the smaller request fails too), and all from there on. */
    static const size_t counts[] = {1, 2, SIZE_MAX};
    size_t failures = 0;
    for (size_t way = 0; way < 3; way += 1) {
        bool refused = true;
        for (size_t place = 1; refused; place += 1) {
            counting->refuse_from = 0;
            region = new_arena(&options);
            failures += body_fails(region, counting, place, counts[way]);
            refused = counting->requests >= place;
            arena_free(region);
            CHECK(counting->blocks == 0 && counting->bytes == 0);
        }
    }
    CHECK(failures > 50);
    free(counting);
}

static void footprints(void)
{
    arena_options options = {.struct_size = sizeof options, .footprint_limit = 10000};
    arena *region = new_arena(&options);
    block_of(region, 4000);
    CHECK_EQUAL(4096, stats_of(region).footprint);
    /* The next chunk would have 8192 bytes, but a smaller one fits the limit. */
    block_of(region, 4000);
    CHECK(stats_of(region).footprint <= 10000);
    FAILED(DRYSTONE_LIMIT_EXCEEDED, region, arena_alloc(region, 4000));
    arena_set_footprint_limit(region, 20000);
    block_of(region, 4000);
    /* A limit below the use refuses more, and frees nothing. */
    arena_set_footprint_limit(region, 1);
    FAILED(DRYSTONE_LIMIT_EXCEEDED, region, arena_alloc(region, 100000));
    size_t footprint = stats_of(region).footprint;
    CHECK_OK(arena_reset(region, ARENA_RETAIN_ALL, 0));
    CHECK_EQUAL(footprint, stats_of(region).footprint);
    block_of(region, 4000);
    CHECK_OK(arena_reset(region, ARENA_RETAIN_NONE, 0));
    FAILED(DRYSTONE_LIMIT_EXCEEDED, region, arena_alloc(region, 1));
    arena_set_footprint_limit(region, 0);
    block_of(region, 100000);
    arena_free(region);
}

static void shared_limits(void)
{
    mem_limit *limit = NULL;
    CHECK_OK(mem_limit_new(10000, &limit));
    arena_options options = {.struct_size = sizeof options, .shared = limit};
    arena *one = new_arena(&options);
    arena *two = new_arena(&options);
    CHECK_EQUAL(0, mem_limit_used(limit));
    block_of(one, 4000);
    block_of(two, 4000);
    CHECK_EQUAL(stats_of(one).footprint + stats_of(two).footprint, mem_limit_used(limit));
    FAILED(DRYSTONE_LIMIT_EXCEEDED, two, arena_alloc(two, 4000));
    FAILED(DRYSTONE_LIMIT_EXCEEDED, one, arena_alloc(one, 4000));
    CHECK_OK(arena_reset(one, ARENA_RETAIN_NONE, 0));
    CHECK_EQUAL(stats_of(two).footprint, mem_limit_used(limit));
    block_of(two, 4000);
    mem_limit_set(limit, 100);
    FAILED(DRYSTONE_LIMIT_EXCEEDED, one, arena_alloc(one, 1));
    CHECK(mem_limit_used(limit) > 8000);
    mem_limit_set(limit, 1 << 20);
    block_of(one, 100000);
    /* The limit lives as long as anything refers to it. */
    mem_limit_free(limit);
    block_of(one, 200000);
    FAILED(DRYSTONE_LIMIT_EXCEEDED, one, arena_alloc(one, 2 << 20));
    arena_free(one);
    block_of(two, 100000);
    arena_free(two);

    /* Bytes that the backing refused are not counted. */
    struct counting *counting = calloc(1, sizeof *counting);
    arena_backing backing = {counting_alloc, counting_free, counting};
    CHECK_OK(mem_limit_new(SIZE_MAX, &limit));
    options = (arena_options){.struct_size = sizeof options, .shared = limit, .backing = &backing};
    one = new_arena(&options);
    block_of(one, 100);
    size_t used = mem_limit_used(limit);
    counting->refuse_from = 1;
    counting->refuse_count = SIZE_MAX;
    FAILED(DRYSTONE_NO_MEMORY, one, arena_alloc(one, 10000));
    CHECK_EQUAL(used, mem_limit_used(limit));
    counting->refuse_from = 0;
    FAILED(DRYSTONE_NO_MEMORY, one, arena_alloc(one, PTRDIFF_MAX - 1000));
    CHECK_EQUAL(used, mem_limit_used(limit));
    arena_free(one);
    CHECK_EQUAL(0, mem_limit_used(limit));
    mem_limit_free(limit);
    free(counting);
}

/* Random requests in random scopes: no budget is exceeded, nothing that fits is refused, nothing overlaps. */
static void at_random(void)
{
    enum { LEVELS = 20 };
    struct {
        arena_scope scope;
        size_t start;
        size_t budget;
    } levels[LEVELS];
    size_t depth = 0;
    struct random source = random_of(0x9E3779B97F4A7C15u);
    arena *region = default_arena();
    for (size_t operation = test_size(1000000, 20000); operation > 0; operation -= 1) {
        uint64_t random = random_next(&source);
        size_t used = used_of(region);
        size_t size = (size_t)(random >> 20) & (((size_t)1 << (random >> 8 & 15)) - 1);
        size_t align = (size_t)1 << (random >> 12 & 7);
        size_t kind = (size_t)(random % 16);
        if (kind < 10) {
            void *block = arena_alloc_aligned(region, size, align);
            size_t least = SIZE_MAX;
            for (size_t level = 0; level < depth; level += 1) {
                size_t end = levels[level].start + levels[level].budget;
                least = end - used < least ? end - used : least;
            }
            if (block == NULL) {
                CHECK(size + align > least || (with_red_zones && size + 128 > least));
                CHECK_EQUAL(used, used_of(region));
            } else {
                CHECK((uintptr_t)block % align == 0 && size <= least);
                CHECK(used_of(region) - used <= least);
                memset(block, (int)kind, size);
            }
        } else if (kind < 13 && depth < LEVELS) {
            levels[depth].start = used;
            levels[depth].budget = (size_t)(random >> 40) & 0xFFFF;
            levels[depth].scope = enter(region, levels[depth].budget);
            depth += 1;
        } else if (depth > 0) {
            size_t level = (size_t)(random >> 40) % depth;
            if (kind == 15) {
                CHECK_OK(arena_scope_commit(region, levels[level].scope));
                CHECK_EQUAL(used, used_of(region));
                depth = level;
            } else if (kind == 14) {
                CHECK_OK(arena_scope_rewind(region, levels[level].scope));
                CHECK_EQUAL(levels[level].start, used_of(region));
                depth = level + 1;
            } else {
                CHECK_OK(arena_scope_exit(region, levels[level].scope));
                CHECK_EQUAL(levels[level].start, used_of(region));
                depth = level;
            }
        }
        if (depth == 0 && used > (1 << 20))
            CHECK_OK(arena_reset(region, ARENA_RETAIN_ALL, 0));
    }
    arena_free(region);
}

static void thousand_arenas(void)
{
    static arena *regions[1000];
    size_t count = test_size(1000, 50);
    for (size_t number = 0; number < count; number += 1) {
        regions[number] = default_arena();
        enter(regions[number], 1000);
        memset(block_of(regions[number], 1000), (int)(number % 251), 1000);
    }
    for (size_t number = 0; number < count; number += 1)
        CHECK_EQUAL(1000, used_of(regions[number]));
    for (size_t number = 0; number < count; number += 1)
        arena_free(regions[number]);
    arena *region = default_arena();
    for (size_t number = 0; number < count; number += 1)
        decode_module(region, number);
    arena_free(region);
}

int main(void)
{
    small_budgets();
    exact_budgets();
    appending();
    nested_budgets();
    warm();
    refusing_backing();
    footprints();
    shared_limits();
    at_random();
    thousand_arenas();
    return test_end("arena_limits");
}
