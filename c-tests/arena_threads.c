/* Arenas and threads: an arena that checks its thread, many at once, and scopes that leave other threads' blocks
 * alone. */
#include "arena.h"

#include <pthread.h>

static char *known_block;
static arena_scope known_scope;

/* A thread other than the one that made the arena. */
static void *intrude(void *argument)
{
    arena *region = argument;
    arena_scope scope = 77;
    CHECK(arena_alloc(region, 1) == NULL && arena_alloc(region, 0) == NULL);
    CHECK_STATUS(DRYSTONE_WRONG_THREAD, arena_error(region));
    CHECK(arena_calloc(region, 1, 1) == NULL && arena_strndup(region, "a", 1) == NULL);
    CHECK_STATUS(DRYSTONE_WRONG_THREAD, arena_scope_enter(region, 1, &scope));
    CHECK_EQUAL(77, scope);
    CHECK_STATUS(DRYSTONE_WRONG_THREAD, arena_scope_exit(region, 1));
    CHECK_STATUS(DRYSTONE_WRONG_THREAD, arena_scope_commit(region, 1));
    CHECK_STATUS(DRYSTONE_WRONG_THREAD, arena_scope_rewind(region, 1));
    CHECK_STATUS(DRYSTONE_WRONG_THREAD, arena_reset(region, ARENA_RETAIN_ALL, 0));
    CHECK_STATUS(DRYSTONE_WRONG_THREAD, arena_trim(region, 0));
    CHECK_STATUS(DRYSTONE_WRONG_THREAD, arena_add_cleanup(region, free, NULL));
    CHECK_STATUS(DRYSTONE_WRONG_THREAD, arena_cancel_cleanup(region, free, NULL));
    arena_statistics_t stats = {.struct_size = sizeof stats, .used = 77};
    CHECK_STATUS(DRYSTONE_WRONG_THREAD, arena_statistics(region, &stats));
    CHECK_EQUAL(77, stats.used);
    CHECK(!arena_contains(region, known_block));
    CHECK(arena_scope_used(region, known_scope) == 0 && arena_scope_remaining(region, known_scope) == 0);
    return NULL;
}

static void *end_arena(void *argument)
{
    arena_free(argument);
    return NULL;
}

static void on_thread(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, body, argument));
    CHECK_EQUAL(0, pthread_join(thread, NULL));
}

static void checked(void)
{
    arena_options options = {.struct_size = sizeof options, .flags = ARENA_CHECKED};
    arena *region = new_arena(&options);
    arena_scope scope = enter(region, 1000);
    char *block = block_of(region, 100);
    known_block = block;
    known_scope = scope;
    CHECK(arena_contains(region, known_block));
    on_thread(intrude, region);
    CHECK_STATUS(DRYSTONE_WRONG_THREAD, arena_error(region));
    arena_clear_error(region);
    CHECK(filled_with(block, 0xA5, 100));
    CHECK_EQUAL(100, arena_scope_used(region, scope));
    CHECK_OK(arena_scope_exit(region, scope));
    block_of(region, 100);
    on_thread(end_arena, region);
}

static void *make_checked(void *argument)
{
    arena_options options = {.struct_size = sizeof options, .flags = ARENA_CHECKED};
    arena *region = new_arena(&options);
    known_block = block_of(region, 100);
    known_scope = enter(region, 1000);
    *(arena **)argument = region;
    return NULL;
}

/* The owner has ended, and a later thread has the same address. */
static void checked_after_the_owner(void)
{
    size_t rounds = test_size(200, 20);
    for (size_t round = 0; round < rounds; round += 1) {
        arena *region = NULL;
        on_thread(make_checked, &region);
        on_thread(intrude, region);
        CHECK(filled_with(known_block, 0xA5, 100));
        arena_free(region);
    }
}

struct decoder {
    arena *region;
    mem_limit *limit;
    size_t rounds;
    size_t seed;
};

static void *decode(void *argument)
{
    const struct decoder *decoder = argument;
    for (size_t round = 0; round < decoder->rounds; round += 1)
        decode_module(decoder->region, decoder->seed + round);
    return NULL;
}

/* Each thread repeatedly makes and frees its own arena; all share one limit. */
static void *make_and_end(void *argument)
{
    const struct decoder *decoder = argument;
    arena_options options = {.struct_size = sizeof options, .shared = decoder->limit};
    for (size_t round = 0; round < decoder->rounds; round += 1) {
        arena *region = new_arena(&options);
        decode_module(region, decoder->seed + round);
        CHECK(mem_limit_used(decoder->limit) >= stats_of(region).footprint);
        if (round % 2 == 0)
            CHECK_OK(arena_reset(region, ARENA_RETAIN_NONE, 0));
        arena_free(region);
    }
    return NULL;
}

static void threads(void)
{
    enum { THREADS = 4 };
    struct decoder decoders[THREADS];
    pthread_t running[THREADS];
    mem_limit *limit = NULL;
    CHECK_OK(mem_limit_new(THREADS << 20, &limit));
    for (int way = 0; way < 2; way += 1) {
        for (size_t number = 0; number < THREADS; number += 1) {
            decoders[number] = (struct decoder){default_arena(), limit, test_size(50, 2), number * 1000};
            CHECK_EQUAL(0, pthread_create(&running[number], NULL, way == 0 ? decode : make_and_end,
                                          &decoders[number]));
        }
        for (size_t number = 0; number < THREADS; number += 1) {
            CHECK_EQUAL(0, pthread_join(running[number], NULL));
            CHECK_EQUAL(0, used_of(decoders[number].region));
            arena_free(decoders[number].region);
        }
    }
    CHECK_EQUAL(0, mem_limit_used(limit));
    mem_limit_free(limit);
}

/* Leaving a scope on one thread leaves the blocks of the other alone; the threads take turns, so that this can be
 * checked. */
struct turn {
    arena *region;
    arena_scope scope;
    pthread_barrier_t *barrier;
};

static void *leave_in_turn(void *argument)
{
    struct turn *turn = argument;
    turn->scope = enter(turn->region, ARENA_NO_BUDGET);
    block_of(turn->region, 50000);
    pthread_barrier_wait(turn->barrier);
    CHECK_OK(arena_scope_exit(turn->region, turn->scope));
    memset(block_of(turn->region, 50000), 0x11, 50000);
    pthread_barrier_wait(turn->barrier);
    return NULL;
}

static void turns(void)
{
    pthread_barrier_t barrier;
    pthread_t thread;
    CHECK_EQUAL(0, pthread_barrier_init(&barrier, NULL, 2));
    struct turn turn = {default_arena(), 0, &barrier};
    arena *mine = default_arena();
    arena_scope scope = enter(mine, ARENA_NO_BUDGET);
    char *block = block_of(mine, 50000);
    CHECK_EQUAL(0, pthread_create(&thread, NULL, leave_in_turn, &turn));
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    CHECK(filled_with(block, 0xA5, 50000));
    CHECK_STATUS(DRYSTONE_STALE_SCOPE, arena_scope_exit(mine, turn.scope));
    CHECK_OK(arena_scope_exit(mine, scope));
    CHECK_EQUAL(0, pthread_join(thread, NULL));
    CHECK_EQUAL(0, pthread_barrier_destroy(&barrier));
    arena_free(mine);
    arena_free(turn.region);
}

int main(void)
{
    checked();
    checked_after_the_owner();
    threads();
    turns();
    return test_end("arena_threads");
}
