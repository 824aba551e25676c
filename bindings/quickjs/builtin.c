#include "builtin.h"

JSValue global_property(JSContext *ctx, const char *name, const char *member) {
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue value = JS_GetPropertyStr(ctx, global, name);
    JS_FreeValue(ctx, global);
    if (member == NULL || JS_IsException(value))
        return value;
    JSValue found = JS_IsObject(value) ? JS_GetPropertyStr(ctx, value, member) : JS_UNDEFINED;
    JS_FreeValue(ctx, value);
    return found;
}

int symbol_atom(JSContext *ctx, const char *name, JSAtom *atom) {
    JSValue symbol = global_property(ctx, "Symbol", name);
    *atom = JS_IsSymbol(symbol) ? JS_ValueToAtom(ctx, symbol) : JS_ATOM_NULL;
    bool failed = JS_IsException(symbol) || (JS_IsSymbol(symbol) && *atom == JS_ATOM_NULL);
    JS_FreeValue(ctx, symbol);
    return failed ? -1 : 0;
}

/* 1: `found` is the property, to be freed; 0: there is none; -1: exception. */
static int own_property(JSContext *ctx, JSValueConst object, const char *name, JSPropertyDescriptor *found) {
    JSAtom atom = JS_NewAtom(ctx, name);
    if (atom == JS_ATOM_NULL)
        return -1;
    int has = JS_GetOwnProperty(ctx, found, object, atom);
    JS_FreeAtom(ctx, atom);
    return has;
}

int own_getter(JSContext *ctx, JSValueConst object, const char *name, JSValue *getter) {
    JSPropertyDescriptor found;
    *getter = JS_UNDEFINED;
    int has = JS_IsObject(object) ? own_property(ctx, object, name, &found) : 0;
    if (has <= 0)
        return has;
    if (JS_IsFunction(ctx, found.getter))
        *getter = JS_DupValue(ctx, found.getter);
    JS_FreeValue(ctx, found.getter);
    JS_FreeValue(ctx, found.setter);
    JS_FreeValue(ctx, found.value);
    return 0;
}

JSValue own_value(JSContext *ctx, JSValueConst object, const char *name) {
    JSPropertyDescriptor found;
    int has = own_property(ctx, object, name, &found);
    if (has <= 0)
        return has < 0 ? JS_EXCEPTION : JS_UNDEFINED;
    JS_FreeValue(ctx, found.getter);
    JS_FreeValue(ctx, found.setter);
    return found.value;
}
