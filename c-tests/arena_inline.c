/* The inlined calls behave as the exported calls: two arenas, one for each kind, get the same requests. */
#include <drystone_inline.h>

#include "arena.h"

/* With AddressSanitizer the exported call is used, whatever the compiler. */
#ifdef DRYSTONE_INLINE_CALLS
static const bool calls = true;
#else
static const bool calls = false;
#endif

enum { ROOM = 1 << 16, LEVELS = 16 };

/* The offset of a block in its arena's bytes; -1 for NULL. */
static ptrdiff_t place_in(const unsigned char *bytes, const void *block)
{
    return block == NULL ? -1 : (const unsigned char *)block - bytes;
}

static void same_places(uint64_t seed, size_t operations)
{
    static _Alignas(4096) unsigned char one[ROOM];
    static _Alignas(4096) unsigned char other[ROOM];
    arena *called = fixed_arena(one, ROOM);
    arena *inlined = fixed_arena(other, ROOM);
    arena_scope scopes[2][LEVELS];
    size_t depth = 0;
    struct random source = random_of(seed);
    size_t refused = 0;
    for (size_t operation = 0; operation < operations; operation += 1) {
        uint64_t random = random_next(&source);
        size_t size = (size_t)(random >> 20) & (((size_t)1 << (random >> 8 & 15)) - 1);
        size_t align = (size_t)1 << (random >> 12 & 15) % 13;
        if (random % 61 == 0)
            size = SIZE_MAX - size;
        switch (random % 16) {
        case 0:
            if (depth < LEVELS) {
                size_t budget = random >> 56 < 64 ? (size_t)(random >> 40) & 0xFFFF : ARENA_NO_BUDGET;
                CHECK_OK(arena_scope_enter(called, budget, &scopes[0][depth]));
                CHECK_OK(arena_scope_enter_inline(inlined, budget, &scopes[1][depth]));
                depth += 1;
            }
            break;
        case 1:
            if (depth > 0) {
                /* Now and then an outer scope, which ends those nested in it. */
                depth -= random >> 56 < 32 ? 1 + (size_t)(random >> 40) % depth : 1;
                CHECK_OK(arena_scope_exit(called, scopes[0][depth]));
                CHECK_OK(arena_scope_exit_inline(inlined, scopes[1][depth]));
                CHECK_STATUS(DRYSTONE_STALE_SCOPE, arena_scope_exit_inline(inlined, scopes[1][depth]));
            }
            break;
        case 2:
            if (depth > 0) {
                CHECK_OK(arena_scope_rewind(called, scopes[0][depth - 1]));
                CHECK_OK(arena_scope_rewind(inlined, scopes[1][depth - 1]));
            }
            break;
        case 3: {
            char *mine = arena_alloc(called, size);
            char *theirs = arena_alloc_inline(inlined, size);
            CHECK_EQUAL(place_in(one, mine), place_in(other, theirs));
            CHECK(mine == NULL || (arena_free_last(called, mine, size) && arena_free_last(inlined, theirs, size)));
            break;
        }
        case 4: case 5: case 6: case 7: case 8: {
            void *mine = arena_alloc(called, size);
            CHECK_EQUAL(place_in(one, mine), place_in(other, arena_alloc_inline(inlined, size)));
            refused += mine == NULL;
            break;
        }
        default: {
            void *mine = arena_alloc_aligned(called, size, align);
            CHECK_EQUAL(place_in(one, mine), place_in(other, arena_alloc_aligned_inline(inlined, size, align)));
            CHECK(mine == NULL || (uintptr_t)mine % align == 0);
            refused += mine == NULL;
        }
        }
        arena_statistics_t stats = stats_of(called);
        arena_statistics_t same = stats_of(inlined);
        CHECK(memcmp(&stats, &same, sizeof same) == 0);
        CHECK_EQUAL(arena_error(called), arena_error(inlined));
        if (stats.used > ROOM * 7 / 8 && depth == 0) {
            CHECK_OK(arena_reset(called, ARENA_RETAIN_ALL, 0));
            CHECK_OK(arena_reset(inlined, ARENA_RETAIN_ALL, 0));
        }
    }
    CHECK(refused > 0 && stats_of(called).used <= ROOM);
    arena_free(called);
    arena_free(inlined);
}

