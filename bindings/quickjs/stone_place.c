/* The table of the places in messages that have objects. It leads from places to objects, so that a place has only
   one object at a time. */
#include "stone_place.h"

#include "error.h"
#include "key_list.h"
#include "part.h"
#include "weight.h"

#define FIRST_PLACE_SLOTS 64 /* a power of two, as every later size */

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
        return places->slots != 0; /* longer chains, but correct */
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

JSValue place_object(JSContext *ctx, struct runtime_state *state, const blob *message, size_t offset) {
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

/* For a record and for the holder of an array's place. */
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

static void places_free(struct runtime_state *state) {
    js_free_rt(state->runtime, state->places.table);
    state->places = (struct stone_places){ 0 };
}

JSValue place_fail(JSContext *ctx, drystone_status status) {
    return throw_status(ctx, status, "reading a stone value");
}

static const struct part places_part = { .runtime_end = places_free };
