/* Scopes of arenas: what leaving, keeping and rewinding them frees, and every kind of wrong handle. */
#include "arena.h"

#include <setjmp.h>

/* What a program can observe of an arena's position. */
static void *position_of(arena *region)
{
    char *block = arena_alloc_aligned(region, 1, 1);
    CHECK(block != NULL && arena_free_last(region, block, 1));
    return block;
}

static void leaving_restores(void)
{
    for (int chunks = 0; chunks < 2; chunks += 1) {
        arena *region = default_arena();
        /* The first block allocates the first chunk; there is no position before. */
        arena_scope scope = enter(region, ARENA_NO_BUDGET);
        block_of(region, 16);
        CHECK_OK(arena_scope_exit(region, scope));
        if (chunks == 1)
            block_of(region, 48);
        void *before = position_of(region);
        size_t used = used_of(region);
        void *first = NULL;
        for (int round = 0; round < 5; round += 1) {
            scope = enter(region, 4000);
            CHECK(position_of(region) == before);
            CHECK_EQUAL(4000, arena_scope_remaining(region, scope));
            char *block = block_of(region, 100);
            CHECK(block >= (char *)before);
            CHECK(round == 0 || block == first);
            first = block;
            CHECK_EQUAL(100, arena_scope_used(region, scope));
            CHECK_EQUAL(3900, arena_scope_remaining(region, scope));
            if (round % 2 == 1)
                block_of(region, 3000);
            CHECK_OK(arena_scope_exit(region, scope));
            CHECK(position_of(region) == before);
            CHECK_EQUAL(used, used_of(region));
        }
        /* An empty scope changes nothing. */
        arena_statistics_t stats = stats_of(region);
        CHECK_OK(arena_scope_exit(region, enter(region, 0)));
        CHECK_OK(arena_scope_exit(region, enter(region, ARENA_NO_BUDGET)));
        CHECK_OK(arena_scope_commit(region, enter(region, 7)));
        arena_statistics_t after = stats_of(region);
        CHECK(memcmp(&stats, &after, sizeof after) == 0 && position_of(region) == before);
        arena_free(region);
    }
}

static void any_size(void)
{
    arena *region = default_arena();
    for (size_t size = 0; size <= (size_t)32 << 20; size = size * 2 + 1) {
        for (int round = 0; round < 3; round += 1) {
            arena_scope scope = enter(region, ARENA_NO_BUDGET);
            char *block = arena_alloc(region, size);
            CHECK(block != NULL);
            if (size != 0)
                block[0] = block[size - 1] = 1;
            CHECK_EQUAL(size, arena_scope_used(region, scope));
            CHECK_OK(arena_scope_exit(region, scope));
            CHECK_EQUAL(0, used_of(region));
        }
    }
    arena_free(region);
}

static void nested(void)
{
    arena *region = default_arena();
    arena_scope outer = enter(region, 1000);
    char *first = block_of(region, 96);
    arena_scope inner = enter(region, ARENA_NO_BUDGET);
    CHECK_EQUAL(904, arena_scope_remaining(region, inner));
    char *second = block_of(region, 512);
    CHECK(second > first && second >= first + 96);
    CHECK_EQUAL(512, arena_scope_used(region, inner));
    CHECK_EQUAL(608, arena_scope_used(region, outer));
    CHECK_EQUAL(392, arena_scope_remaining(region, outer));
    memset(second, 0x5A, 512);
    CHECK_OK(arena_scope_exit(region, inner));
    CHECK_EQUAL(96, arena_scope_used(region, outer));
    CHECK_EQUAL(904, arena_scope_remaining(region, outer));
    CHECK(filled_with(first, 0xA5, 96));
    CHECK(block_of(region, 16) == second);
    CHECK_OK(arena_scope_exit(region, outer));
    arena_free(region);
}

static void deep(void)
{
    struct counting *counting = calloc(1, sizeof *counting);
    arena_backing backing = {counting_alloc, counting_free, counting};
    arena_options options = {.struct_size = sizeof options, .backing = &backing};
    static const size_t depths[] = {1, 15, 16, 17, 32, 33, 1000, 1024};
    static arena_scope scopes[1024];
    for (size_t place = 0; place < sizeof depths / sizeof depths[0]; place += 1) {
        size_t depth = depths[place];
        arena *region = new_arena(&options);
        size_t requests = counting->requests;
        for (size_t level = 0; level < depth; level += 1) {
            scopes[level] = enter(region, ARENA_NO_BUDGET);
            if (depth <= 16)
                CHECK_EQUAL(requests, counting->requests);
        }
        CHECK_EQUAL(depth, stats_of(region).depth);
        for (size_t level = 0; level < depth; level += 1)
            block_of(region, 16);
        if (depth == 1024)
            CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, arena_scope_enter(region, 0, &scopes[0]));
        for (size_t level = 0; level < depth; level += 1)
            CHECK_EQUAL(16 * depth, arena_scope_used(region, scopes[level]));
        for (size_t level = depth; level > 0; level -= 1)
            CHECK_OK(arena_scope_exit(region, scopes[level - 1]));
        CHECK(used_of(region) == 0 && stats_of(region).depth == 0);
        arena_free(region);
        CHECK_EQUAL(0, counting->blocks);
    }
    options.max_depth = 3;
    arena *region = new_arena(&options);
    arena_scope scope = 77;
    for (int level = 0; level < 3; level += 1)
        enter(region, 0);
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, arena_scope_enter(region, 0, &scope));
    CHECK_EQUAL(77, scope);
    arena_free(region);
    free(counting);
}

