/* Blocks of arenas: where they are, what they contain, and the arena's statistics. */
#include "arena.h"

static void alignments(void)
{
    arena *region = default_arena();
    for (size_t align = 1; align <= 65536; align *= 2) {
        for (size_t size = 0; size < 70; size += 23) {
            CHECK(arena_alloc_aligned(region, 1, 1) != NULL);
            char *block = arena_alloc_aligned(region, size, align);
            CHECK(block != NULL);
            CHECK_EQUAL(0, (uintptr_t)block % align);
            memset(block, 1, size);
            block = arena_alloc_array(region, 3, size, align);
            CHECK(block != NULL);
            CHECK_EQUAL(0, (uintptr_t)block % align);
            memset(block, 2, 3 * size);
        }
        block_of(region, 1);
    }
    static const size_t bad[] = {0, 3, 6, 24, 100, 65535, 131072, SIZE_MAX, SIZE_MAX / 2 + 1};
    for (size_t place = 0; place < sizeof bad / sizeof bad[0]; place += 1) {
        FAILED(DRYSTONE_INVALID_ARGUMENT, region, arena_alloc_aligned(region, 1, bad[place]));
        FAILED(DRYSTONE_INVALID_ARGUMENT, region, arena_alloc_array(region, 1, 1, bad[place]));
        FAILED(DRYSTONE_INVALID_ARGUMENT, region, arena_realloc(region, NULL, 0, 1, bad[place]));
        void *block = block_of(region, 8);
        FAILED(DRYSTONE_INVALID_ARGUMENT, region, arena_realloc(region, block, 8, 4, bad[place]));
    }
    arena_free(region);
}

/* Sizes that overflow when anything is added, in an arena without a chunk, with one, and with a budget. */
static void far_sizes(void)
{
    for (int kind = 0; kind < 4; kind += 1) {
        arena_options options = {.struct_size = sizeof options, .budget = kind == 2 ? 1000 : 0};
        arena *region = new_arena(&options);
        arena_scope scope = enter(region, kind == 3 ? 1000 : ARENA_NO_BUDGET);
        if (kind >= 1)
            CHECK(arena_alloc_aligned(region, 1, 1) != NULL);
        drystone_status expected = kind >= 2 ? DRYSTONE_OVER_BUDGET : DRYSTONE_NO_MEMORY;
        for (size_t below = 0; below < 100; below += 1) {
            FAILED(expected, region, arena_alloc(region, SIZE_MAX - below));
            FAILED(expected, region, arena_alloc(region, PTRDIFF_MAX - below));
            FAILED(expected, region, arena_alloc_aligned(region, SIZE_MAX - below, 1));
            FAILED(expected, region, arena_alloc_aligned(region, SIZE_MAX - below, 4096));
            FAILED(expected, region, arena_calloc(region, 1, SIZE_MAX - below));
            FAILED(DRYSTONE_LIMIT_EXCEEDED, region, arena_calloc(region, 2, SIZE_MAX - below));
            FAILED(DRYSTONE_LIMIT_EXCEEDED, region, arena_alloc_array(region, SIZE_MAX - below, 16, 8));
            void *block = block_of(region, 8);
            FAILED(expected, region, arena_realloc(region, block, 8, SIZE_MAX - below, 8));
            FAILED(expected, region, arena_realloc(region, block, 8, SIZE_MAX - below, 4096));
            CHECK(!arena_try_extend(region, block, 8, SIZE_MAX - below));
            CHECK(!arena_free_last(region, block, SIZE_MAX - below));
            CHECK(filled_with(block, 0xA5, 8));
            CHECK(arena_free_last(region, block, 8));
        }
        FAILED(DRYSTONE_LIMIT_EXCEEDED, region, arena_calloc(region, SIZE_MAX / 2 + 1, 2));
        CHECK(arena_calloc(region, 0, SIZE_MAX) != NULL);
        CHECK(arena_calloc(region, SIZE_MAX, 0) != NULL);
        CHECK(arena_alloc_array(region, 0, SIZE_MAX, 8) != NULL);
        CHECK_OK(arena_scope_exit(region, scope));
        arena_free(region);
    }
}

