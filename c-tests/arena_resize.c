/* The last block: grown, shrunk, freed and moved; and blocks that are not the last one. */
#include "arena.h"

/* The last block moves to an address with a stricter alignment, which may overlap the old one. */
static void realigned(void)
{
    static const uint32_t flags[] = {0, ARENA_ZERO, ARENA_SCRUB, ARENA_ZERO | ARENA_SCRUB};
    for (int kind = 0; kind < 4; kind += 1) {
        arena_options options = {.struct_size = sizeof options, .flags = flags[kind]};
        for (size_t offset = 0; offset < 64; offset += 1) {
            for (size_t size = 1; size < 300; size += 49) {
                for (size_t new_size = 0; new_size < 300; new_size += 33) {
                    arena *region = new_arena(&options);
                    CHECK(arena_alloc_aligned(region, 1, 64) != NULL);
                    CHECK(arena_alloc_aligned(region, offset, 1) != NULL);
                    unsigned char *block = arena_alloc_aligned(region, size, 1);
                    for (size_t place = 0; place < size; place += 1)
                        block[place] = (unsigned char)(place + 1);
                    block = arena_realloc(region, block, size, new_size, 64);
                    CHECK(block != NULL && (uintptr_t)block % 64 == 0);
                    for (size_t place = 0; place < size && place < new_size; place += 1)
                        CHECK_EQUAL((unsigned char)(place + 1), block[place]);
                    if (options.flags & ARENA_ZERO && new_size > size)
                        CHECK(filled_with(block + size, 0, new_size - size));
                    arena_free(region);
                }
            }
        }
    }
}

/* The last block, outside of all scopes: grown, shrunk and freed in place; any other block is copied or refused. */
static void last_block(void)
{
    arena *region = default_arena();
    char *first = block_of(region, 32);
    CHECK(arena_try_extend(region, first, 32, 100));
    CHECK(filled_with(first, 0xA5, 32));
    memset(first, 0xA5, 100);
    CHECK_EQUAL(100, used_of(region));
    /* A size that is not the block's: with red zones only clear mismatches are detected. */
    size_t wrong = with_red_zones ? 16 : 1;
    CHECK(!arena_try_extend(region, first, 100 - wrong, 200));
    CHECK(!arena_try_extend(region, first, 100 + wrong, 200));
    CHECK(!arena_free_last(region, first, 100 - wrong));
    CHECK(!arena_free_last(region, first + 16, 100));
    CHECK(!arena_try_extend(region, first, 100, 1 << 20));
    CHECK(arena_try_extend(region, first, 100, 16));
    CHECK_EQUAL(16, used_of(region));
    CHECK(arena_realloc(region, first, 16, 64, 16) == first);
    CHECK_EQUAL(64, used_of(region));
    CHECK(arena_realloc(region, first, 64, 48, 16) == first);
    CHECK(filled_with(first, 0xA5, 16));
    memset(first, 0x11, 48);

    char *second = block_of(region, 16);
    CHECK_EQUAL(64, used_of(region));
    CHECK(!arena_try_extend(region, first, 48, 64));
    CHECK(!arena_try_extend(region, first, 48, 16));
    CHECK(!arena_free_last(region, first, 48));
    CHECK(arena_realloc(region, first, 48, 16, 16) == first);
    CHECK_EQUAL(64, used_of(region));
    char *copy = arena_realloc(region, first, 16, 32, 16);
    CHECK(copy != NULL && copy != first && copy != second);
    CHECK(filled_with(copy, 0x11, 16) && filled_with(first, 0x11, 16) && filled_with(second, 0xA5, 16));
    CHECK(arena_free_last(region, copy, 32));
    CHECK_EQUAL(64, used_of(region));
    CHECK(!arena_free_last(region, copy, 32));
    CHECK(arena_free_last(region, second, 16));
    CHECK_EQUAL(48, used_of(region));
    CHECK_OK(arena_error(region));
    CHECK_EQUAL(0, stats_of(region).failures);
    arena_free(region);
}

/* A block keeps its content while it moves from chunk to chunk. */
static void growing(void)
{
    arena_options options = {.struct_size = sizeof options, .initial_chunk = 256, .max_chunk = 4096};
    arena *region = new_arena(&options);
    arena_scope scope = enter(region, ARENA_NO_BUDGET);
    unsigned char *numbers = NULL;
    size_t size = 0;
    while (size < 100000) {
        size_t larger = size + size / 3 + 1;
        numbers = arena_realloc(region, numbers, size, larger, 16);
        CHECK(numbers != NULL);
        for (; size < larger; size += 1)
            numbers[size] = (unsigned char)(size % 251);
    }
    for (size_t place = 0; place < size; place += 1)
        if (numbers[place] != place % 251)
            CHECK_EQUAL(place, numbers[place]);
    CHECK_EQUAL(size, arena_scope_used(region, scope));
    CHECK_OK(arena_scope_exit(region, scope));
    CHECK_EQUAL(0, used_of(region));
    arena_free(region);
}

/* In an inner scope a block of an outer one is never the last, wherever it ends. */
static void outer_blocks(void)
{
    for (size_t size = 0; size < 100; size += 11) {
        arena *region = default_arena();
        arena_scope outer = enter(region, ARENA_NO_BUDGET);
        char *block = block_of(region, size + 16);
        arena_scope inner = enter(region, ARENA_NO_BUDGET);
        CHECK(!arena_try_extend(region, block, size + 16, size + 17));
        CHECK(!arena_try_extend(region, block, size + 16, size));
        CHECK(!arena_free_last(region, block, size + 16));
        CHECK(arena_realloc(region, block, size + 16, size + 8, 1) == block);
        CHECK_EQUAL(0, arena_scope_used(region, inner));
        char *copy = arena_realloc(region, block, size + 16, size + 64, 16);
        CHECK(copy != NULL && copy != block && filled_with(copy, 0xA5, size + 16));
        memset(copy, 0x11, size + 64);
        CHECK(filled_with(block, 0xA5, size + 16));
        CHECK(arena_realloc(region, copy, size + 64, size + 80, 16) == copy);
        CHECK(arena_free_last(region, copy, size + 80));
        CHECK_OK(arena_scope_exit(region, inner));
        CHECK_EQUAL(size + 16, arena_scope_used(region, outer));
        CHECK(filled_with(block, 0xA5, size + 16));
        /* It is the last block again when the inner scope has ended. */
        CHECK(arena_try_extend(region, block, size + 16, size + 48));
        CHECK(arena_free_last(region, block, size + 48));
        CHECK_OK(arena_scope_exit(region, outer));
        arena_free(region);
    }
}

int main(void)
{
    realigned();
    last_block();
    growing();
    outer_blocks();
    return test_end("arena_resize");
}
