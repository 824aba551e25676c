/* The engine's functions that write to immutable ArrayBuffers, which would change a shared stone. Each is replaced by
   one that checks first, in every context that imports the module. quickjs-ng has such functions in Atomics up to
   0.16.2, and in typed arrays up to 0.15. */
#include <math.h>

#include "builtin.h"
#include "define.h"
#include "error.h"
#include "part.h"

#if HAS_IMMUTABLE_BUFFERS

/* The position of the view among the arguments. */
enum guarded { FIRST_ARGUMENT, THIS };

static const char *const atomic_writers[] = { "add",   "and", "compareExchange", "exchange", "or",
                                              "store", "sub", "xor" };
static const char *const byte_writers[] = { "setFromBase64", "setFromHex" };

static bool is_immutable_view(JSContext *ctx, JSValueConst value) {
    JSValue buffer = JS_GetTypedArrayBuffer(ctx, value, NULL, NULL, NULL);
    if (JS_IsException(buffer)) { /* not a typed array, or out of bounds: the engine's function reports it */
        JS_FreeValue(ctx, JS_GetException(ctx));
        return false;
    }
    bool immutable = is_immutable_buffer(buffer);
    JS_FreeValue(ctx, buffer);
    return immutable;
}

static JSValue refuse_write(JSContext *ctx) { return throw_status(ctx, DRYSTONE_IS_STONE, "the buffer is immutable"); }

MODULE_FUNCTION(guarded_writer) {
    if (is_immutable_view(ctx, magic == THIS ? this_value : argv[0]))
        return refuse_write(ctx);
    return JS_Call(ctx, data[0], this_value, argc, argv);
}

/* An end of a slice by the language's rules: counted from the end if negative, clamped to the array. */
static int relative_index(JSContext *ctx, JSValueConst value, double missing, double length, int64_t *index) {
    double number = missing;
    if (!JS_IsUndefined(value) && JS_ToFloat64(ctx, &number, value) < 0)
        return -1;
    number = isnan(number) ? 0 : trunc(number);
    if (number < 0)
        number = number + length < 0 ? 0 : number + length;
    *index = (int64_t)(number > length ? length : number);
    return 0;
}

/* The constructor for slices of an array; undefined: the one of its own class. */
static JSValue species_of(JSContext *ctx, JSValueConst array, JSValueConst species_symbol) {
    JSValue constructor = JS_GetPropertyStr(ctx, array, "constructor");
    if (JS_IsException(constructor) || JS_IsUndefined(constructor))
        return constructor;
    if (!JS_IsObject(constructor)) {
        JS_FreeValue(ctx, constructor);
        return JS_ThrowTypeError(ctx, "the constructor is not an object");
    }
    JSAtom atom = JS_ValueToAtom(ctx, species_symbol);
    JSValue species = atom == JS_ATOM_NULL ? JS_EXCEPTION : JS_GetProperty(ctx, constructor, atom);
    JS_FreeAtom(ctx, atom);
    JS_FreeValue(ctx, constructor);
    return JS_IsNull(species) ? JS_UNDEFINED : species;
}

/* The target of a slice of `count` elements; a program's constructor may return anything. */
static JSValue new_slice(JSContext *ctx, JSValueConst array, JSValueConst species_symbol, int64_t count) {
    JSValue species = species_of(ctx, array, species_symbol);
    if (JS_IsException(species))
        return species;
    JSValueConst arguments[] = { JS_NewInt64(ctx, count), JS_UNDEFINED, JS_UNDEFINED };
    JSValue slice = JS_IsUndefined(species) ? new_typed_array_like(ctx, array, arguments)
                                            : JS_CallConstructor(ctx, species, 1, arguments);
    JS_FreeValue(ctx, species);
    return slice;
}

/* Throws if the value is not a typed array, or is out of bounds. Uses the engine's own getter, which a program cannot
   replace. */
static int typed_array_length(JSContext *ctx, JSValueConst value, JSValueConst getter, int64_t *length) {
    JSValue buffer = JS_GetTypedArrayBuffer(ctx, value, NULL, NULL, NULL);
    if (JS_IsException(buffer))
        return -1;
    JS_FreeValue(ctx, buffer);
    JSValue answer = JS_Call(ctx, getter, value, 0, NULL);
    int result = JS_IsException(answer) ? -1 : JS_ToInt64(ctx, length, answer);
    JS_FreeValue(ctx, answer);
    return result;
}

static bool holds_big_integers(JSValueConst array) {
    int type = JS_GetTypedArrayType(array);
    return type == JS_TYPED_ARRAY_BIG_INT64 || type == JS_TYPED_ARRAY_BIG_UINT64;
}