static void empty_blocks(void)
{
    for (size_t align = 1; align <= 4096; align *= 2) {
        arena *region = default_arena();
        char *block = arena_alloc_aligned(region, 0, align);
        CHECK(block != NULL);
        CHECK_EQUAL(0, (uintptr_t)block % align);
        CHECK_EQUAL(0, used_of(region));
        char *text = arena_strndup(region, "text", 4);
        CHECK_BYTES("text", text, 5);
        arena_free(region);
    }
    arena *region = default_arena();
    char *block = arena_alloc(region, 0);
    block = arena_realloc(region, block, 0, 100, 16);
    CHECK(block != NULL);
    memset(block, 1, 100);
    block = arena_realloc(region, block, 100, 0, 16);
    CHECK(block != NULL);
    CHECK_EQUAL(0, used_of(region));
    CHECK_OK(arena_error(region));
    arena_free(region);
}

static void zeroed(void)
{
    arena_options options = {.struct_size = sizeof options, .flags = ARENA_ZERO};
    for (int flagged = 0; flagged < 2; flagged += 1) {
        arena *region = new_arena(flagged ? &options : NULL);
        for (int round = 0; round < 3; round += 1) {
            arena_scope scope = enter(region, ARENA_NO_BUDGET);
            for (size_t size = 1; size < 20000; size = size * 3 + 1) {
                char *block = arena_calloc(region, 7, size);
                CHECK(block != NULL && filled_with(block, 0, 7 * size));
                memset(block, 0xFF, 7 * size);
                if (flagged) {
                    block = arena_alloc(region, size);
                    CHECK(block != NULL && filled_with(block, 0, size));
                    memset(block, 0xFF, size);
                    /* Grown in place, shrunk and grown again, and moved. */
                    CHECK(arena_realloc(region, block, size, size / 2, 1) == block);
                    block = arena_realloc(region, block, size / 2, 2 * size, 1);
                    CHECK(block != NULL && filled_with(block, 0xFF, size / 2));
                    CHECK(filled_with(block + size / 2, 0, 2 * size - size / 2));
                    memset(block, 0xFF, 2 * size);
                    CHECK(arena_alloc_aligned(region, 1, 1) != NULL);
                    block = arena_realloc(region, block, 2 * size, 3 * size, 64);
                    CHECK(block != NULL && filled_with(block, 0xFF, 2 * size));
                    CHECK(filled_with(block + 2 * size, 0, size));
                }
            }
            CHECK_OK(arena_scope_exit(region, scope));
        }
        arena_free(region);
    }
}

static void texts(void)
{
    arena *region = default_arena();
    char *one = arena_strndup(region, "", 0);
    char *two = arena_strndup(region, "some text", 4);
    char *three = arena_strndup(region, "a\0b", 3);
    CHECK(one != NULL && one[0] == '\0');
    CHECK_BYTES("some", two, 5);
    CHECK_BYTES("a\0b", three, 4);
    if (!with_red_zones)
        CHECK_EQUAL(10, used_of(region));
    arena_free(region);
}

static void errors(void)
{
    arena_options options = {.struct_size = sizeof options, .budget = 100};
    arena *region = new_arena(&options);
    CHECK_OK(arena_error(region));
    CHECK(arena_alloc(region, 101) == NULL);
    CHECK(arena_alloc_aligned(region, 1, 3) == NULL);
    CHECK(arena_alloc(region, 50) != NULL);
    CHECK_STATUS(DRYSTONE_OVER_BUDGET, arena_error(region));
    arena_clear_error(region);
    CHECK_OK(arena_error(region));
    CHECK(arena_alloc_aligned(region, 1, 3) == NULL);
    CHECK(arena_alloc(region, 101) == NULL);
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, arena_error(region));
    CHECK_EQUAL(4, stats_of(region).failures);
    /* A refusal is not counted as a failure. */
    CHECK(!arena_free_last(region, &options, 1));
    CHECK_EQUAL(4, stats_of(region).failures);
    CHECK_OK(arena_reset(region, ARENA_RETAIN_ALL, 0));
    CHECK(arena_alloc(region, 100) != NULL);
    arena_free(region);
}

