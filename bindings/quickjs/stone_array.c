/* Arrays of messages: frozen Arrays of the engine, made whole when they are first reached, with those that are elements
   of them. What an array stands for is found by a property under a private name, which no program can see or copy: it
   goes with the array. */
#include "stone_value.h"

/* What is read at once of an array; longer texts are read one by one. */
#define ARRAY_ITEMS 64
#define ARRAY_TEXT 1024

/* A name such as `#place` has in a class: the engine gives one only to source text. Where this context compiles none, and
   no other one of the runtime did before, it is JS_ATOM_NULL: there arrays have no place, are made anew each time, and
   travel by value. -1: an exception is pending. */
static int private_name(JSContext *ctx, struct runtime_state *state, JSAtom *name) {
    static const char source[] = "new (class { #place = 0; })";
    struct stone_places *places = &state->places;
    *name = places->name;
    if (LIKELY(*name != JS_ATOM_NULL))
        return 0;
    JSPropertyEnum *names = NULL;
    uint32_t count = 0;
    JSValue object = JS_Eval(ctx, source, sizeof source - 1, "<drystone>", JS_EVAL_TYPE_GLOBAL);
    if (JS_IsException(object))
        return expect_type_error(ctx);
    int result = JS_GetOwnPropertyNames(ctx, &names, &count, object, JS_GPN_PRIVATE_MASK);
    if (result == 0) {
        if (count == 1)
            *name = places->name = JS_DupAtom(ctx, names[0].atom);
        JS_FreePropertyEnum(ctx, names, count);
    }
    JS_FreeValue(ctx, object);
    return result;
}

JSValue array_new(JSContext *ctx, JSValueConst module_object, const wota_view *view, blob *message, size_t offset,
                  struct made_arrays *made) {
    struct runtime_state *state = module_of(module_object)->state;
    JSValue holder, array = JS_EXCEPTION;
    struct stone_place *place =
        place_new(ctx, module_object, view, message, offset, JS_NULL, state->stone_array_class, &holder);
    if (place == NULL)
        return JS_EXCEPTION;
    JSAtom name;
    if (private_name(ctx, state, &name) == 0)
        array = JS_NewArray(ctx);
    if (!JS_IsException(array) && name != JS_ATOM_NULL &&
        JS_DefinePropertyValue(ctx, array, name, JS_DupValue(ctx, holder), 0) < 0) {
        JS_FreeValue(ctx, array);
        array = JS_EXCEPTION;
    }
    if (JS_IsException(array)) {
        JS_FreeValue(ctx, holder);
        return array;
    }
    place->holder = object_address(holder);
    place_enter(place, array);
    if (made->first == NULL)
        made->first = place;
    else
        made->last->made = place;
    made->last = place;
    return array;
}

static int add_element(JSContext *ctx, JSValueConst array, uint32_t index, JSValue value) {
    if (JS_IsException(value))
        return -1;
    return JS_DefinePropertyValueUint32(ctx, array, index, value, JS_PROP_ENUMERABLE) < 0 ? -1 : 0;
}

/* Those that are complete in themselves come several at once. */
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
    /* while there are none: elements that the length has room for may still come */
    if (JS_DefinePropertyValueStr(ctx, array, "length", JS_NewInt64(ctx, (int64_t)count), 0) < 0 ||
        add_elements(ctx, place, array, (uint32_t)count, made) < 0)
        return -1;
    return JS_PreventExtensions(ctx, array) < 0 ? -1 : 0;
}

int arrays_fill(JSContext *ctx, struct made_arrays *made) {
    for (struct stone_place *place = made->first; place != NULL; place = place->made)
        if (array_fill(ctx, place, made) < 0)
            return -1;
    return 0;
}

/* From here on the arrays keep their places themselves. */
void arrays_release(JSContext *ctx, struct made_arrays *made) {
    for (struct stone_place *place = made->first, *next; place != NULL; place = next) {
        next = place->made;
        place->made = NULL;
        JS_FreeValue(ctx, object_at(place->holder));
    }
}

const struct stone_place *place_of_array(JSContext *ctx, struct runtime_state *state, JSValueConst array) {
    JSPropertyDescriptor found;
    if (state->places.name == JS_ATOM_NULL || JS_GetOwnProperty(ctx, &found, array, state->places.name) <= 0)
        return NULL;
    const struct stone_place *place = JS_GetOpaque(found.value, state->stone_array_class);
    JS_FreeValue(ctx, found.value); /* the array holds it */
    return place;
}

/* Of the holders, which no program sees. */
static const JSClassDef stone_array_class = { .class_name = "Stone Array",
                                              .finalizer = place_finalizer,
                                              .gc_mark = place_mark };

int register_stone_arrays(JSContext *ctx, struct runtime_state *state) {
    return register_class(ctx, STONE_ARRAY_CLASS, &stone_array_class, &state->stone_array_class);
}
