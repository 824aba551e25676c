/* The path of a value, in JavaScript's notation: $.a[3].f, $["x y"]. */
#ifndef DRYSTONE_QUICKJS_PATH_H
#define DRYSTONE_QUICKJS_PATH_H

#include "compat.h"
#include "drystone.h"

/* A growing text; `failed` is set when memory runs out, and then nothing more is added. */
struct path {
    char *text;
    size_t length, capacity;
    bool failed;
};

static void path_begin(struct path *path);
static void path_index(JSContext *ctx, struct path *path, uint32_t index);
static void path_key(JSContext *ctx, struct path *path, JSAtom key);
static void path_text(JSContext *ctx, struct path *path, const char *text);
/* Throws an error with the text as its message, and frees the text. */
static JSValue path_throw(JSContext *ctx, struct path *path, drystone_status status, bool type_error);

#endif