/* Modes that must see every block do: zeroing, the thread check, cleanups. */
static arena *region;
static arena_scope outer;

static void refused_in_cleanup(void *context)
{
    CHECK(context == NULL);
    CHECK(arena_alloc_inline(region, 1) == NULL && arena_alloc_inline(region, 0) == NULL);
    CHECK_STATUS(DRYSTONE_BUSY, arena_error(region));
    arena_clear_error(region);
    arena_scope scope = 1;
    CHECK_STATUS(DRYSTONE_BUSY, arena_scope_enter_inline(region, ARENA_NO_BUDGET, &scope));
    CHECK_EQUAL(1, scope);
    CHECK_STATUS(DRYSTONE_BUSY, arena_scope_exit_inline(region, outer));
}

static void no_short_cut(void)
{
    static const uint32_t flags[] = {0, ARENA_CHECKED, ARENA_SCRUB, ARENA_ZERO};
    for (size_t kind = 0; kind < 4; kind += 1) {
        arena_options options = {.struct_size = sizeof options, .flags = flags[kind]};
        region = new_arena(&options);
        /* Before there is any chunk. */
        CHECK(arena_alloc_inline(region, 0) != NULL);
        CHECK(arena_alloc_aligned_inline(region, SIZE_MAX, 4096) == NULL);
        CHECK_STATUS(DRYSTONE_NO_MEMORY, arena_error(region));
        arena_clear_error(region);
        for (int round = 0; round < 3; round += 1) {
            CHECK_OK(arena_scope_enter_inline(region, ARENA_NO_BUDGET, &outer));
            arena_scope scope = enter(region, 20000);
            for (size_t size = 1; size < 3000; size += 97) {
                char *block = arena_alloc_inline(region, size);
                CHECK(block != NULL && (flags[kind] != ARENA_ZERO || filled_with(block, 0, size)));
                memset(block, 0xFF, size);
                if (arena_scope_used(region, scope) > 16000)
                    CHECK_OK(arena_scope_rewind(region, scope));
            }
            CHECK_OK(arena_add_cleanup(region, refused_in_cleanup, NULL));
            CHECK_OK(arena_scope_exit_inline(region, scope));
            CHECK_OK(arena_scope_exit_inline(region, outer));
            CHECK_EQUAL(0, stats_of(region).used);
        }
        arena_free(region);
    }
}

static size_t cleanups;

static void count_cleanup(void *context)
{
    cleanups += context != NULL;
}

/* Leaving a scope restores more than the position: chunks, limits, cleanups, inner scopes. */
static void scopes_restore_everything(void)
{
    for (unsigned what = 0; what < 64; what += 1) {
        arena_options options = {.struct_size = sizeof options, .initial_chunk = 256};
        region = new_arena(&options);
        block_of(region, 112);
        cleanups = 0;
        arena_scope scopes[3];
        for (size_t level = 0; level < 3; level += 1) {
            CHECK_OK(arena_scope_enter_inline(region, level == 1 ? 5000 : ARENA_NO_BUDGET, &scopes[level]));
            char *block = arena_alloc_inline(region, 16);
            CHECK(block != NULL);
            /* At each level alone, and together: another chunk, and a cleanup. */
            if (what >> level & 1)
                CHECK(arena_alloc_inline(region, 1008) != NULL);
            if (what >> (level + 3) & 1)
                CHECK_OK(arena_add_cleanup(region, count_cleanup, &cleanups));
            CHECK(level == 0 || arena_scope_remaining(region, scopes[level]) < 5000);
            CHECK(level > 0 || arena_scope_remaining(region, scopes[0]) == ARENA_NO_BUDGET);
            CHECK_EQUAL(what >> level & 1 ? 1024 : 16, arena_scope_used(region, scopes[level]));
        }
        size_t outermost = what % 3;
        for (size_t level = 3; level-- > outermost;)
            if (level == outermost || what % 2 == 0)
                CHECK_OK(arena_scope_exit_inline(region, scopes[level]));
        if (outermost > 0)
            CHECK_OK(arena_scope_exit_inline(region, scopes[0]));
        for (size_t level = 0; level < 3; level += 1)
            CHECK_STATUS(DRYSTONE_STALE_SCOPE, arena_scope_exit_inline(region, scopes[level]));
        CHECK_EQUAL((what >> 3 & 1) + (what >> 4 & 1) + (what >> 5 & 1), cleanups);
        arena_statistics_t stats = stats_of(region);
        CHECK(stats.used == 112 && stats.chunks == 1 && stats.depth == 0);
        /* No limit remains. */
        CHECK(arena_alloc_inline(region, 100000) != NULL);
        arena_free(region);
    }
}

