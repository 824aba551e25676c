/* Cleanups of arenas: when they run, in which order, and what they see. */
#include "arena.h"

/* Each cleanup appends its name to a text. */
static char order[100];

static void note(void *context)
{
    size_t length = strlen(order);
    CHECK(length + 1 < sizeof order);
    order[length] = *(const char *)context;
    order[length + 1] = '\0';
}

static void note_other(void *context) { note(context); }

static char names[] = "abcdefgh";

static void add(arena *region, char name) { CHECK_OK(arena_add_cleanup(region, note, &names[name - 'a'])); }

static void ran(const char *expected)
{
    if (strcmp(expected, order) != 0)
        fprintf(stderr, "expected «%s», ran «%s»\n", expected, order);
    CHECK(strcmp(expected, order) == 0);
    order[0] = '\0';
}

static void cleanups(void)
{
    arena *region = default_arena();
    add(region, 'a');
    arena_scope outer = enter(region, 100);
    add(region, 'b');
    add(region, 'c');
    CHECK_EQUAL(0, arena_scope_used(region, outer));
    arena_scope inner = enter(region, 100);
    add(region, 'd');
    arena_scope innermost = enter(region, 100);
    add(region, 'e');
    add(region, 'f');
    ran("");
    CHECK_OK(arena_scope_rewind(region, innermost));
    ran("fe");
    CHECK_OK(arena_scope_rewind(region, innermost));
    ran("");
    add(region, 'g');
    /* A kept cleanup runs with the enclosing scope; newest first, children before parents. */
    CHECK_OK(arena_scope_commit(region, innermost));
    ran("");
    CHECK_OK(arena_scope_exit(region, outer));
    ran("gdcb");
    CHECK_STATUS(DRYSTONE_STALE_SCOPE, arena_scope_exit(region, inner));
    ran("");
    add(region, 'h');
    CHECK_OK(arena_reset(region, ARENA_RETAIN_ALL, 0));
    ran("ha");
    add(region, 'a');
    enter(region, 0);
    add(region, 'b');
    arena_free(region);
    ran("ba");

    /* Removing a cleanup: the newest of two equal ones, in every scope, with this function and this context only. */
    region = default_arena();
    add(region, 'a');
    add(region, 'b');
    outer = enter(region, 0);
    add(region, 'c');
    inner = enter(region, 0);
    CHECK_STATUS(DRYSTONE_NOT_FOUND, arena_cancel_cleanup(region, note, &names[7]));
    CHECK_STATUS(DRYSTONE_NOT_FOUND, arena_cancel_cleanup(region, note_other, &names[1]));
    CHECK_OK(arena_cancel_cleanup(region, note, &names[1]));
    CHECK_STATUS(DRYSTONE_NOT_FOUND, arena_cancel_cleanup(region, note, &names[1]));
    CHECK_OK(arena_cancel_cleanup(region, note, &names[2]));
    add(region, 'd');
    add(region, 'e');
    add(region, 'd');
    CHECK_OK(arena_cancel_cleanup(region, note, &names[3]));
    CHECK_OK(arena_scope_exit(region, inner));
    ran("ed");
    CHECK_OK(arena_scope_exit(region, outer));
    ran("");
    CHECK_OK(arena_cancel_cleanup(region, note, &names[0]));
    arena_free(region);
    ran("");
}

/* Many cleanups, round after round: their entries are reused. */
static int counted;

static void count(void *context)
{
    CHECK((uintptr_t)context == (uintptr_t)counted - 1);
    counted -= 1;
}

static void many_cleanups(void)
{
    struct counting *counting = calloc(1, sizeof *counting);
    arena_backing backing = {counting_alloc, counting_free, counting};
    arena_options options = {.struct_size = sizeof options, .backing = &backing};
    arena *region = new_arena(&options);
    size_t requests = 0;
    for (int round = 0; round < 4; round += 1) {
        arena_scope scope = enter(region, 0);
        for (counted = 0; counted < 1000; counted += 1)
            CHECK_OK(arena_add_cleanup(region, count, (void *)(uintptr_t)counted));
        CHECK_OK(arena_scope_exit(region, scope));
        CHECK_EQUAL(0, counted);
        CHECK(round == 0 || counting->requests == requests);
        requests = counting->requests;
    }
    arena_free(region);
    CHECK_EQUAL(0, counting->blocks);
    free(counting);
}

/* During a cleanup the memory is still valid, and the arena refuses every call. */
static struct {
    arena *region;
    arena_scope scope;
    char *block;
    int runs;
} seen;

static void look(void *context)
{
    arena *region = seen.region;
    arena_scope scope = 77;
    CHECK(context == &seen && filled_with(seen.block, 0xA5, 100));
    seen.runs += 1;
    arena_clear_error(region);
    CHECK(arena_alloc(region, 1) == NULL);
    CHECK_STATUS(DRYSTONE_BUSY, arena_error(region));
    CHECK(arena_alloc(region, 0) == NULL && arena_alloc_aligned(region, 1, 64) == NULL);
    CHECK(arena_calloc(region, 1, 1) == NULL && arena_strndup(region, "a", 1) == NULL);
    CHECK(arena_realloc(region, seen.block, 100, 10, 16) == NULL);
    CHECK(arena_realloc(region, NULL, 0, 10, 16) == NULL);
    CHECK(!arena_try_extend(region, seen.block, 100, 101) && !arena_free_last(region, seen.block, 100));
    CHECK_STATUS(DRYSTONE_BUSY, arena_scope_enter(region, 1, &scope));
    CHECK_STATUS(DRYSTONE_BUSY, arena_scope_exit(region, seen.scope));
    CHECK_STATUS(DRYSTONE_BUSY, arena_scope_commit(region, seen.scope));
    CHECK_STATUS(DRYSTONE_BUSY, arena_scope_rewind(region, seen.scope));
    CHECK_STATUS(DRYSTONE_BUSY, arena_reset(region, ARENA_RETAIN_ALL, 0));
    CHECK_STATUS(DRYSTONE_BUSY, arena_trim(region, 0));
    CHECK_STATUS(DRYSTONE_BUSY, arena_add_cleanup(region, look, &seen));
    CHECK_STATUS(DRYSTONE_BUSY, arena_cancel_cleanup(region, look, &seen));
    CHECK(scope == 77 && arena_contains(region, seen.block));
    arena_clear_error(region);
}

static void busy(void)
{
    for (int way = 0; way < 4; way += 1) {
        seen.region = default_arena();
        seen.runs = 0;
        seen.scope = enter(seen.region, ARENA_NO_BUDGET);
        seen.block = block_of(seen.region, 100);
        CHECK_OK(arena_add_cleanup(seen.region, look, &seen));
        CHECK_OK(arena_add_cleanup(seen.region, look, &seen));
        if (way == 0)
            CHECK_OK(arena_scope_exit(seen.region, seen.scope));
        if (way == 1)
            CHECK_OK(arena_scope_rewind(seen.region, seen.scope));
        if (way == 2)
            CHECK_OK(arena_reset(seen.region, ARENA_RETAIN_NONE, 0));
        if (way < 3) {
            CHECK_EQUAL(2, seen.runs);
            CHECK(arena_alloc(seen.region, 1) != NULL);
            CHECK_OK(arena_error(seen.region));
        }
        arena_free(seen.region);
        CHECK_EQUAL(2, seen.runs);
    }
}

int main(void)
{
    cleanups();
    many_cleanups();
    busy();
    return test_end("arena_cleanups");
}
