/* quickjs-ng: differences between its releases since 0.14, and calls that the other family lacks. */
#ifndef DRYSTONE_QUICKJS_COMPAT_NG_H
#define DRYSTONE_QUICKJS_COMPAT_NG_H

#define NG_SINCE(minor) (QJS_VERSION_MAJOR > 0 || QJS_VERSION_MINOR >= (minor))

#if !NG_SINCE(14)
#error "the drystone module needs quickjs-ng 0.14 or newer"
#endif

#define HAS_IMMUTABLE_BUFFERS 1
/* Whether properties that are made at first use survive a failed attempt without memory. */
#define LAZY_PROPERTIES_SURVIVE NG_SINCE(16)
/* Some methods of typed arrays do not check whether the buffer is immutable. */
#define TYPED_ARRAYS_WRITE_THROUGH (!NG_SINCE(16))
/* Each runtime has its own counter for class ids. */
#define CLASS_IDS_OF_PROCESS 0

static inline JSClassID fresh_class_id(JSRuntime *runtime) {
    JSClassID id = JS_INVALID_CLASS_ID;
    return JS_NewClassID(runtime, &id);
}

/* `end` is called when every object of the runtime is gone. 1: the engine has no such call. -1: no memory. */
static inline int at_runtime_end(JSRuntime *runtime, void (*end)(JSRuntime *runtime, void *opaque), void *opaque) {
    return JS_AddRuntimeFinalizer(runtime, end, opaque);
}

/* False where the host has turned the engine's own collections off. */
static inline bool collects_by_itself(JSRuntime *runtime) { return JS_GetGCThreshold(runtime) != (size_t)-1; }

static inline void *calloc_of_runtime(JSRuntime *runtime, size_t count, size_t size) {
    return js_calloc_rt(runtime, count, size);
}

static inline JSValue new_function_with_data(JSContext *ctx, JSCFunctionData *function, const char *name, int length,
                                             int magic, int count, JSValueConst *data) {
    return JS_NewCFunctionData2(ctx, function, name, length, magic, count, data);
}

/* Takes over the values, even on failure. */
static inline JSValue new_array(JSContext *ctx, int count, JSValue *values) {
    return JS_NewArrayFrom(ctx, count, values);
}

static inline JSValue get_element(JSContext *ctx, JSValueConst object, int64_t index) {
    return JS_GetPropertyInt64(ctx, object, index);
}

static inline int get_length(JSContext *ctx, JSValueConst object, int64_t *length) {
    return JS_GetLength(ctx, object, length);
}

static inline bool is_big_integer(JSContext *ctx, JSValueConst value) {
    (void)ctx;
    return JS_IsBigInt(value);
}

static inline bool is_same_value(JSContext *ctx, JSValueConst one, JSValueConst other) {
    return JS_IsStrictEqual(ctx, one, other);
}

static inline bool is_error(JSContext *ctx, JSValueConst value) {
    (void)ctx;
    return JS_IsError(value);
}

/* Errors without a message. */
static inline JSValue new_plain_error(JSContext *ctx) { return JS_NewPlainError(ctx, "%s", ""); }
static inline JSValue new_type_error(JSContext *ctx) { return JS_NewTypeError(ctx, "%s", ""); }
static inline JSValue new_range_error(JSContext *ctx) { return JS_NewRangeError(ctx, "%s", ""); }

/* An InternalError, or null where there is no memory for it. That of 0.18 cannot be caught, but lack of memory outside
   of the engine, as in a full heap of maps, is no reason to end a program. */
static inline JSValue new_memory_error(JSContext *ctx) {
    JS_ThrowOutOfMemory(ctx);
    JSValue error = JS_GetException(ctx);
    JS_ClearUncatchableError(ctx, error);
    return error;
}

/* JS_ATOM_NULL: not known. Before 0.16.2 the engine returns another name. */
static inline JSAtom engine_class_name(JSContext *ctx, JSValueConst object) {
    bool right = NG_SINCE(17) || (NG_SINCE(16) && QJS_VERSION_PATCH >= 2);
    return right ? JS_GetClassName(JS_GetRuntime(ctx), JS_GetClassID(object)) : JS_ATOM_NULL;
}

/* The engine has a test for every kind of buffer except the shared one. */
struct engine_classes {
    JSClassID shared_buffer; /* JS_INVALID_CLASS_ID until one is found */
};

/* Finds the classes of a context that are not known yet. */
static inline int learn_engine_classes(JSContext *ctx, struct engine_classes *classes) {
    (void)ctx, (void)classes;
    return 0;
}

static inline bool is_array_buffer(const struct engine_classes *classes, JSValueConst value) {
    (void)classes;
    return JS_IsArrayBuffer(value);
}

static inline bool is_typed_array(const struct engine_classes *classes, JSValueConst value) {
    (void)classes;
    return JS_GetTypedArrayType(value) >= 0;
}

static inline JSValue new_typed_array_like(JSContext *ctx, JSValueConst array, JSValueConst arguments[3]) {
    return JS_NewTypedArray(ctx, 3, arguments, (JSTypedArrayEnum)JS_GetTypedArrayType(array));
}

static inline bool is_data_view(const struct engine_classes *classes, JSValueConst value) {
    (void)classes;
    return JS_IsDataView(value);
}

static inline bool is_proxy(const struct engine_classes *classes, JSValueConst value) {
    (void)classes;
    return JS_IsProxy(value);
}

static inline bool is_immutable_buffer(JSValueConst value) { return JS_IsImmutableArrayBuffer(value) == 1; }

static inline void make_buffer_immutable(JSValueConst buffer) { JS_SetImmutableArrayBuffer(buffer, true); }

/* Makes `name` of a function `release(runtime, opaque)`: how the engine releases memory that it did not allocate.
   After a buffer was detached some releases call it again, with NULL. */
#if NG_SINCE(16)
/* Size 0 frees; any other size would resize, which is refused with NULL. */
#define BUFFER_RELEASE(name, release)                                                                                  \
    static void *name(JSRuntime *runtime, void *opaque, void *data, size_t size) {                                     \
        if (size == 0 && data != NULL)                                                                                 \
            release(runtime, opaque);                                                                                  \
        return NULL;                                                                                                   \
    }
typedef JSReallocArrayBufferDataFunc buffer_release;
#else
#define BUFFER_RELEASE(name, release)                                                                                  \
    static void name(JSRuntime *runtime, void *opaque, void *data) {                                                   \
        if (data != NULL)                                                                                              \
            release(runtime, opaque);                                                                                  \
    }
typedef JSFreeArrayBufferDataFunc buffer_release;
#endif

/* Does not call `release` when it fails. */
static inline JSValue new_buffer_over(JSContext *ctx, uint8_t *data, size_t length, buffer_release *release,
                                      void *opaque) {
#if NG_SINCE(16)
    return JS_NewArrayBuffer(ctx, data, length, 0, release, opaque, false);
#else
    return JS_NewArrayBuffer(ctx, data, length, release, opaque, false);
#endif
}

#endif
