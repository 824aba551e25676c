/* Stone values: the records and arrays of messages as JavaScript objects, without decoding them. Records read fields from
   the message on access; arrays are made one level at a time. Each object represents a place in a message, which other
   messages can refer to. */
#include "stone_value.h"

#include "decode.h"
#include "error.h"
#include "stone_array.h"
#include "stone_place.h"
#include "view.h"

/* Longer texts are read into memory of the engine. */
#define PLACE_TEXT_INLINE 1024
/* The size of one batch of an array; longer texts are read one by one. */
#define ARRAY_ITEMS 64
#define ARRAY_TEXT 1024

static JSValue place_text(JSContext *ctx, const wota_view *view) {
    char buffer[PLACE_TEXT_INLINE];
    size_t length;
    drystone_status status = wota_view_text(view, buffer, sizeof buffer, &length);
    if (LIKELY(status == DRYSTONE_OK))
        return JS_NewStringLen(ctx, buffer, length);
    status = wota_view_text(view, NULL, 0, &length);
    if (status != DRYSTONE_OK)
        return place_fail(ctx, status);
    char *text = js_malloc(ctx, length);
    if (text == NULL)
        return JS_EXCEPTION;
    JSValue string;
    status = wota_view_text(view, text, length, &length);
    string = status == DRYSTONE_OK ? JS_NewStringLen(ctx, text, length) : place_fail(ctx, status);
    js_free(ctx, text);
    return string;
}

static JSValue place_symbol(JSContext *ctx, const wota_view *view) {
    int32_t symbol = -1;
    drystone_status status = wota_view_symbol(view, &symbol);
    if (status != DRYSTONE_OK)
        return place_fail(ctx, status);
    switch (symbol) {
    case WOTA_NULL:
        return JS_NULL;
    case WOTA_FALSE:
        return JS_FALSE;
    case WOTA_TRUE:
        return JS_TRUE;
    default: /* JavaScript has no private and system values */
        return place_fail(ctx, DRYSTONE_UNSUPPORTED);
    }
}

JSValue item_value(JSContext *ctx, const wota_item *item, const char *text) {
    switch (item->type) {
    case WOTA_INTEGER:
        return decoded_integer(ctx, item->as.integer);
    case WOTA_FLOAT:
        return JS_NewFloat64(ctx, item->as.number);
    case WOTA_TEXT:
        return JS_NewStringLen(ctx, text + item->as.text, item->length);
    default: /* symbols without a value */
        return item->as.symbol == WOTA_NULL ? JS_NULL : JS_NewBool(ctx, item->as.symbol == WOTA_TRUE);
    }
}

static JSValue record_new(JSContext *ctx, JSValueConst module_object, const wota_view *view, blob *message,
                          size_t offset) {
    struct runtime_state *state = module_of(module_object)->state;
    JSValue prototype = JS_GetClassProto(ctx, state->object_class), record;
    struct stone_place *place =
        place_new(ctx, module_object, view, message, offset, prototype, state->class_ids[STONE_RECORD_CLASS], &record);
    JS_FreeValue(ctx, prototype);
    if (place == NULL)
        return JS_EXCEPTION;
    if (JS_PreventExtensions(ctx, record) < 0) {
        JS_FreeValue(ctx, record);
        return JS_EXCEPTION;
    }
    place_enter(place, record);
    return record;
}

static JSValue place_container(JSContext *ctx, JSValueConst module_object, const wota_view *view, wota_type type,
                               struct made_arrays *made) {
    blob *message = NULL;
    size_t offset = 0;
    drystone_status status = wota_view_place(view, &message, &offset);
    if (status != DRYSTONE_OK)
        return place_fail(ctx, status);
    JSValue object = place_object(ctx, module_of(module_object)->state, message, offset);
    if (!JS_IsUndefined(object)) {
        blob_destroy(message);
        return object;
    }
    return type == WOTA_RECORD ? record_new(ctx, module_object, view, message, offset)
                               : array_new(ctx, module_object, view, message, offset, made);
}

/* The value of a view. An array that has no object yet is made without its elements and added to `made`. */
static JSValue place_value(JSContext *ctx, JSValueConst module_object, const wota_view *view,
                           struct made_arrays *made) {
    wota_type type;
    drystone_status status = wota_view_type(view, &type);
    if (UNLIKELY(status != DRYSTONE_OK))
        return place_fail(ctx, status);
    int64_t integer = 0;
    double number = 0;
    blob *stone = NULL;
    switch (type) {
    case WOTA_INTEGER:
        status = wota_view_integer(view, &integer);
        return status == DRYSTONE_OK ? decoded_integer(ctx, integer) : place_fail(ctx, status);
    case WOTA_FLOAT:
        status = wota_view_number(view, &number);
        return status == DRYSTONE_OK ? JS_NewFloat64(ctx, number) : place_fail(ctx, status);
    case WOTA_TEXT:
        return place_text(ctx, view);
    case WOTA_SYMBOL:
        return place_symbol(ctx, view);
    case WOTA_BLOB:
    case WOTA_STONE:
        status = wota_view_blob(view, &stone);
        return status == DRYSTONE_OK ? view_new(ctx, module_of(module_object), stone) : place_fail(ctx, status);
    case WOTA_ARRAY:
    case WOTA_RECORD:
        return place_container(ctx, module_object, view, type, made);
    default:
        return place_fail(ctx, DRYSTONE_UNSUPPORTED);
    }
}