/* Checks that a program's constructor returned an array of that kind, which is long enough. */
static int check_slice(JSContext *ctx, JSValueConst array, int64_t count, JSValueConst slice, JSValueConst getter) {
    int64_t room = 0;
    if (typed_array_length(ctx, slice, getter, &room) < 0)
        return -1;
    if (is_immutable_view(ctx, slice))
        refuse_write(ctx);
    else if (room < count)
        JS_ThrowTypeError(ctx, "TypedArray.prototype.slice: the new array is too short");
    else if (holds_big_integers(slice) != holds_big_integers(array))
        JS_ThrowTypeError(ctx, "TypedArray.prototype.slice: the new array has another content type");
    else
        return 0;
    return -1;
}

/* The engine moves elements of the same type as one block, so an overlapping copy within a buffer stays intact. 1: the
   target overlaps the end of the source, so the last element is copied first. -1: an exception is pending. */
static int last_goes_first(JSContext *ctx, JSValueConst array, int64_t from, JSValueConst slice) {
    size_t offset, to, length, size;
    JSValue source = JS_GetTypedArrayBuffer(ctx, array, &offset, &length, &size);
    if (JS_IsException(source))
        return -1;
    JSValue target = JS_GetTypedArrayBuffer(ctx, slice, &to, &length, NULL);
    int result = JS_IsException(target) ? -1
                                        : JS_GetClassID(array) == JS_GetClassID(slice) &&
                                              object_address(source) == object_address(target) &&
                                              to > offset + (size_t)from * size;
    JS_FreeValue(ctx, target);
    JS_FreeValue(ctx, source);
    return result;
}

static int fill_slice(JSContext *ctx, JSValueConst array, int64_t from, int64_t count, JSValueConst slice,
                      JSValueConst getter) {
    int64_t length = 0;
    if (check_slice(ctx, array, count, slice, getter) < 0)
        return -1;
    if (count > 0 && typed_array_length(ctx, array, getter, &length) < 0)
        return -1;
    if (count > length - from)
        count = length - from;
    int backwards = count > 1 ? last_goes_first(ctx, array, from, slice) : 0;
    if (backwards < 0)
        return -1;
    for (int64_t i = 0; i < count; i++) {
        int64_t index = backwards ? count - 1 - i : i;
        JSValue element = get_element(ctx, array, from + index);
        if (JS_IsException(element) || JS_SetPropertyInt64(ctx, slice, index, element) < 0)
            return -1;
    }
    return 0;
}

/* The engine's function copies into whatever the program's constructor returns. The data is an array of the values
   that this one needs. */
enum { SPECIES_SYMBOL, LENGTH_GETTER, SLICE_NEEDS };

static JSValue guarded_slice_of(JSContext *ctx, JSValueConst array, JSValueConst first, JSValueConst last,
                                JSValueConst species_symbol, JSValueConst getter) {
    int64_t length, from, to;
    if (typed_array_length(ctx, array, getter, &length) < 0 ||
        relative_index(ctx, first, 0, (double)length, &from) < 0 ||
        relative_index(ctx, last, (double)length, (double)length, &to) < 0)
        return JS_EXCEPTION;
    int64_t count = to > from ? to - from : 0;
    JSValue slice = new_slice(ctx, array, species_symbol, count);
    if (!JS_IsException(slice) && fill_slice(ctx, array, from, count, slice, getter) < 0) {
        JS_FreeValue(ctx, slice);
        return JS_EXCEPTION;
    }
    return slice;
}

MODULE_FUNCTION(guarded_slice) {
    JSValue species = JS_GetPropertyUint32(ctx, data[0], SPECIES_SYMBOL);
    JSValue getter = JS_GetPropertyUint32(ctx, data[0], LENGTH_GETTER);
    JSValue slice = guarded_slice_of(ctx, this_value, argv[0], argv[1], species, getter);
    JS_FreeValue(ctx, getter);
    JS_FreeValue(ctx, species);
    return slice;
}

