#include "scratch.h"

#include <stdalign.h>
#include <string.h>

#include "part.h"

/* The number of bytes that are kept for the next call. */
#define SCRATCH_KEEPS ((size_t)64 * 1024)

/* The engine's allocator, so that its limit holds for this memory too. It may align less than malloc: the address
   of its own block is stored right before ours. */
static void *take(void *runtime, size_t size, size_t align) {
    size_t more = align + sizeof(void *);
    char *block = size > SIZE_MAX - more ? NULL : js_malloc_rt(runtime, size + more);
    if (block == NULL)
        return NULL;
    uintptr_t least = (uintptr_t)(block + sizeof(void *));
    char *aligned = block + sizeof(void *) + (-least & (align - 1));
    memcpy(aligned - sizeof(void *), &block, sizeof(void *));
    return aligned;
}

static void release_chunk(void *runtime, void *aligned, size_t size, size_t align) {
    (void)size, (void)align;
    void *block;
    memcpy(&block, (char *)aligned - sizeof(void *), sizeof(void *));
    js_free_rt(runtime, block);
}

void scratch_begin(struct scratch *scratch, struct runtime_state *state) {
    scratch->state = state;
    scratch->open = false;
}

static bool open_scope(struct scratch *scratch) {
    struct runtime_state *state = scratch->state;
    if (state->scratch == NULL) {
        arena_backing backing = { .alloc = take, .free = release_chunk, .context = state->runtime };
        arena_options options = { .struct_size = sizeof options, .backing = &backing };
        if (arena_new(&options, &state->scratch) != DRYSTONE_OK)
            return false;
    }
    scratch->open = arena_scope_enter(state->scratch, ARENA_NO_BUDGET, &scratch->scope) == DRYSTONE_OK;
    return scratch->open;
}

void scratch_end(struct scratch *scratch) {
    if (!scratch->open)
        return;
    arena_scope_exit(scratch->state->scratch, scratch->scope);
    arena_trim(scratch->state->scratch, SCRATCH_KEEPS);
    scratch->open = false;
}

void *scratch_alloc(struct scratch *scratch, size_t size) {
    if (!scratch->open && !open_scope(scratch))
        return NULL;
    return arena_alloc(scratch->state->scratch, size);
}

void *scratch_grow(JSContext *ctx, struct scratch *scratch, void *items, const void *own, size_t used, size_t needed,
                   size_t size, size_t *capacity) {
    size_t more = *capacity * 2 > needed ? *capacity * 2 : needed;
    void *moved = NULL;
    if (more <= SIZE_MAX / size) {
        if (items == own) {
            moved = scratch_alloc(scratch, more * size);
            if (moved != NULL && used != 0)
                memcpy(moved, items, used * size);
        } else {
            moved = arena_realloc(scratch->state->scratch, items, *capacity * size, more * size, alignof(max_align_t));
        }
    }
    if (moved == NULL)
        JS_ThrowOutOfMemory(ctx);
    else
        *capacity = more;
    return moved;
}

static void scratch_free(struct runtime_state *state) {
    arena_free(state->scratch);
    state->scratch = NULL;
}

static const struct part scratch_part = { .contexts_end = scratch_free, .runtime_end = scratch_free };