static int add_element(JSContext *ctx, JSValueConst array, uint32_t index, JSValue value) {
    if (JS_IsException(value))
        return -1;
    return JS_DefinePropertyValueUint32(ctx, array, index, value, JS_PROP_ENUMERABLE) < 0 ? -1 : 0;
}

/* Values that contain no others are read several at once. */
static int add_elements(JSContext *ctx, struct stone_place *place, JSValueConst array, uint32_t count,
                        struct made_arrays *made) {
    wota_item items[ARRAY_ITEMS];
    char text[ARRAY_TEXT];
    wota_view next, element;
    drystone_status status = wota_view_children(&place->view, &next);
    uint32_t index = 0;
    while (index < count && status == DRYSTONE_OK) {
        size_t wanted = count - index < ARRAY_ITEMS ? count - index : ARRAY_ITEMS, read = 0;
        status = wota_view_next_items(&next, items, wanted, text, sizeof text, &read);
        for (size_t i = 0; i < read; i++)
            if (add_element(ctx, array, index++, item_value(ctx, &items[i], text)) < 0)
                return -1;
        if (read == wanted || status != DRYSTONE_OK)
            continue;
        status = wota_view_next(&next, &element);
        if (status == DRYSTONE_OK &&
            add_element(ctx, array, index++, place_value(ctx, place->module_object, &element, made)) < 0)
            return -1;
    }
    if (status == DRYSTONE_OK)
        return 0;
    place_fail(ctx, status);
    return -1;
}

static int array_fill(JSContext *ctx, struct stone_place *place, struct made_arrays *made) {
    JSValueConst array = object_at(place->object);
    uint64_t count = 0;
    drystone_status status = wota_view_count(&place->view, &count);
    if (status == DRYSTONE_OK && count > INT32_MAX)
        status = DRYSTONE_LIMIT_EXCEEDED;
    if (status != DRYSTONE_OK) {
        place_fail(ctx, status);
        return -1;
    }
    /* while there are none: more elements within the length may follow */
    if (JS_DefinePropertyValueStr(ctx, array, "length", JS_NewInt64(ctx, (int64_t)count), 0) < 0 ||
        add_elements(ctx, place, array, (uint32_t)count, made) < 0)
        return -1;
    return JS_PreventExtensions(ctx, array) < 0 ? -1 : 0;
}

/* Fills these arrays with their elements, and also those that are made meanwhile. -1: an exception is pending. */
static int arrays_fill(JSContext *ctx, struct made_arrays *made) {
    for (struct stone_place *place = made->first; place != NULL; place = place->made)
        if (array_fill(ctx, place, made) < 0)
            return -1;
    return 0;
}

/* From here on the arrays keep their places themselves. */
static void arrays_release(JSContext *ctx, struct made_arrays *made) {
    for (struct stone_place *place = made->first, *next; place != NULL; place = next) {
        next = place->made;
        place->made = NULL;
        JS_FreeValue(ctx, object_at(place->holder));
    }
}

JSValue stone_value(JSContext *ctx, JSValueConst module_object, const wota_view *view) {
    struct made_arrays made = { NULL, NULL };
    JSValue value = place_value(ctx, module_object, view, &made);
    if (LIKELY(made.first == NULL))
        return value;
    if (!JS_IsException(value) && arrays_fill(ctx, &made) < 0) {
        JS_FreeValue(ctx, value);
        value = JS_EXCEPTION;
    }
    arrays_release(ctx, &made);
    return value;
}

JSValue stone_value_of_message(JSContext *ctx, JSValueConst module_object, const blob *message, const char *doing) {
    wota_view view;
    drystone_status status = wota_view_of(message, 0, &view);
    return status == DRYSTONE_OK ? stone_value(ctx, module_object, &view) : throw_status(ctx, status, doing);
}

const wota_view *stone_value_view(JSContext *ctx, struct runtime_state *state, JSValueConst value) {
    if (LIKELY(state->places.count == 0) || !JS_IsObject(value))
        return NULL;
    const struct stone_place *place = NULL;
    JSClassID class_id = JS_GetClassID(value);
    if (class_id == state->class_ids[STONE_RECORD_CLASS])
        place = JS_GetOpaque(value, class_id);
    else if (class_id == state->array_class)
        place = place_of_array(ctx, state, value);
    return place == NULL ? NULL : &place->view;
}
