/* Names that records of one kind share, and rows of values beside them. */
#include "key_list.h"

#include <string.h>

#include "part.h"
#include "runtime.h"

/* Lists of names that are kept for the next record. */
#define KEY_LISTS 64 /* a power of two */

static void leave_key_list(JSRuntime *runtime, struct key_list *keys) {
    if (keys == NULL || --keys->users != 0)
        return;
    for (uint32_t i = 0; i < keys->count; i++)
        JS_FreeAtomRT(runtime, keys->names[i]);
    js_free_rt(runtime, keys);
}

static void key_lists_free(struct runtime_state *state) {
    for (size_t i = 0; state->places.key_lists != NULL && i < KEY_LISTS; i++)
        leave_key_list(state->runtime, state->places.key_lists[i]);
    js_free_rt(state->runtime, state->places.key_lists);
    state->places.key_lists = NULL;
}

struct key_list *key_list_of(JSContext *ctx, struct runtime_state *state, const JSAtom *names, uint32_t count,
                                    bool indexes) {
    struct stone_places *places = &state->places;
    if (places->key_lists == NULL) /* without memory for it each record has its own list */
        places->key_lists = calloc_of_runtime(state->runtime, KEY_LISTS, sizeof *places->key_lists);
    uint32_t hash = count;
    for (uint32_t i = 0; i < count; i++)
        hash = (hash ^ names[i]) * UINT32_C(0x9E3779B1);
    struct key_list **slot = places->key_lists == NULL ? NULL : &places->key_lists[hash >> 16 & (KEY_LISTS - 1)];
    if (LIKELY(slot != NULL && *slot != NULL && (*slot)->count == count &&
               memcmp((*slot)->names, names, count * sizeof *names) == 0)) {
        for (uint32_t i = 0; i < count; i++)
            JS_FreeAtom(ctx, names[i]);
        (*slot)->users++;
        return *slot;
    }
    struct key_list *keys = js_malloc(ctx, sizeof *keys + count * sizeof *names);
    if (keys == NULL)
        return NULL;
    *keys = (struct key_list){ .users = 1, .count = count, .indexes = indexes };
    memcpy(keys->names, names, count * sizeof *names);
    if (slot != NULL) {
        leave_key_list(state->runtime, *slot);
        keys->users++;
        *slot = keys;
    }
    return keys;
}

void fields_free(JSRuntime *runtime, struct fields *fields) {
    if (fields == NULL)
        return;
    for (uint32_t i = 0; i < fields->keys->count; i++)
        JS_FreeValueRT(runtime, fields->values[i]);
    leave_key_list(runtime, fields->keys);
    js_free_rt(runtime, fields);
}

void fields_mark(JSRuntime *runtime, struct fields *fields, JS_MarkFunc *mark) {
    for (uint32_t i = 0; fields != NULL && i < fields->keys->count; i++)
        JS_MarkValue(runtime, fields->values[i], mark);
}

static const struct part key_lists_part = { .contexts_end = key_lists_free };
