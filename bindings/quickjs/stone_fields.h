/* The fields of a record that have been read. */
#ifndef DRYSTONE_QUICKJS_STONE_FIELDS_H
#define DRYSTONE_QUICKJS_STONE_FIELDS_H

#include "stone_place.h"

/* The name of a field. `index` is set where it may be an index. JS_ATOM_NULL: an exception is pending. */
static JSAtom key_of_view(JSContext *ctx, struct runtime_state *state, const wota_view *view, bool *index);
/* Whether the record has few enough fields for the functions below. */
static bool fields_are_few(const struct stone_place *place);
/* 1: there is such a field, and `value`, unless it is NULL, is set to it; 0: there is none; -1: an exception is pending. */
static int fields_find(JSContext *ctx, struct stone_place *place, JSAtom name, JSValue *value);
/* 1: the names in their order, as the engine wants them; 0: the order is not known here; -1: an exception is pending. */
static int fields_names(JSContext *ctx, struct stone_place *place, JSPropertyEnum **names, uint32_t *count);

#endif
