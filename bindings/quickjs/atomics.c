/* quickjs-ng up to 0.16.2 lets Atomics write to immutable ArrayBuffers, which would change a stone under
   everybody who has it. Where the engine does so, its functions are replaced by ones that look first. */
#include "internal.h"

static const char *const writers[] = { "add", "and", "compareExchange", "exchange", "or", "store", "sub", "xor" };

static bool is_immutable_view(JSContext *ctx, JSValueConst value) {
    if (JS_GetTypedArrayType(value) < 0)
        return false;
    JSValue buffer = JS_GetTypedArrayBuffer(ctx, value, NULL, NULL, NULL);
    if (JS_IsException(buffer)) { /* out of bounds: the engine's function says so itself */
        JS_FreeValue(ctx, JS_GetException(ctx));
        return false;
    }
    bool immutable = JS_IsImmutableArrayBuffer(buffer) == 1;
    JS_FreeValue(ctx, buffer);
    return immutable;
}

MODULE_FUNCTION(guarded_writer) {
    if (is_immutable_view(ctx, argv[0]))
        return throw_status(ctx, DRYSTONE_IS_STONE, "Atomics: the buffer is immutable");
    return JS_Call(ctx, data[0], this_value, argc, argv);
}

/* Clears a pending TypeError, which is what a right engine throws; anything else stays pending. */
static int expect_type_error(JSContext *ctx) {
    JSValue error = JS_GetException(ctx);
    JSValue name = JS_GetPropertyStr(ctx, error, "name");
    const char *text = JS_IsException(name) ? NULL : JS_ToCString(ctx, name);
    int result = text != NULL && strcmp(text, "TypeError") == 0 ? 0 : -1;
    JS_FreeCString(ctx, text);
    JS_FreeValue(ctx, name);
    if (result == 0)
        JS_FreeValue(ctx, error);
    else
        JS_Throw(ctx, error);
    return result;
}

/* -1: exception; 1: this engine's Atomics.store changes an immutable buffer. */
static int engine_writes_through(JSContext *ctx, JSValueConst store) {
    static const uint8_t zero[1];
    size_t length;
    JSValue buffer = JS_NewArrayBufferCopy(ctx, zero, sizeof zero);
    if (JS_IsException(buffer))
        return -1;
    JS_SetImmutableArrayBuffer(buffer, true);
    JSValue view = JS_NewTypedArray(ctx, 1, &buffer, JS_TYPED_ARRAY_UINT8);
    int result = -1;
    if (!JS_IsException(view)) {
        JSValueConst arguments[] = { view, JS_NewInt32(ctx, 0), JS_NewInt32(ctx, 1) };
        JSValue answer = JS_Call(ctx, store, JS_UNDEFINED, 3, arguments);
        JS_FreeValue(ctx, answer);
        const uint8_t *byte = JS_GetArrayBuffer(ctx, &length, buffer);
        if (JS_IsException(answer))
            result = expect_type_error(ctx);
        else
            result = byte != NULL && *byte != 0;
    }
    JS_FreeValue(ctx, view);
    JS_FreeValue(ctx, buffer);
    return result;
}

static int guard(JSContext *ctx, JSValueConst atomics, const char *name) {
    JSValue original = JS_GetPropertyStr(ctx, atomics, name);
    if (JS_IsException(original))
        return -1;
    int result = 0;
    if (JS_IsFunction(ctx, original)) {
        int64_t length = 0;
        JSValue function = JS_EXCEPTION;
        if (JS_GetLength(ctx, original, &length) == 0)
            function = JS_NewCFunctionData2(ctx, guarded_writer, name, (int)length, 0, 1, &original);
        result = JS_IsException(function)
                     ? -1
                     : JS_DefinePropertyValueStr(ctx, atomics, name, function, JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
    }
    JS_FreeValue(ctx, original);
    return result;
}

int atomics_guard(JSContext *ctx) {
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue atomics = JS_GetPropertyStr(ctx, global, "Atomics");
    JS_FreeValue(ctx, global);
    if (!JS_IsObject(atomics)) {
        JS_FreeValue(ctx, atomics);
        return JS_IsException(atomics) ? -1 : 0;
    }
    JSValue store = JS_GetPropertyStr(ctx, atomics, "store");
    int needed = JS_IsFunction(ctx, store) ? engine_writes_through(ctx, store) : JS_IsException(store) ? -1 : 0;
    JS_FreeValue(ctx, store);
    for (size_t i = 0; needed > 0 && i < sizeof writers / sizeof writers[0]; i++)
        if (guard(ctx, atomics, writers[i]) < 0)
            needed = -1;
    JS_FreeValue(ctx, atomics);
    return needed < 0 ? -1 : 0;
}