static void knowing_itself(void)
{
    arena_options options = {.struct_size = sizeof options, .initial_chunk = 1024, .max_chunk = 2048};
    arena *region = new_arena(&options);
    arena_statistics_t stats = stats_of(region);
    CHECK(stats.used == 0 && stats.peak == 0 && stats.footprint == 0 && stats.chunks == 0 && stats.spare == 0);
    CHECK(stats.abandoned == 0 && stats.large == 0 && stats.depth == 0 && stats.failures == 0);
    CHECK(!arena_contains(region, &stats) && !arena_contains(region, region));

    char *small = block_of(region, 512);
    CHECK(arena_contains(region, small) && arena_contains(region, small + 511));
    if (!with_red_zones)
        CHECK(!arena_contains(region, small + 512));
    CHECK(!arena_contains(region, small - 64));
    stats = stats_of(region);
    CHECK(stats.used == 512 && stats.peak == 512 && stats.footprint == 1024 && stats.chunks == 1);
    CHECK(stats.spare == 0 && stats.abandoned == 0 && stats.large == 0);

    arena_scope scope = enter(region, ARENA_NO_BUDGET);
    char *large = block_of(region, 10000);
    CHECK(arena_contains(region, large + 9999) && arena_contains(region, small));
    stats = stats_of(region);
    CHECK(stats.used == 10512 && stats.peak == 10512 && stats.chunks == 2 && stats.large == 1 && stats.depth == 1);
    CHECK(stats.footprint > 11000 && stats.footprint < 11200);
    CHECK(stats.abandoned > 0 && stats.abandoned <= 512);
    CHECK_OK(arena_scope_exit(region, scope));
    CHECK(!arena_contains(region, large) && arena_contains(region, small));
    size_t footprint = stats.footprint;
    stats = stats_of(region);
    CHECK(stats.used == 512 && stats.peak == 10512 && stats.chunks == 1 && stats.large == 0 && stats.depth == 0);
    CHECK(stats.footprint == footprint && stats.spare == footprint - 1024 && stats.abandoned == 0);

    CHECK_OK(arena_trim(region, footprint));
    CHECK_EQUAL(footprint, stats_of(region).footprint);
    CHECK_OK(arena_trim(region, 0));
    CHECK_EQUAL(1024, stats_of(region).footprint);
    CHECK(filled_with(small, 0xA5, 512));
    arena_free(region);
}

static void in_three_chunks(arena *region)
{
    block_of(region, 100);
    block_of(region, 1900);
    block_of(region, 20000);
}

static void resets(void)
{
    struct counting *counting = calloc(1, sizeof *counting);
    arena_backing backing = {counting_alloc, counting_free, counting};
    arena_options options = {
        .struct_size = sizeof options, .initial_chunk = 256, .max_chunk = 4096, .backing = &backing};
    arena *region = new_arena(&options);
    for (int round = 0; round < 3; round += 1) {
        in_three_chunks(region);
        size_t full = stats_of(region).footprint;
        arena_scope scope = enter(region, 10);
        CHECK_OK(arena_reset(region, ARENA_RETAIN_ALL, 77));
        CHECK_STATUS(DRYSTONE_STALE_SCOPE, arena_scope_exit(region, scope));
        CHECK(used_of(region) == 0 && stats_of(region).depth == 0);
        CHECK_EQUAL(full, stats_of(region).footprint);
        size_t requests = counting->requests;
        in_three_chunks(region);
        CHECK_EQUAL(requests, counting->requests);

        CHECK_OK(arena_reset(region, ARENA_RETAIN_LARGEST, 0));
        CHECK(stats_of(region).footprint >= 20000 && stats_of(region).footprint < 21000);
        block_of(region, 20000);
        CHECK_EQUAL(requests, counting->requests);

        CHECK_OK(arena_reset(region, ARENA_RETAIN_LIMIT, 20000));
        CHECK_EQUAL(0, stats_of(region).footprint);
        in_three_chunks(region);
        CHECK_OK(arena_reset(region, ARENA_RETAIN_LIMIT, 5000));
        size_t kept = stats_of(region).footprint;
        CHECK(kept > 0 && kept <= 5000);
        CHECK_OK(arena_reset(region, ARENA_RETAIN_LIMIT, kept));
        CHECK_EQUAL(kept, stats_of(region).footprint);
        CHECK_OK(arena_reset(region, ARENA_RETAIN_LIMIT, 0));
        CHECK_EQUAL(0, stats_of(region).footprint);

        in_three_chunks(region);
        CHECK_OK(arena_reset(region, ARENA_RETAIN_NONE, SIZE_MAX));
        CHECK_EQUAL(0, stats_of(region).footprint);
        CHECK_EQUAL(1, counting->blocks);
    }
    in_three_chunks(region);
    for (int retain = -3; retain < 10; retain += 1)
        if (retain < ARENA_RETAIN_ALL || retain > ARENA_RETAIN_NONE)
            CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, arena_reset(region, retain, 0));
    CHECK_EQUAL(22000, used_of(region) / 100 * 100);
    arena_free(region);
    CHECK(counting->blocks == 0 && counting->bytes == 0);
    free(counting);
}