/* Handles that were never returned: whatever their bits, the innermost scope stays open. */
static void wrong_handles(void)
{
    for (int kind = 0; kind < 4; kind += 1) {
        region = new_arena(NULL);
        arena_scope scope;
        CHECK_STATUS(DRYSTONE_STALE_SCOPE, arena_scope_exit_inline(region, 0));
        CHECK_STATUS(DRYSTONE_STALE_SCOPE, arena_scope_exit_inline(region, UINT64_MAX));
        CHECK_OK(arena_scope_enter_inline(region, kind & 1 ? 1000 : ARENA_NO_BUDGET, &scope));
        if (kind & 2)
            CHECK_OK(arena_add_cleanup(region, count_cleanup, &cleanups));
        for (int bit = 0; bit < 64; bit += 1) {
            CHECK_STATUS(DRYSTONE_STALE_SCOPE, arena_scope_exit_inline(region, scope ^ (uint64_t)1 << bit));
            CHECK_STATUS(DRYSTONE_STALE_SCOPE, arena_scope_exit(region, scope ^ (uint64_t)1 << bit));
            CHECK_STATUS(DRYSTONE_STALE_SCOPE, arena_scope_rewind(region, scope ^ (uint64_t)1 << bit));
        }
        CHECK_STATUS(DRYSTONE_STALE_SCOPE, arena_scope_exit_inline(region, 0));
        /* Nor is the next scope's handle one, as the arena has it; not even without any scope. */
        for (int open = 1; open >= 0; open -= 1) {
            uint64_t current;
            memcpy(&current, (char *)region + offsetof(struct drystone_arena_words, current), sizeof current);
            for (uint64_t marks = current == scope; marks < 4; marks += 1) {
                CHECK_STATUS(DRYSTONE_STALE_SCOPE, arena_scope_exit_inline(region, (current & ~(uint64_t)3) | marks));
                CHECK_STATUS(DRYSTONE_STALE_SCOPE, arena_scope_exit(region, (current & ~(uint64_t)3) | marks));
            }
            if (open != 0)
                CHECK_OK(arena_scope_exit_inline(region, scope));
        }
        arena_free(region);
    }
}

/* More scopes than the arena stores inline, up to the maximum. */
static void deep_scopes(void)
{
    for (uint32_t most = 1; most < 40; most += 1) {
        arena_options options = {.struct_size = sizeof options, .max_depth = most};
        region = new_arena(&options);
        arena_scope scopes[40];
        for (uint32_t level = 0; level < most; level += 1) {
            CHECK_OK(arena_scope_enter_inline(region, ARENA_NO_BUDGET, &scopes[level]));
            CHECK(arena_alloc_inline(region, 32) != NULL);
        }
        CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, arena_scope_enter_inline(region, ARENA_NO_BUDGET, &scopes[most]));
        for (uint32_t level = most; level-- > 0;) {
            CHECK_EQUAL(32 * (level + 1), arena_scope_used(region, scopes[0]));
            CHECK_OK(arena_scope_exit_inline(region, scopes[level]));
        }
        CHECK_EQUAL(0, stats_of(region).used);
        arena_free(region);
    }
}

int main(void)
{
    CHECK(calls == with_red_zones);
    for (uint64_t seed = 1; seed <= 20; seed += 1)
        same_places(seed * 0x9E3779B97F4A7C15u, test_size(20000, 500));
    no_short_cut();
    scopes_restore_everything();
    wrong_handles();
    deep_scopes();
    return test_end("arena_inline");
}
