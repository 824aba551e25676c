/* Places in messages that have objects: records and arrays. */
#ifndef DRYSTONE_QUICKJS_STONE_PLACE_H
#define DRYSTONE_QUICKJS_STONE_PLACE_H

#include "runtime.h"

/* A record or an array of a message that has an object in this runtime; at most one, so that a place is always the same
   object. A record's object has it as its opaque; an array has a hidden property with an object that has it. */
struct stone_place {
    struct stone_place *next; /* in the table */
    struct runtime_state *state;
    JSValue module_object; /* held, because reading needs it until the last place is freed */
    blob *message;         /* counted; the view borrows it */
    size_t offset;
    wota_view view;
    void *object;             /* the record or the array, not counted; NULL: not in the table */
    struct fields *fields;    /* a record's, where these are few: what has been read so far; NULL: nothing */
    JSValue level;            /* a record's: the same as an object; JS_UNDEFINED: there was no need for one */
    bool complete;            /* `level` has all of it, and is frozen */
    enum { SIZE_UNKNOWN, SIZE_FEW, SIZE_MANY } size;
    void *holder;             /* the object whose opaque is an array's place: counted while it is in `made_arrays` */
    struct stone_place *made; /* the next one there */
};

/* The arrays that were made for one value, in their order; at first without their elements. */
struct made_arrays {
    struct stone_place *first, *last;
};

/* A new place, with its hold on the message, as the opaque of `holder`, an object of `class_id`; not in the table yet.
   NULL with an exception. Takes over the count on the message, even on failure. */
static struct stone_place *place_new(JSContext *ctx, JSValueConst module_object, const wota_view *view, blob *message,
                                     size_t offset, JSValueConst prototype, JSClassID class_id, JSValue *holder);
/* Adds the place to the table: from now on `object` represents it. */
static void place_enter(struct stone_place *place, JSValueConst object);
/* The object that represents a place: counted. JS_UNDEFINED: none. */
static JSValue place_object(JSContext *ctx, struct runtime_state *state, const blob *message, size_t offset);
static JSValue place_fail(JSContext *ctx, drystone_status status);

/* For objects whose opaque is a place. */
static void place_finalizer(JSRuntime *runtime, JSValueConst value);
static void place_mark(JSRuntime *runtime, JSValueConst value, JS_MarkFunc *mark);

#endif
