/* The kind of an object, for error messages: the engine's name of its class, or the name of its prototype's
   constructor. */
#include "class_name.h"

#include <stdio.h>

#include "builtin.h"

static JSValue constructor_name(JSContext *ctx, JSValueConst object) {
    JSValue prototype = JS_GetPrototype(ctx, object);
    JSValue constructor = JS_IsObject(prototype) ? own_value(ctx, prototype, "constructor") : JS_UNDEFINED;
    JS_FreeValue(ctx, prototype);
    JSValue name = JS_IsObject(constructor) ? own_value(ctx, constructor, "name") : JS_UNDEFINED;
    JS_FreeValue(ctx, constructor);
    return name;
}

bool class_name_of(JSContext *ctx, JSValueConst object, char *name, size_t room) {
    JSAtom atom = engine_class_name(ctx, object);
    JSValue value = atom == JS_ATOM_NULL ? constructor_name(ctx, object) : JS_AtomToString(ctx, atom);
    JS_FreeAtom(ctx, atom);
    const char *text = JS_IsString(value) ? JS_ToCString(ctx, value) : NULL;
    if (text == NULL)
        JS_FreeValue(ctx, JS_GetException(ctx));
    else
        snprintf(name, room, "%s", text);
    bool known = text != NULL && *text != 0;
    JS_FreeCString(ctx, text);
    JS_FreeValue(ctx, value);
    return known;
}
