/* What the files about stone values share: records and arrays that are places in messages. */
#ifndef DRYSTONE_QUICKJS_STONE_VALUE_H
#define DRYSTONE_QUICKJS_STONE_VALUE_H

#include "internal.h"

/* A record or an array of a message that has an object in this runtime; at most one, so that a place is always the same
   object. A record's object has it as its opaque; an array has a hidden property with an object that has it. */
struct stone_place {
    struct stone_place *next; /* in the table */
    struct runtime_state *state;
    JSValue module_object; /* held: what reading needs must not go before the last place */
    blob *message;         /* counted; the view borrows it */
    size_t offset;
    wota_view view;
    void *object;             /* the record or the array, not counted; NULL: not in the table */
    struct fields *fields;    /* a record's, where these are few: what has been read so far; NULL: nothing */
    JSValue level;            /* a record's: the same as an object; JS_UNDEFINED: there was no need for one */
    bool complete;            /* `level` has all of it, and is frozen */
    enum { SIZE_UNKNOWN, SIZE_FEW, SIZE_MANY } size;
    void *holder;             /* what has an array's place as its opaque: counted while it is in `made_arrays` */
    struct stone_place *made; /* the next one there */
};

/* The arrays that were made to give one value, in their order; at first without their elements. */
struct made_arrays {
    struct stone_place *first, *last;
};

/* A new place, with its hold on the message, as the opaque of `holder`, an object of `class_id`; not in the table yet.
   NULL with an exception. Takes over the count on the message, also when it fails. */
static struct stone_place *place_new(JSContext *ctx, JSValueConst module_object, const wota_view *view, blob *message,
                                     size_t offset, JSValueConst prototype, JSClassID class_id, JSValue *holder);
/* Into the table: from now on it is `object` that stands for it. */
static void place_enter(struct stone_place *place, JSValueConst object);
/* The value of a view. An array that has no object yet is made without its elements and added to `made`. */
static JSValue place_value(JSContext *ctx, JSValueConst module_object, const wota_view *view,
                           struct made_arrays *made);
/* A value that was read with others; texts are in `text`. */
static JSValue item_value(JSContext *ctx, const wota_item *item, const char *text);
static JSValue place_fail(JSContext *ctx, drystone_status status);

/* Of the objects that have a place as their opaque. */
static void place_finalizer(JSRuntime *runtime, JSValueConst value);
static void place_mark(JSRuntime *runtime, JSValueConst value, JS_MarkFunc *mark);

/* stone_fields.c */
/* The name of a field. `index` is set where it may be an index. JS_ATOM_NULL: an exception is pending. */
static JSAtom key_of_view(JSContext *ctx, struct runtime_state *state, const wota_view *view, bool *index);
/* Whether the record has so few fields that what follows is for it. */
static bool fields_are_few(const struct stone_place *place);
/* 1: there is such a field, which `value` is, unless it is NULL; 0: there is none. -1: an exception is pending. */
static int fields_find(JSContext *ctx, struct stone_place *place, JSAtom name, JSValue *value);
/* 1: the names in their order, as the engine wants them; 0: that order is not known here. -1: an exception is pending. */
static int fields_names(JSContext *ctx, struct stone_place *place, JSPropertyEnum **names, uint32_t *count);
/* NULL does nothing. */
static void fields_free(JSRuntime *runtime, struct fields *fields);
static void fields_mark(JSRuntime *runtime, struct fields *fields, JS_MarkFunc *mark);

/* stone_record.c, stone_array.c; the count on the message as above. */
static JSValue record_new(JSContext *ctx, JSValueConst module_object, const wota_view *view, blob *message,
                          size_t offset);
static JSValue array_new(JSContext *ctx, JSValueConst module_object, const wota_view *view, blob *message,
                         size_t offset, struct made_arrays *made);
/* Gives these arrays their elements, and those that are made meanwhile. -1: an exception is pending. */
static int arrays_fill(JSContext *ctx, struct made_arrays *made);
static void arrays_release(JSContext *ctx, struct made_arrays *made);
/* NULL: an array of the program's own. */
static const struct stone_place *place_of_array(JSContext *ctx, struct runtime_state *state, JSValueConst array);

#endif
