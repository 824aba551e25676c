/* A place in a value, as JavaScript writes it: $.a[3].f, $["x y"]. */
#ifndef DRYSTONE_QUICKJS_PATH_H
#define DRYSTONE_QUICKJS_PATH_H

#include "compat.h"
#include "drystone.h"

/* Text that grows; `failed` once there was no memory, and then nothing more is added. */
struct path {
    char *text;
    size_t length, capacity;
    bool failed;
};

static void path_begin(struct path *path);
static void path_index(JSContext *ctx, struct path *path, uint32_t index);
static void path_key(JSContext *ctx, struct path *path, JSAtom key);
static void path_text(JSContext *ctx, struct path *path, const char *text);
/* Throws the error whose message the path has become, and frees it. */
static JSValue path_throw(JSContext *ctx, struct path *path, drystone_status status, bool type_error);

#endif
