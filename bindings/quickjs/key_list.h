#ifndef DRYSTONE_QUICKJS_KEY_LIST_H
#define DRYSTONE_QUICKJS_KEY_LIST_H

#include "compat.h"

struct runtime_state;

struct key_list {
    size_t users;
    uint32_t count;
    bool indexes; /* one of them may be an index, which objects of the language have first */
    JSAtom names[];
};

struct fields {
    struct key_list *keys;
    JSValue values[]; /* JS_UNINITIALIZED: not read */
};

/* Takes the names over. NULL: an exception is pending, and the names are still the caller's. */
static struct key_list *key_list_of(JSContext *ctx, struct runtime_state *state, const JSAtom *names, uint32_t count,
                                    bool indexes);
/* NULL does nothing. */
static void fields_free(JSRuntime *runtime, struct fields *fields);
static void fields_mark(JSRuntime *runtime, struct fields *fields, JS_MarkFunc *mark);

#endif
