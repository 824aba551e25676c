/* The QuickJS of Fabrice Bellard and Charlie Gordon, from the release of 2026-06-04 on: its replacements for the
   calls in compat_ng.h. */
#ifndef DRYSTONE_QUICKJS_COMPAT_BELLARD_H
#define DRYSTONE_QUICKJS_COMPAT_BELLARD_H

#define HAS_IMMUTABLE_BUFFERS 0
/* Whether properties that are made at first use survive a failed attempt without memory. */
#define LAZY_PROPERTIES_SURVIVE 0
#define CLASS_IDS_OF_PROCESS 1

static inline JSClassID fresh_class_id(JSRuntime *runtime) {
    JSClassID id = 0;
    (void)runtime;
    return JS_NewClassID(&id);
}

/* The engine has no such call. */
static inline int at_runtime_end(JSRuntime *runtime, void (*end)(JSRuntime *runtime, void *opaque), void *opaque) {
    (void)runtime, (void)end, (void)opaque;
    return 1;
}

/* The engine has no call for this. */
static inline bool collects_by_itself(JSRuntime *runtime) {
    (void)runtime;
    return true;
}

static inline void *calloc_of_runtime(JSRuntime *runtime, size_t count, size_t size) {
    return count > SIZE_MAX / size ? NULL : js_mallocz_rt(runtime, count * size);
}

static inline JSValue new_function_with_data(JSContext *ctx, JSCFunctionData *function, const char *name, int length,
                                             int magic, int count, JSValueConst *data) {
    JSValue made = JS_NewCFunctionData(ctx, function, length, magic, count, data);
    if (JS_IsException(made))
        return made;
    JSValue text = JS_NewString(ctx, name);
    if (!JS_IsException(text) && JS_DefinePropertyValueStr(ctx, made, "name", text, JS_PROP_CONFIGURABLE) >= 0)
        return made;
    JS_FreeValue(ctx, made);
    return JS_EXCEPTION;
}

static inline JSValue new_array(JSContext *ctx, int count, JSValue *values) {
    JSValue array = JS_NewArray(ctx);
    for (int i = 0; i < count; i++) {
        if (JS_IsException(array)) {
            JS_FreeValue(ctx, values[i]);
        } else if (JS_DefinePropertyValueUint32(ctx, array, (uint32_t)i, values[i], JS_PROP_C_W_E) < 0) {
            JS_FreeValue(ctx, array);
            array = JS_EXCEPTION;
        }
    }
    return array;
}

static inline JSValue get_element(JSContext *ctx, JSValueConst object, int64_t index) {
    return JS_GetPropertyUint32(ctx, object, (uint32_t)index);
}

static inline int get_length(JSContext *ctx, JSValueConst object, int64_t *length) {
    JSValue value = JS_GetPropertyStr(ctx, object, "length");
    int result = JS_IsException(value) ? -1 : JS_ToInt64(ctx, length, value);
    JS_FreeValue(ctx, value);
    return result;
}

static inline bool is_big_integer(JSContext *ctx, JSValueConst value) { return JS_IsBigInt(ctx, value); }

static inline bool is_same_value(JSContext *ctx, JSValueConst one, JSValueConst other) {
    return JS_StrictEq(ctx, one, other);
}

static inline bool is_error(JSContext *ctx, JSValueConst value) { return JS_IsError(ctx, value); }

static inline JSValue new_plain_error(JSContext *ctx) { return JS_NewError(ctx); }

static inline JSValue new_type_error(JSContext *ctx) {
    JS_ThrowTypeError(ctx, "%s", "");
    return JS_GetException(ctx);
}

static inline JSValue new_range_error(JSContext *ctx) {
    JS_ThrowRangeError(ctx, "%s", "");
    return JS_GetException(ctx);
}

static inline JSValue new_memory_error(JSContext *ctx) {
    JS_ThrowOutOfMemory(ctx);
    return JS_GetException(ctx);
}

static inline JSAtom engine_class_name(JSContext *ctx, JSValueConst object) {
    (void)ctx, (void)object;
    return JS_ATOM_NULL;
}

/* The engine has no calls that test the kind of an object: kinds are recognised by the classes of sample objects. */
#define TYPED_ARRAY_TYPES (JS_TYPED_ARRAY_FLOAT64 + 1)
struct engine_classes {
    JSClassID shared_buffer, array_buffer, data_view, proxy, typed_arrays[TYPED_ARRAY_TYPES];
};

/* For an object made by a built-in constructor, if the context has it. */
static inline int learn_class_of(JSContext *ctx, const char *constructor, int count, JSValueConst *arguments,
                                 JSClassID *id) {
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue function = JS_GetPropertyStr(ctx, global, constructor);
    JS_FreeValue(ctx, global);
    JSValue made = JS_IsConstructor(ctx, function) ? JS_CallConstructor(ctx, function, count, arguments) : JS_UNDEFINED;
    bool failed = JS_IsException(function) || JS_IsException(made);
    if (JS_IsObject(made))
        *id = JS_GetClassID(made);
    JS_FreeValue(ctx, made);
    JS_FreeValue(ctx, function);
    return failed ? -1 : 0;
}

static inline int learn_engine_classes(JSContext *ctx, struct engine_classes *classes) {
    static const uint8_t byte[8];
    if (classes->data_view != 0 && classes->proxy != 0)
        return 0;
    JSValue buffer = JS_NewArrayBufferCopy(ctx, byte, sizeof byte);
    if (JS_IsException(buffer))
        return -1;
    classes->array_buffer = JS_GetClassID(buffer);
    JSValueConst arguments[] = { buffer, JS_UNDEFINED, JS_UNDEFINED }, both[] = { buffer, buffer };
    int result = learn_class_of(ctx, "DataView", 1, arguments, &classes->data_view);
    if (result == 0)
        result = learn_class_of(ctx, "Proxy", 2, both, &classes->proxy);
    for (int type = 0; result == 0 && type < TYPED_ARRAY_TYPES; type++) {
        JSValue array = JS_NewTypedArray(ctx, 3, arguments, (JSTypedArrayEnum)type);
        if (JS_IsException(array))
            result = -1;
        else
            classes->typed_arrays[type] = JS_GetClassID(array);
        JS_FreeValue(ctx, array);
    }
    JS_FreeValue(ctx, buffer);
    return result;
}

static inline bool is_array_buffer(const struct engine_classes *classes, JSValueConst value) {
    return JS_GetClassID(value) == classes->array_buffer;
}

static inline bool is_typed_array(const struct engine_classes *classes, JSValueConst value) {
    JSClassID id = JS_GetClassID(value);
    for (int type = 0; type < TYPED_ARRAY_TYPES; type++)
        if (id == classes->typed_arrays[type])
            return true;
    return false;
}

static inline bool is_data_view(const struct engine_classes *classes, JSValueConst value) {
    return classes->data_view != 0 && JS_GetClassID(value) == classes->data_view;
}

static inline bool is_immutable_buffer(JSValueConst value) {
    (void)value;
    return false;
}

static inline bool is_proxy(const struct engine_classes *classes, JSValueConst value) {
    return classes->proxy != 0 && JS_GetClassID(value) == classes->proxy;
}

#endif