static void scrubbed(void)
{
    struct counting *counting = calloc(1, sizeof *counting);
    arena_backing backing = {counting_alloc, counting_free, counting};
    arena_options options = {.struct_size = sizeof options, .flags = ARENA_SCRUB, .backing = &backing};
    arena *region = new_arena(&options);
    for (int way = 0; way < 7; way += 1) {
        arena_scope scope = enter(region, ARENA_NO_BUDGET);
        char *small = block_of(region, 1000);
        char *block = block_of(region, 2000);
        char *outer = block;
        if (way == 0)
            CHECK_OK(arena_scope_exit(region, scope));
        if (way == 1)
            CHECK_OK(arena_scope_rewind(region, scope));
        if (way == 2)
            CHECK_OK(arena_reset(region, ARENA_RETAIN_ALL, 0));
        if (way == 3)
            CHECK(arena_free_last(region, block, 2000));
        if (way == 4)
            CHECK(arena_realloc(region, block, 2000, 0, 16) == block);
        if (way == 5)
            CHECK(arena_try_extend(region, block, 2000, 0));
        if (way == 6) {
            /* Moved to another chunk; its old bytes are freed. */
            outer = arena_realloc(region, block, 2000, 100000, 16);
            CHECK(outer != NULL && outer != block && filled_with(outer, 0xA5, 2000));
        }
        /* The sanitizer reports reads of freed bytes. */
        if (!with_red_zones) {
            CHECK(filled_with(block, 0xDD, 2000));
            CHECK(filled_with(small, way <= 2 ? 0xDD : 0xA5, 1000));
        }
        CHECK_OK(arena_reset(region, ARENA_RETAIN_ALL, 0));
    }
    arena_free(region);
    CHECK_EQUAL(0, counting->blocks);
    free(counting);
}

/* Blocks of two arenas never share a byte; nor do those of one. */
static void apart(void)
{
    enum { COUNT = 400 };
    struct {
        unsigned char *block;
        size_t size;
    } blocks[COUNT];
    struct random source = random_of(88172645463325252u);
    arena *regions[2] = {default_arena(), default_arena()};
    for (size_t number = 0; number < COUNT; number += 1) {
        blocks[number].size = (size_t)(random_next(&source) % 3000);
        blocks[number].block =
            arena_alloc_aligned(regions[number % 2], blocks[number].size, (size_t)1 << random_next(&source) % 8);
        CHECK(blocks[number].block != NULL);
        memset(blocks[number].block, (int)(number % 251), blocks[number].size);
        CHECK(blocks[number].size == 0 || arena_contains(regions[number % 2], blocks[number].block));
        CHECK(!arena_contains(regions[1 - number % 2], blocks[number].block));
    }
    for (size_t number = 0; number < COUNT; number += 1)
        CHECK(filled_with(blocks[number].block, (int)(number % 251), blocks[number].size));
    arena_free(regions[0]);
    for (size_t number = 1; number < COUNT; number += 2)
        CHECK(filled_with(blocks[number].block, (int)(number % 251), blocks[number].size));
    arena_free(regions[1]);
}

static int cleanups_run;

static void count_cleanup(void *context)
{
    *(int *)context += 1;
}

