/* Stone values: the records and arrays of messages as JavaScript's, without decoding them. Records read their fields from
   the message when they are asked for; arrays are made one level at a time. What such an object stands for is a place
   in a message, which other messages refer to.

   A table of the runtime leads from places to objects, so that a place has one object as long as somebody has it. */
#include "stone_value.h"

#define FIRST_PLACE_SLOTS 64 /* a power of two, as every later size */
/* Longer texts are read into memory of the engine. */
#define PLACE_TEXT_INLINE 1024

static struct stone_place **slot_of_place(const struct stone_places *places, const blob *message, size_t offset) {
    uint64_t mixed = ((uint64_t)(uintptr_t)message + offset * 16) * UINT64_C(0x9E3779B97F4A7C15);
    return &places->table[(mixed >> 32) & (places->slots - 1)];
}

static bool make_place_room(struct runtime_state *state) {
    struct stone_places *places = &state->places;
    if (LIKELY(places->count < places->slots))
        return true;
    struct stone_places grown = *places;
    grown.slots = places->slots == 0 ? FIRST_PLACE_SLOTS : places->slots * 2;
    grown.table = calloc_of_runtime(state->runtime, grown.slots, sizeof *grown.table);
    if (grown.table == NULL)
        return places->slots != 0; /* longer chains, but right */
    for (size_t i = 0; i < places->slots; i++) {
        for (struct stone_place *place = places->table[i], *next; place != NULL; place = next) {
            next = place->next;
            struct stone_place **slot = slot_of_place(&grown, place->message, place->offset);
            place->next = *slot;
            *slot = place;
        }
    }
    js_free_rt(state->runtime, places->table);
    *places = grown;
    return true;
}

struct stone_place *place_new(JSContext *ctx, JSValueConst module_object, const wota_view *view, blob *message,
                              size_t offset, JSValueConst prototype, JSClassID class_id, JSValue *holder) {
    struct runtime_state *state = module_of(module_object)->state;
    struct stone_place *place = NULL;
    *holder = JS_NewObjectProtoClass(ctx, prototype, class_id);
    if (!JS_IsException(*holder)) {
        place = make_place_room(state) ? js_malloc_rt(state->runtime, sizeof *place) : NULL;
        if (place == NULL) {
            JS_FreeValue(ctx, *holder);
            JS_ThrowOutOfMemory(ctx);
        }
    }
    if (place == NULL) {
        *holder = JS_EXCEPTION;
        blob_destroy(message);
        return NULL;
    }
    *place = (struct stone_place){ .state = state,
                                   .module_object = JS_DupValue(ctx, module_object),
                                   .message = message,
                                   .offset = offset,
                                   .view = *view,
                                   .level = JS_UNDEFINED };
    JS_SetOpaque(*holder, place);
    state->places.held++;
    weight_add(state, message);
    return place;
}

void place_enter(struct stone_place *place, JSValueConst object) {
    struct stone_place **slot = slot_of_place(&place->state->places, place->message, place->offset);
    place->object = object_address(object);
    place->next = *slot;
    *slot = place;
    place->state->places.count++;
}

/* Counted; JS_UNDEFINED: there is none. */
static JSValue place_object(JSContext *ctx, struct runtime_state *state, const blob *message, size_t offset) {
    if (state->places.count == 0)
        return JS_UNDEFINED;
    struct stone_place *place = *slot_of_place(&state->places, message, offset);
    while (place != NULL && (place->message != message || place->offset != offset))
        place = place->next;
    if (place == NULL)
        return JS_UNDEFINED;
    return JS_DupValue(ctx, object_at(place->object));
}

static void place_leave(struct stone_place *place) {
    struct stone_place **at = slot_of_place(&place->state->places, place->message, place->offset);
    while (*at != place)
        at = &(*at)->next;
    *at = place->next;
    place->state->places.count--;
}

/* Of a record and of what an array holds. */
void place_finalizer(JSRuntime *runtime, JSValueConst value) {
    JSClassID class_id;
    struct stone_place *place = JS_GetAnyOpaque(value, &class_id);
    if (place == NULL)
        return;
    struct runtime_state *state = place->state;
    JSValue module_object = place->module_object;
    if (place->object != NULL)
        place_leave(place);
    weight_remove(runtime, place->message);
    blob_destroy(place->message);
    fields_free(runtime, place->fields);
    JS_FreeValueRT(runtime, place->level);
    js_free_rt(runtime, place);
    JS_FreeValueRT(runtime, module_object);
    state->places.held--;
    runtime_state_leave(state);
}

void place_mark(JSRuntime *runtime, JSValueConst value, JS_MarkFunc *mark) {
    JSClassID class_id;
    struct stone_place *place = JS_GetAnyOpaque(value, &class_id);
    if (place == NULL)
        return;
    JS_MarkValue(runtime, place->module_object, mark);
    fields_mark(runtime, place->fields, mark);
    JS_MarkValue(runtime, place->level, mark);
}

void places_free(struct runtime_state *state) {
    js_free_rt(state->runtime, state->places.table);
    state->places = (struct stone_places){ 0 };
}

JSValue place_fail(JSContext *ctx, drystone_status status) {
    return throw_status(ctx, status, "reading a stone value");
}

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
    default: /* private and system values have no form in JavaScript */
        return place_fail(ctx, DRYSTONE_UNSUPPORTED);
    }
}

/* A value that was read with others; texts are in `text`. */
JSValue item_value(JSContext *ctx, const wota_item *item, const char *text) {
    switch (item->type) {
    case WOTA_INTEGER:
        return decoded_integer(ctx, item->as.integer);
    case WOTA_FLOAT:
        return JS_NewFloat64(ctx, item->as.number);
    case WOTA_TEXT:
        return JS_NewStringLen(ctx, text + item->as.text, item->length);
    default: /* symbols that carry nothing */
        return item->as.symbol == WOTA_NULL ? JS_NULL : JS_NewBool(ctx, item->as.symbol == WOTA_TRUE);
    }
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

JSValue place_value(JSContext *ctx, JSValueConst module_object, const wota_view *view,
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
    if (class_id == state->stone_record_class)
        place = JS_GetOpaque(value, class_id);
    else if (class_id == state->array_class)
        place = place_of_array(ctx, state, value);
    return place == NULL ? NULL : &place->view;
}
