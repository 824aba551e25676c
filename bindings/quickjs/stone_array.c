/* Arrays of messages: frozen Arrays of the engine, made whole when they are first reached, together with arrays that are
   their elements. A property under a private name, which no program can see or copy, holds the array's place in the
   message. */
#include "stone_array.h"

#include "error.h"
#include "part.h"

/* A private name, such as `#place` in a class: the engine creates one only for source text. JS_ATOM_NULL if neither this
   context nor an earlier one of the runtime can compile: then arrays have no place, are made anew each time, and are sent
   by value. -1: an exception is pending. */
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
        place_new(ctx, module_object, view, message, offset, JS_NULL, state->class_ids[STONE_ARRAY_CLASS], &holder);
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

const struct stone_place *place_of_array(JSContext *ctx, struct runtime_state *state, JSValueConst array) {
    JSPropertyDescriptor found;
    if (state->places.name == JS_ATOM_NULL || JS_GetOwnProperty(ctx, &found, array, state->places.name) <= 0)
        return NULL;
    const struct stone_place *place = JS_GetOpaque(found.value, state->class_ids[STONE_ARRAY_CLASS]);
    JS_FreeValue(ctx, found.value); /* the array holds it */
    return place;
}

/* The class of the holders, which no program sees. */
static const JSClassDef stone_array_class = { .class_name = "Stone Array",
                                              .finalizer = place_finalizer,
                                              .gc_mark = place_mark };

/* Without a context nobody reads an array's place. */
static void forget_private_name(struct runtime_state *state) {
    JS_FreeAtomRT(state->runtime, state->places.name);
    state->places.name = JS_ATOM_NULL;
}

static const struct part stone_array_part = { .definition = &stone_array_class,
                                              .class_index = STONE_ARRAY_CLASS,
                                              .contexts_end = forget_private_name };
