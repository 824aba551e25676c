/* The fields of a small record that have been read so far: a row of values, and a list of names that records of one
   kind share. */
#include "stone_fields.h"

#include <string.h>

#include "key.h"
#include "key_list.h"
#include "stone_value.h"

/* Longer keys are read into memory of the engine. */
#define FIELD_KEY_INLINE 256
/* Larger records find fields by the message's index, and keep the values that were read in an object. */
#define FEW_FIELDS 16
/* Room for the texts of a walk, in bytes. Texts that do not fit are read on access. */
#define FIELDS_TEXT 512

static JSAtom key_of_text(JSContext *ctx, struct runtime_state *state, const char *text, size_t length, bool *index) {
    *index |= length != 0 && text[0] >= '0' && text[0] <= '9';
    uint32_t previous = 0;
    return key_atom(ctx, state, &previous, text, length);
}

JSAtom key_of_view(JSContext *ctx, struct runtime_state *state, const wota_view *view, bool *index) {
    char buffer[FIELD_KEY_INLINE], *text = buffer;
    size_t length;
    drystone_status status = wota_view_text(view, buffer, sizeof buffer, &length);
    if (UNLIKELY(status == DRYSTONE_OUT_OF_RANGE)) {
        status = wota_view_text(view, NULL, 0, &length);
        text = status == DRYSTONE_OK ? js_malloc(ctx, length) : NULL;
        if (text == NULL && status == DRYSTONE_OK)
            return JS_ATOM_NULL;
        if (text != NULL)
            status = wota_view_text(view, text, length, &length);
    }
    JSAtom atom = JS_ATOM_NULL;
    if (LIKELY(status == DRYSTONE_OK))
        atom = key_of_text(ctx, state, text, length, index);
    else
        place_fail(ctx, status);
    if (UNLIKELY(text != buffer))
        js_free(ctx, text);
    return atom;
}

bool fields_are_few(const struct stone_place *place) {
    uint64_t count;
    return wota_view_count(&place->view, &count) == DRYSTONE_OK && count <= FEW_FIELDS;
}

/* A walk over the keys and values of a record, of which those that are complete in themselves come several at once. */
struct field_walk {
    const wota_view *record;
    uint64_t number, count; /* the index of the next field; the number of fields */
    wota_view next;
    const wota_item *item, *items_end;
    wota_item items[2 * FEW_FIELDS];
    char text[FIELDS_TEXT];
};

/* The next key or value, or NULL in `*item`: it is no item, or a text that is too long. */
static drystone_status walk_item(struct field_walk *walk, bool key, const wota_item **item) {
    if (walk->item == walk->items_end) {
        size_t left = (size_t)(walk->count - walk->number) * 2 - !key, count = 0;
        drystone_status status =
            wota_view_next_items(&walk->next, walk->items, left, walk->text, sizeof walk->text, &count);
        if (status != DRYSTONE_OK)
            return status;
        walk->item = walk->items;
        walk->items_end = walk->items + count;
    }
    *item = walk->item == walk->items_end ? NULL : walk->item++;
    return DRYSTONE_OK;
}

/* Skips a value that is not an item. It may be almost the whole message, so the record's index leads past it. */
static drystone_status step_over(struct field_walk *walk) {
    wota_view value;
    walk->item = walk->items_end = walk->items;
    return walk->number + 1 == walk->count
               ? DRYSTONE_OK
               : wota_view_field_at(walk->record, walk->number + 1, &walk->next, &value);
}

static JSAtom walk_key(JSContext *ctx, struct runtime_state *state, struct field_walk *walk, bool *index) {
    const wota_item *item;
    wota_view view;
    drystone_status status = walk_item(walk, true, &item);
    if (status == DRYSTONE_OK && item != NULL)
        return key_of_text(ctx, state, walk->text + item->as.text, item->length, index);
    if (status == DRYSTONE_OK)
        status = wota_view_next(&walk->next, &view);
    if (status == DRYSTONE_OK)
        return key_of_view(ctx, state, &view, index);
    place_fail(ctx, status);
    return JS_ATOM_NULL;
}

/* JS_UNINITIALIZED: the value is read on access. */
static JSValue walk_value(JSContext *ctx, struct field_walk *walk) {
    const wota_item *item;
    drystone_status status = walk_item(walk, false, &item);
    if (status == DRYSTONE_OK && item != NULL)
        return item_value(ctx, item, walk->text);
    if (status == DRYSTONE_OK)
        status = step_over(walk);
    return status == DRYSTONE_OK ? JS_UNINITIALIZED : place_fail(ctx, status);
}

