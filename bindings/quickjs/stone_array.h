/* Arrays of messages as frozen Arrays of the engine. */
#ifndef DRYSTONE_QUICKJS_STONE_ARRAY_H
#define DRYSTONE_QUICKJS_STONE_ARRAY_H

#include "stone_place.h"

/* An array without its elements, added to `made`. Takes over the count on the message, even on failure. */
static JSValue array_new(JSContext *ctx, JSValueConst module_object, const wota_view *view, blob *message,
                         size_t offset, struct made_arrays *made);
/* NULL: an array of the program. */
static const struct stone_place *place_of_array(JSContext *ctx, struct runtime_state *state, JSValueConst array);

#endif