static void fixed_arenas(void)
{
    static _Alignas(64) unsigned char buffer[8192];
    /* At every address and with every length: refused, or an arena that stays within its bytes. */
    for (size_t offset = 0; offset <= 16; offset += 1) {
        size_t smallest = 0;
        for (size_t length = 0; length < 3000; length += 1) {
            arena *region = NULL;
            memset(buffer, 0x77, sizeof buffer);
            if (arena_new_fixed(buffer + offset, length, &region) != DRYSTONE_OK) {
                CHECK(region == NULL && smallest == 0);
                CHECK(filled_with(buffer, 0x77, sizeof buffer));
                continue;
            }
            if (smallest == 0)
                smallest = length;
            unsigned char *block = NULL;
            size_t count = 0;
            while ((block = arena_alloc(region, 16)) != NULL) {
                CHECK(block >= buffer + offset && block + 16 <= buffer + offset + length);
                memset(block, 0x33, 16);
                count += 1;
            }
            CHECK_STATUS(DRYSTONE_NO_MEMORY, arena_error(region));
            CHECK_EQUAL(16 * count, used_of(region));
            CHECK(with_red_zones || count >= (length - smallest) / 16);
            arena_free(region);
            CHECK(filled_with(buffer, 0x77, offset));
            CHECK(filled_with(buffer + offset + length, 0x77, sizeof buffer - offset - length));
        }
        CHECK(smallest > 0 && smallest < 1300);
    }
    arena *none = NULL;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, arena_new_fixed(buffer, SIZE_MAX, &none));
    CHECK(none == NULL);

    /* Any number of blocks, as each is freed. */
    arena *region = fixed_arena(buffer, sizeof buffer);
    size_t rounds = test_size(1000000, 10000);
    for (size_t round = 0; round < rounds; round += 1) {
        size_t size = round % 1000;
        void *block = arena_alloc(region, size);
        if (block == NULL || !arena_free_last(region, block, size))
            CHECK(false);
    }
    CHECK(used_of(region) == 0 && stats_of(region).failures == 0);

    /* Cleanups are stored in the same bytes, and use up the space. */
    cleanups_run = 0;
    int added = 0;
    arena_scope scope = enter(region, ARENA_NO_BUDGET);
    while (arena_add_cleanup(region, count_cleanup, &cleanups_run) == DRYSTONE_OK)
        added += 1;
    CHECK_STATUS(DRYSTONE_NO_MEMORY, arena_add_cleanup(region, count_cleanup, &cleanups_run));
    CHECK(added > 100);
    CHECK_OK(arena_scope_exit(region, scope));
    CHECK_EQUAL(added, cleanups_run);
    for (int again = 0; again < added; again += 1)
        CHECK_OK(arena_add_cleanup(region, count_cleanup, &cleanups_run));
    arena_free(region);
    CHECK_EQUAL(2 * added, cleanups_run);

    /* Sixteen scopes need no allocator. */
    region = fixed_arena(buffer, sizeof buffer);
    for (int level = 0; level < 16; level += 1)
        enter(region, 100);
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, arena_scope_enter(region, 100, &scope));
    for (int retain = ARENA_RETAIN_ALL; retain <= ARENA_RETAIN_NONE; retain += 1) {
        block_of(region, 16);
        CHECK_OK(arena_reset(region, retain, 0));
        CHECK_OK(arena_trim(region, 0));
        CHECK_EQUAL(0, used_of(region));
    }
    block_of(region, 1024);
    arena_free(region);
}

static void options_refused(void)
{
    arena *made = NULL;
    arena_options options = {.struct_size = sizeof options};
    for (size_t size = 0; size < sizeof options; size += 1) {
        options.struct_size = size;
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, arena_new(&options, &made));
    }
    options.struct_size = sizeof options;
    for (uint32_t bit = 3; bit < 32; bit += 1) {
        options.flags = (uint32_t)1 << bit;
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, arena_new(&options, &made));
    }
    options.flags = 0;
    arena_backing backing = {counting_alloc, NULL, NULL};
    options.backing = &backing;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, arena_new(&options, &made));
    backing = (arena_backing){NULL, counting_free, NULL};
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, arena_new(&options, &made));
    CHECK(made == NULL);

    /* A later version's struct is larger. */
    struct {
        arena_options options;
        char more[64];
    } later;
    memset(&later, 0, sizeof later);
    later.options.struct_size = sizeof later;
    CHECK_OK(arena_new(&later.options, &made));
    arena_free(made);

    /* Arbitrary numbers are clamped to the possible range. */
    options = (arena_options){.struct_size = sizeof options, .initial_chunk = 1, .max_chunk = 1, .max_depth = UINT32_MAX};
    made = new_arena(&options);
    block_of(made, 1000);
    arena_free(made);
    options = (arena_options){.struct_size = sizeof options, .initial_chunk = SIZE_MAX, .max_chunk = SIZE_MAX};
    made = new_arena(&options);
    block_of(made, 1000);
    arena_free(made);
}

int main(void)
{
    alignments();
    far_sizes();
    empty_blocks();
    zeroed();
    texts();
    errors();
    knowing_itself();
    resets();
    scrubbed();
    apart();
    fixed_arenas();
    options_refused();
    return test_end("arena");
}