/* Five nested scopes, ended in every order: an outer one ends the inner ones too. */
static void orders(void)
{
    for (int order = 0; order < 5 * 5 * 5 * 5 * 5; order += 1) {
        arena_scope scopes[5];
        arena *region = default_arena();
        for (size_t level = 0; level < 5; level += 1) {
            scopes[level] = enter(region, ARENA_NO_BUDGET);
            block_of(region, 1600);
        }
        size_t open = 5;
        for (int step = 0, rest = order; step < 5; step += 1, rest /= 5) {
            size_t which = (size_t)(rest % 5);
            CHECK_STATUS(which < open ? DRYSTONE_OK : DRYSTONE_STALE_SCOPE, arena_scope_exit(region, scopes[which]));
            open = which < open ? which : open;
            CHECK(stats_of(region).depth == open && used_of(region) == open * 1600);
        }
        arena_free(region);
    }
}

static void stale_handle(arena *region, arena_scope scope)
{
    arena_statistics_t before = stats_of(region);
    CHECK_STATUS(DRYSTONE_STALE_SCOPE, arena_scope_exit(region, scope));
    CHECK_STATUS(DRYSTONE_STALE_SCOPE, arena_scope_commit(region, scope));
    CHECK_STATUS(DRYSTONE_STALE_SCOPE, arena_scope_rewind(region, scope));
    CHECK_EQUAL(0, arena_scope_used(region, scope));
    CHECK_EQUAL(0, arena_scope_remaining(region, scope));
    arena_statistics_t after = stats_of(region);
    CHECK(memcmp(&before, &after, sizeof after) == 0);
}

static void wrong_handles(void)
{
    arena *region = default_arena();
    arena *other = default_arena();
    stale_handle(region, 0);
    stale_handle(region, UINT64_MAX);
    arena_scope outer = enter(region, 1000);
    char *block = block_of(region, 100);
    arena_scope foreign = enter(other, 1000);
    block_of(other, 100);
    CHECK(foreign != outer);
    stale_handle(region, foreign);
    stale_handle(other, outer);
    stale_handle(region, 0);
    stale_handle(region, UINT64_MAX);
    for (int bit = 0; bit < 64; bit += 1)
        stale_handle(region, outer ^ (uint64_t)1 << bit);

    /* Handles used twice, and of a scope whose level is in use again. */
    arena_scope inner = enter(region, 100);
    CHECK_OK(arena_scope_exit(region, inner));
    stale_handle(region, inner);
    arena_scope again = enter(region, 100);
    CHECK(again != inner);
    stale_handle(region, inner);
    CHECK_OK(arena_scope_commit(region, again));
    stale_handle(region, again);

    /* A lost handle: ending the outer scope ends its scope too. */
    arena_scope lost = enter(region, 500);
    block_of(region, 400);
    enter(region, 100);
    CHECK_OK(arena_scope_rewind(region, outer));
    stale_handle(region, lost);
    CHECK_EQUAL(1, stats_of(region).depth);
    CHECK_EQUAL(1000, arena_scope_remaining(region, outer));
    CHECK(block_of(region, 100) == block);
    CHECK_OK(arena_scope_exit(region, outer));
    stale_handle(region, outer);

    /* Old handles stay stale, however many scopes follow. */
    arena_scope old = enter(region, 0);
    CHECK_OK(arena_scope_exit(region, old));
    for (size_t round = test_size(100000, 1000); round > 0; round -= 1) {
        arena_scope fresh = enter(region, 0);
        CHECK(fresh != old);
        CHECK_STATUS(DRYSTONE_STALE_SCOPE, arena_scope_exit(region, old));
        CHECK_OK(arena_scope_exit(region, fresh));
    }
    arena_free(region);
    arena_free(other);
}

_Noreturn static void jump_out(arena *region, jmp_buf *back, int levels)
{
    for (int level = 0; level <= levels; level += 1) {
        enter(region, ARENA_NO_BUDGET);
        block_of(region, 5000);
    }
    longjmp(*back, 1);
}

static void jumping(void)
{
    arena *region = default_arena();
    for (int round = 0; round < 20; round += 1) {
        jmp_buf back;
        arena_scope scope = enter(region, ARENA_NO_BUDGET);
        char *volatile block = block_of(region, 64);
        volatile arena_scope kept = scope;
        if (setjmp(back) == 0)
            jump_out(region, &back, round);
        CHECK(filled_with(block, 0xA5, 64));
        CHECK_OK(arena_scope_exit(region, kept));
        CHECK(used_of(region) == 0 && stats_of(region).depth == 0);
    }
    arena_free(region);
}

