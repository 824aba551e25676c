/* Empty blocks, which have an address but no bytes; and cases in which the last block must not be mistaken for one. */
#include "arena.h"

/* A block of an outer scope that grows in an inner one gets bytes of the inner scope, never bytes that are handed out
 * again while it has them. */
static void of_an_outer_scope(void)
{
    arena *region = default_arena();
    for (int first = 0; first < 2; first += 1) {
        arena_scope outer = enter(region, ARENA_NO_BUDGET);
        if (first)
            block_of(region, 16);
        char *empty = arena_alloc(region, 0);
        CHECK(empty != NULL);
        arena_scope inner = enter(region, ARENA_NO_BUDGET);
        CHECK(!arena_try_extend(region, empty, 0, 100));
        CHECK(arena_realloc(region, empty, 0, 0, 16) == empty);
        char *grown = arena_realloc(region, empty, 0, 100, 16);
        CHECK(grown != NULL);
        CHECK_EQUAL(100, arena_scope_used(region, inner));
        CHECK_OK(arena_scope_exit(region, inner));
        CHECK_EQUAL(first ? 16 : 0, arena_scope_used(region, outer));
        CHECK(!arena_try_extend(region, empty, 0, 100));
        CHECK_OK(arena_scope_exit(region, outer));
    }
    arena_free(region);
}

/* Outside of all scopes it is not the last block either: the arena cannot know whether the position was below it in
 * between. */
static void below(void)
{
    arena *region = default_arena();
    char *block = block_of(region, 112);
    char *empty = arena_alloc(region, 0);
    CHECK(arena_free_last(region, empty, 0));
    CHECK(arena_free_last(region, block, 112));
    arena_scope scope = enter(region, ARENA_NO_BUDGET);
    block_of(region, 112);
    CHECK(!arena_try_extend(region, empty, 0, 10));
    CHECK_OK(arena_scope_exit(region, scope));
    CHECK(!arena_free_last(region, empty, 0));
    CHECK_EQUAL(0, used_of(region));
    arena_free(region);
}

/* Live blocks never overlap: empty blocks that grow after scopes that used other chunks, and decoded messages. */
static void apart(void)
{
    enum { COUNT = 64 };
    static const char text[] = "{\"list\": [1, 2, 3, 4, 5, 6, 7, 8, \"text\", {}], \"empty\": [], \"\": \"\"}";
    struct {
        unsigned char *block;
        size_t size;
    } blocks[COUNT];
    blob *message = NULL;
    CHECK_OK(wota_from_json(text, sizeof text - 1, NULL, &message, NULL));
    struct random source = random_of(0x9E3779B97F4A7C15u);
    size_t rounds = test_size(3000, 200);
    for (size_t round = 0; round < rounds; round += 1) {
        arena_options options = {.struct_size = sizeof options, .initial_chunk = 256, .max_chunk = 1024};
        arena *region = new_arena(&options);
        size_t count = 0;
        for (int step = 0; step < 100 && count < COUNT; step += 1) {
            uint64_t random = random_next(&source);
            size_t size = random >> 8 & 1 ? 0 : (size_t)(random >> 16 & 63);
            switch (random % 6) {
            case 0: case 1:
                blocks[count].block = arena_alloc(region, size);
                blocks[count].size = size;
                CHECK(blocks[count].block != NULL);
                memset(blocks[count].block, (int)count, size);
                count += 1;
                break;
            case 2: {
                arena_scope scope = enter(region, ARENA_NO_BUDGET);
                CHECK(arena_alloc(region, (size_t)(random >> 20 & 4095)) != NULL);
                CHECK_OK(arena_scope_exit(region, scope));
                break;
            }
            case 3: {
                arena_scope scope = enter(region, ARENA_NO_BUDGET);
                const wota_value *root = NULL;
                CHECK_OK(wota_decode(message, region, &root));
                CHECK_OK(arena_scope_exit(region, scope));
                break;
            }
            default:
                if (count > 0) {
                    size_t which = (size_t)(random >> 24) % count;
                    unsigned char *block = arena_realloc(region, blocks[which].block, blocks[which].size, size, 16);
                    CHECK(block != NULL);
                    memset(block, (int)which, size);
                    blocks[which].block = block;
                    blocks[which].size = size;
                }
            }
            for (size_t which = 0; which < count; which += 1)
                CHECK(filled_with(blocks[which].block, (int)which, blocks[which].size));
        }
        arena_free(region);
    }
    blob_destroy(message);
}

/* The shortest case that once failed: an empty block in the first chunk, and a scope that used another one. */
static void after_another_chunk(void)
{
    arena *region = default_arena();
    char *empty = arena_alloc(region, 0);
    arena_scope scope = enter(region, ARENA_NO_BUDGET);
    CHECK(arena_alloc(region, 100000) != NULL);
    CHECK_OK(arena_scope_exit(region, scope));
    char *small = block_of(region, 8);
    char *grown = arena_realloc(region, empty, 0, 100, 16);
    CHECK(grown != NULL);
    memset(grown, 0x11, 100);
    CHECK(filled_with(small, 0xA5, 8));
    arena_free(region);
}

/* Without a chunk, it points into the arena itself. */
static void of_a_fresh_arena(void)
{
    for (int scoped = 0; scoped < 2; scoped += 1) {
        arena *region = default_arena();
        if (scoped)
            enter(region, 0);
        char *empty = arena_alloc(region, 0);
        CHECK((uintptr_t)empty % 16 == 0);
        if (!with_red_zones)
            CHECK(empty > (char *)region && empty < (char *)region + 2000);
        CHECK(!arena_contains(region, empty));
        CHECK_EQUAL(0, used_of(region));
        arena_free(region);
    }
}

/* For a larger alignment the last block moves within its chunk, possibly over its own bytes, and keeps its content. */
static void to_a_larger_alignment(void)
{
    for (size_t more = 0; more < 200; more += 20) {
        arena *region = default_arena();
        char *block = block_of(region, 100);
        while ((uintptr_t)block % 32 != 16) {
            CHECK(arena_free_last(region, block, 100));
            block_of(region, 16);
            block = block_of(region, 100);
        }
        for (int place = 0; place < 100; place += 1)
            block[place] = (char)place;
        size_t size = 20 + more;
        char *moved = arena_realloc(region, block, 100, size, 32);
        CHECK(moved != NULL && (uintptr_t)moved % 32 == 0);
        if (!with_red_zones)
            CHECK(moved == block + 16);
        for (size_t place = 0; place < 100 && place < size; place += 1)
            CHECK_EQUAL(place, moved[place]);
        arena_free(region);
    }
}

int main(void)
{
    of_an_outer_scope();
    below();
    apart();
    after_another_chunk();
    of_a_fresh_arena();
    to_a_larger_alignment();
    return test_end("arena_empty");
}
