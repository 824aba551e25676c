/* JavaScript values to messages and Nota. */
#ifndef DRYSTONE_QUICKJS_ENCODE_H
#define DRYSTONE_QUICKJS_ENCODE_H

#include "form.h"
#include "runtime.h"

/* Counted. NULL: an exception is pending. */
static blob *encode_to_blob(JSContext *ctx, struct module *module, JSValueConst value, enum form form, bool nearest);
/* A message that cannot change: buffers in it become separate stones. */
static blob *encode_to_stone(JSContext *ctx, struct module *module, JSValueConst value);
/* As an object: a Blob, or for Nota the view of its bytes. */
static JSValue encode_value(JSContext *ctx, struct module *module, JSValueConst value, enum form form, bool nearest);

#endif