static void rewinding(void)
{
    static const uint32_t flags[] = {0, ARENA_SCRUB, ARENA_ZERO};
    for (size_t kind = 0; kind < 3; kind += 1) {
        arena_options options = {.struct_size = sizeof options, .flags = flags[kind]};
        arena *region = new_arena(&options);
        arena_scope outer = enter(region, 100000);
        block_of(region, 112);
        arena_scope inner = enter(region, 50000);
        char *first = NULL;
        for (size_t round = 0; round < 5; round += 1) {
            CHECK_EQUAL(50000, arena_scope_remaining(region, inner));
            CHECK(round < 2 || arena_contains(region, first) == false);
            char *block = block_of(region, 160);
            CHECK(round == 0 || block == first);
            first = block;
            block_of(region, 16000);
            enter(region, 7);
            CHECK_OK(arena_scope_rewind(region, inner));
            CHECK_EQUAL(0, arena_scope_used(region, inner));
            CHECK_EQUAL(112, arena_scope_used(region, outer));
            CHECK_EQUAL(2, stats_of(region).depth);
        }
        FAILED(DRYSTONE_OVER_BUDGET, region, arena_alloc(region, 50001));
        block_of(region, 50000);
        CHECK_OK(arena_scope_rewind(region, outer));
        CHECK_EQUAL(100000, arena_scope_remaining(region, outer));
        block_of(region, 100000);
        CHECK_OK(arena_scope_exit(region, outer));
        arena_free(region);
    }
}

/* A scope that contains everything: rewinding it may put a larger chunk first. */
static void rewinding_all(void)
{
    static const uint32_t flags[] = {0, ARENA_SCRUB, ARENA_ZERO};
    for (size_t kind = 0; kind < 6; kind += 1) {
        arena_options options = {.struct_size = sizeof options, .flags = flags[kind % 3]};
        arena *region = new_arena(&options);
        if (kind >= 3) {
            block_of(region, 16);
            CHECK_OK(arena_reset(region, ARENA_RETAIN_ALL, 0));
        }
        arena_scope scope = enter(region, 1 << 20);
        for (size_t size = 16; size < 500000; size *= 3) {
            block_of(region, size);
            block_of(region, 16);
            CHECK_OK(arena_scope_rewind(region, scope));
            CHECK_OK(arena_trim(region, size % 2 == 0 ? 0 : SIZE_MAX));
            CHECK_EQUAL(0, arena_scope_used(region, scope));
            block_of(region, size * 2);
            CHECK_EQUAL(size * 2, arena_scope_used(region, scope));
            CHECK_OK(arena_scope_rewind(region, scope));
        }
        block_of(region, 16);
        CHECK_OK(arena_trim(region, 0));
        CHECK_OK(arena_scope_exit(region, scope));
        CHECK_EQUAL(0, used_of(region));
        block_of(region, 16);
        arena_free(region);
    }
}

static void keeping(void)
{
    arena *region = default_arena();
    arena_scope outer = enter(region, 1000);
    block_of(region, 96);
    arena_scope inner = enter(region, 500);
    arena_scope innermost = enter(region, 300);
    char *block = block_of(region, 304 - 16);
    FAILED(DRYSTONE_OVER_BUDGET, region, arena_alloc(region, 16));
    /* With a nested scope open, and the budget used to the last byte. */
    CHECK_OK(arena_scope_commit(region, inner));
    stale_handle(region, inner);
    stale_handle(region, innermost);
    CHECK_EQUAL(384, arena_scope_used(region, outer));
    CHECK_EQUAL(616, arena_scope_remaining(region, outer));
    CHECK(filled_with(block, 0xA5, 288));
    /* It is now the outer scope's last block. */
    CHECK(arena_try_extend(region, block, 288, 300));
    CHECK(arena_free_last(region, block, 300));
    CHECK_EQUAL(96, arena_scope_used(region, outer));
    inner = enter(region, ARENA_NO_BUDGET);
    block = block_of(region, 904);
    CHECK_OK(arena_scope_commit(region, inner));
    CHECK_EQUAL(0, arena_scope_remaining(region, outer));
    CHECK_OK(arena_scope_commit(region, outer));
    CHECK_EQUAL(1000, used_of(region));
    CHECK(filled_with(block, 0xA5, 904));
    CHECK_OK(arena_reset(region, ARENA_RETAIN_ALL, 0));
    CHECK_EQUAL(0, used_of(region));
    arena_free(region);
}

int main(void)
{
    leaving_restores();
    any_size();
    nested();
    deep();
    orders();
    wrong_handles();
    jumping();
    rewinding();
    rewinding_all();
    keeping();
    return test_end("arena_scope");
}