/* -1: exception; 1: this engine's Atomics.store changes an immutable buffer. */
static int engine_writes_through(JSContext *ctx, JSValueConst store) {
    static const uint8_t zero[1];
    size_t length;
    JSValue buffer = JS_NewArrayBufferCopy(ctx, zero, sizeof zero);
    if (JS_IsException(buffer))
        return -1;
    make_buffer_immutable(buffer);
    /* some engines read three arguments whatever the count */
    JSValueConst all[] = { buffer, JS_UNDEFINED, JS_UNDEFINED };
    JSValue view = JS_NewTypedArray(ctx, 3, all, JS_TYPED_ARRAY_UINT8);
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

/* Replaces a function by ours, if the context has it. Ours has the original function, or the given value, in its data.
   */
static int replace(JSContext *ctx, JSValueConst object, const char *name, JSCFunctionData *ours, enum guarded guarded,
                   const JSValueConst *given) {
    JSValue original = JS_GetPropertyStr(ctx, object, name);
    if (JS_IsException(original))
        return -1;
    int result = 0;
    if (JS_IsFunction(ctx, original)) {
        int64_t length = 0;
        JSValueConst kept = given == NULL ? original : *given;
        JSValue function = JS_EXCEPTION;
        if (get_length(ctx, original, &length) == 0)
            function = new_function_with_data(ctx, ours, name, (int)length, (int)guarded, 1, &kept);
        result = JS_IsException(function)
                     ? -1
                     : JS_DefinePropertyValueStr(ctx, object, name, function, JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
    }
    JS_FreeValue(ctx, original);
    return result;
}

static int guard_atomics(JSContext *ctx, JSValueConst atomics) {
    JSValue store = JS_GetPropertyStr(ctx, atomics, "store");
    int needed = JS_IsFunction(ctx, store) ? engine_writes_through(ctx, store) : JS_IsException(store) ? -1 : 0;
    JS_FreeValue(ctx, store);
    for (size_t i = 0; needed > 0 && i < sizeof atomic_writers / sizeof atomic_writers[0]; i++)
        if (replace(ctx, atomics, atomic_writers[i], guarded_writer, FIRST_ARGUMENT, NULL) < 0)
            return -1;
    return needed;
}

static int guard_slice(JSContext *ctx, JSValueConst typed_prototype, JSValueConst global) {
    JSValue needs[SLICE_NEEDS], symbol = JS_GetPropertyStr(ctx, global, "Symbol");
    if (JS_IsException(symbol) || own_getter(ctx, typed_prototype, "length", &needs[LENGTH_GETTER]) < 0) {
        JS_FreeValue(ctx, symbol);
        return -1;
    }
    needs[SPECIES_SYMBOL] = JS_GetPropertyStr(ctx, symbol, "species");
    JS_FreeValue(ctx, symbol);
    if (JS_IsException(needs[SPECIES_SYMBOL])) {
        JS_FreeValue(ctx, needs[LENGTH_GETTER]);
        return -1;
    }
    JSValue data = new_array(ctx, SLICE_NEEDS, needs);
    int result = JS_IsException(data) ? -1 : replace(ctx, typed_prototype, "slice", guarded_slice, THIS, &data);
    JS_FreeValue(ctx, data);
    return result;
}

static int guard_typed_arrays(JSContext *ctx, JSValueConst global) {
    JSValue constructor = JS_GetPropertyStr(ctx, global, "Uint8Array");
    if (!JS_IsObject(constructor))
        return JS_IsException(constructor) ? -1 : 0;
    JSValue bytes = JS_GetPropertyStr(ctx, constructor, "prototype");
    JS_FreeValue(ctx, constructor);
    JSValue typed = JS_IsObject(bytes) ? JS_GetPrototype(ctx, bytes) : JS_EXCEPTION;
    int result = JS_IsObject(typed) ? 0 : -1;
    for (size_t i = 0; result == 0 && i < sizeof byte_writers / sizeof byte_writers[0]; i++)
        if (replace(ctx, bytes, byte_writers[i], guarded_writer, THIS, NULL) < 0)
            result = -1;
    if (result == 0 && (replace(ctx, typed, "reverse", guarded_writer, THIS, NULL) < 0 ||
                        guard_slice(ctx, typed, global) < 0))
        result = -1;
    JS_FreeValue(ctx, typed);
    JS_FreeValue(ctx, bytes);
    return result;
}

static int guard_immutable_buffers(JSContext *ctx, UNUSED JSValueConst module_object) {
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue atomics = JS_GetPropertyStr(ctx, global, "Atomics");
    int result = JS_IsObject(atomics) ? guard_atomics(ctx, atomics) : JS_IsException(atomics) ? -1 : 0;
    JS_FreeValue(ctx, atomics);
    if (result >= 0 && TYPED_ARRAYS_WRITE_THROUGH)
        result = guard_typed_arrays(ctx, global);
    JS_FreeValue(ctx, global);
    return result < 0 ? -1 : 0;
}

static const struct part guard_part = { .init = guard_immutable_buffers };

#else

static const struct part guard_part;

#endif