/* Reads the names, and the values that are cheaper to read now than on access. -1: an exception is pending. */
static int fields_begin(JSContext *ctx, struct stone_place *place) {
    struct runtime_state *state = place->state;
    JSAtom names[FEW_FIELDS];
    JSValue values[FEW_FIELDS];
    uint32_t filled = 0;
    bool indexes = false;
    struct field_walk walk; /* its items are not initialised */
    walk.record = &place->view;
    walk.count = 0;
    walk.item = walk.items_end = walk.items;
    drystone_status status = wota_view_count(&place->view, &walk.count);
    if (status == DRYSTONE_OK)
        status = wota_view_children(&place->view, &walk.next);
    if (status != DRYSTONE_OK) {
        place_fail(ctx, status);
        return -1;
    }
    for (walk.number = 0; walk.number < walk.count; walk.number++) {
        JSAtom name = walk_key(ctx, state, &walk, &indexes);
        if (name == JS_ATOM_NULL)
            goto fail;
        uint32_t same = 0;
        while (same < filled && names[same] != name)
            same++;
        names[filled] = name;
        values[filled] = walk_value(ctx, &walk);
        if (JS_IsException(values[filled++]))
            goto fail;
        if (UNLIKELY(same < filled - 1)) { /* of equal keys the first one counts */
            JS_FreeAtom(ctx, name);
            JS_FreeValue(ctx, values[--filled]);
        }
    }
    struct fields *fields = js_malloc(ctx, sizeof *fields + filled * sizeof *values);
    if (fields == NULL)
        goto fail;
    fields->keys = key_list_of(ctx, state, names, filled, indexes);
    if (fields->keys == NULL) {
        js_free(ctx, fields);
        goto fail;
    }
    memcpy(fields->values, values, filled * sizeof *values);
    place->fields = fields;
    return 0;
fail:
    while (filled > 0) {
        JS_FreeAtom(ctx, names[--filled]);
        JS_FreeValue(ctx, values[filled]);
    }
    return -1;
}

static struct fields *fields_of(JSContext *ctx, struct stone_place *place) {
    if (UNLIKELY(place->fields == NULL) && fields_begin(ctx, place) < 0)
        return NULL;
    return place->fields;
}

/* The number of the field; `keys->count`: there is no such field. */
static uint32_t number_of(const struct key_list *keys, JSAtom name) {
    uint32_t number = 0;
    while (number < keys->count && keys->names[number] != name)
        number++;
    return number;
}

int fields_find(JSContext *ctx, struct stone_place *place, JSAtom name, JSValue *value) {
    struct fields *fields = fields_of(ctx, place);
    if (fields == NULL)
        return -1;
    uint32_t number = number_of(fields->keys, name);
    if (number == fields->keys->count)
        return 0;
    if (value == NULL)
        return 1;
    if (UNLIKELY(JS_IsUninitialized(fields->values[number]))) {
        wota_view field;
        struct key_text key;
        if (key_text_begin(ctx, place->state, name, &key) <= 0)
            return -1; /* it is not a symbol */
        drystone_status status = wota_view_field(&place->view, key.text, key.length, &field);
        key_text_end(ctx, &key);
        JSValue read = status == DRYSTONE_OK ? stone_value(ctx, place->module_object, &field) : place_fail(ctx, status);
        if (JS_IsException(read))
            return -1;
        fields->values[number] = read;
    }
    *value = JS_DupValue(ctx, fields->values[number]);
    return 1;
}

int fields_names(JSContext *ctx, struct stone_place *place, JSPropertyEnum **names, uint32_t *count) {
    struct fields *fields = fields_of(ctx, place);
    if (fields == NULL)
        return -1;
    const struct key_list *keys = fields->keys;
    if (keys->indexes)
        return 0;
    JSPropertyEnum *list = js_malloc(ctx, (keys->count == 0 ? 1 : keys->count) * sizeof *list);
    if (list == NULL)
        return -1;
    for (uint32_t i = 0; i < keys->count; i++)
        list[i] = (JSPropertyEnum){ .atom = JS_DupAtom(ctx, keys->names[i]), .is_enumerable = true };
    *names = list;
    *count = keys->count;
    return 1;
}
