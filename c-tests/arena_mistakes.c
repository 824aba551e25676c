/* Deliberate mistakes with blocks of arenas, one per run, named by the argument: as mistakes.c, but these are flagged
 * only because the library tells the sanitizer about its blocks. An ordinary build of the library does so. */
#include <drystone_inline.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile char sink;

static arena *new_arena(void)
{
    arena *region = NULL;
    if (arena_new(NULL, &region) != DRYSTONE_OK)
        abort();
    return region;
}

static arena_scope enter(arena *region)
{
    arena_scope scope = 0;
    if (arena_scope_enter(region, 10000, &scope) != DRYSTONE_OK)
        abort();
    return scope;
}

static char *block_of(arena *region, size_t size)
{
    char *block = arena_alloc(region, size);
    if (block == NULL)
        abort();
    memset(block, 1, size);
    return block;
}

static void must(bool done)
{
    if (!done)
        abort();
}

static void use_after_exit(void)
{
    arena *region = new_arena();
    arena_scope scope = enter(region);
    char *block = block_of(region, 100);
    must(arena_scope_exit(region, scope) == DRYSTONE_OK);
    sink = block[50];
    arena_free(region);
}

/* In a chunk that the scope itself allocated. */
static void use_after_exit_in_another_chunk(void)
{
    arena *region = new_arena();
    block_of(region, 4000);
    arena_scope scope = enter(region);
    char *block = block_of(region, 6000);
    must(arena_scope_exit(region, scope) == DRYSTONE_OK);
    sink = block[5999];
    arena_free(region);
}

static void use_after_outer_exit(void)
{
    arena *region = new_arena();
    arena_scope scope = enter(region);
    enter(region);
    char *block = block_of(region, 100);
    must(arena_scope_exit(region, scope) == DRYSTONE_OK);
    sink = block[0];
    arena_free(region);
}

static void use_after_rewind(void)
{
    arena *region = new_arena();
    arena_scope scope = enter(region);
    char *block = block_of(region, 100);
    must(arena_scope_rewind(region, scope) == DRYSTONE_OK);
    block[0] = 2;
    arena_free(region);
}

static void use_after_reset(void)
{
    arena *region = new_arena();
    char *block = block_of(region, 100);
    must(arena_reset(region, ARENA_RETAIN_ALL, 0) == DRYSTONE_OK);
    sink = block[99];
    arena_free(region);
}

static void use_after_free_last(void)
{
    arena *region = new_arena();
    char *block = block_of(region, 100);
    must(arena_free_last(region, block, 100));
    sink = block[0];
    arena_free(region);
}

static void use_after_shrinking(void)
{
    arena *region = new_arena();
    char *block = block_of(region, 100);
    must(arena_realloc(region, block, 100, 50, 16) == block);
    sink = block[50];
    arena_free(region);
}

/* The old bytes of the last block after it moved to another chunk. */
static void use_after_moving(void)
{
    arena *region = new_arena();
    char *block = block_of(region, 100);
    must(arena_realloc(region, block, 100, 100000, 16) != block);
    sink = block[0];
    arena_free(region);
}

static void overflow_by_one(void)
{
    arena *region = new_arena();
    char *block = block_of(region, 100);
    block_of(region, 100);
    block[100] = 2;
    arena_free(region);
}

/* Between two blocks that would touch without red zones. */
static void overflow_of_even_size(void)
{
    arena *region = new_arena();
    char *block = block_of(region, 64);
    block_of(region, 64);
    block[64] = 2;
    arena_free(region);
}

static void overflow_inline(void)
{
    arena *region = new_arena();
    block_of(region, 16);
    char *block = arena_alloc_inline(region, 24);
    must(block != NULL);
    sink = block[24];
    arena_free(region);
}

static void empty_block(void)
{
    arena *region = new_arena();
    block_of(region, 16);
    char *block = arena_alloc(region, 0);
    sink = block[0];
    arena_free(region);
}

static void use_after_scrubbing(void)
{
    arena_options options = {.struct_size = sizeof options, .flags = ARENA_SCRUB};
    arena *region = NULL;
    must(arena_new(&options, &region) == DRYSTONE_OK);
    arena_scope scope = enter(region);
    char *block = block_of(region, 100);
    must(arena_scope_exit(region, scope) == DRYSTONE_OK);
    sink = block[0];
    arena_free(region);
}

static char buffer[8192];

static void fixed_overflow(void)
{
    arena *region = NULL;
    must(arena_new_fixed(buffer, sizeof buffer, &region) == DRYSTONE_OK);
    char *block = block_of(region, 100);
    sink = block[100];
    arena_free(region);
}

/* Everything that is allowed, and must not be flagged. */
static void none(void)
{
    arena *region = new_arena();
    for (int round = 0; round < 5; round += 1) {
        arena_scope outer = enter(region);
        char *kept = block_of(region, 77);
        arena_scope inner = enter(region);
        for (size_t size = 0; size < 120; size += 1)
            block_of(region, size);
        must(arena_scope_rewind(region, inner) == DRYSTONE_OK);
        char *block = block_of(region, 77);
        for (size_t size = 77; size < 5000; size += 111) {
            block = arena_realloc(region, block, size, size + 111, 64);
            must(block != NULL);
            memset(block, 3, size + 111);
        }
        must(arena_scope_commit(region, inner) == DRYSTONE_OK);
        sink = kept[76];
        sink = block[5000];
        must(arena_try_extend(region, kept, 77, 90) == false);
        char *last = arena_strndup(region, "last", 4);
        must(last != NULL && arena_try_extend(region, last, 5, 6));
        last[5] = 0;
        must(arena_scope_exit(region, outer) == DRYSTONE_OK);
        if (round == 2)
            must(arena_reset(region, ARENA_RETAIN_LARGEST, 0) == DRYSTONE_OK);
    }
    arena_free(region);
    must(arena_new_fixed(buffer, sizeof buffer, &region) == DRYSTONE_OK);
    block_of(region, 100);
    must(arena_add_cleanup(region, free, NULL) == DRYSTONE_OK);
    arena_free(region);
    /* All of the bytes belong to the program again. */
    memset(buffer, 0, sizeof buffer);
    /* Memory that was freed is ordinary memory again. */
    for (size_t size = 16; size < 100000; size *= 2) {
        char *block = malloc(size);
        must(block != NULL);
        memset(block, 0, size);
        sink = block[size - 1];
        free(block);
    }
}

static const struct {
    const char *name;
    void (*make)(void);
} mistakes[] = {
    {"use_after_exit", use_after_exit},
    {"use_after_exit_in_another_chunk", use_after_exit_in_another_chunk},
    {"use_after_outer_exit", use_after_outer_exit},
    {"use_after_rewind", use_after_rewind},
    {"use_after_reset", use_after_reset},
    {"use_after_free_last", use_after_free_last},
    {"use_after_shrinking", use_after_shrinking},
    {"use_after_moving", use_after_moving},
    {"overflow_by_one", overflow_by_one},
    {"overflow_of_even_size", overflow_of_even_size},
    {"overflow_inline", overflow_inline},
    {"empty_block", empty_block},
    {"use_after_scrubbing", use_after_scrubbing},
    {"fixed_overflow", fixed_overflow},
    {"none", none},
};

int main(int count, char **arguments)
{
    for (size_t place = 0; count == 2 && place < sizeof mistakes / sizeof mistakes[0]; place += 1) {
        if (strcmp(arguments[1], mistakes[place].name) == 0) {
            mistakes[place].make();
            return 0;
        }
    }
    fprintf(stderr, "usage: arena_mistakes NAME\n");
    return 2;
}
