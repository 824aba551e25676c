/* Stone values: the records and arrays of messages, read in place. */
#ifndef DRYSTONE_QUICKJS_STONE_VALUE_H
#define DRYSTONE_QUICKJS_STONE_VALUE_H

#include "runtime.h"

/* The value of a view; the message stays the caller's. */
static JSValue stone_value(JSContext *ctx, JSValueConst module_object, const wota_view *view);
static JSValue stone_value_of_message(JSContext *ctx, JSValueConst module_object, const blob *message,
                                      const char *doing);
/* A value that was read with others; texts are in `text`. */
static JSValue item_value(JSContext *ctx, const wota_item *item, const char *text);
/* The view of a record or an array that is a stone value: borrowed. NULL: it is not one. */
static const wota_view *stone_value_view(JSContext *ctx, struct runtime_state *state, JSValueConst value);

#endif
