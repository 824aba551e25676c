/* The objects for the bytes of stones, and the way from them back to the stones: immutable ArrayBuffers (view_buffer.c), or Blobs where
   the engine has none (view_blob.c). */
#ifndef DRYSTONE_QUICKJS_VIEW_H
#define DRYSTONE_QUICKJS_VIEW_H

#include "runtime.h"

/* Takes over the caller's count. */
static JSValue view_new(JSContext *ctx, struct module *module, blob *owned_stone);
/* The same for the stone of a Blob object. */
static JSValue view_of_blob(JSContext *ctx, struct module *module, JSValueConst object, blob *stone);
/* The stone of an ArrayBuffer: borrowed, or NULL. */
static blob *view_stone(JSContext *ctx, struct runtime_state *state, JSValueConst value);
/* A Blob object has ended. */
static void view_forget(JSRuntime *runtime, JSValueConst object, const blob *kept);

#endif
