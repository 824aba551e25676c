/* The Blob class, stone() and isStone(). */
#include "arguments.h"

#include <math.h>

blob *blob_of(struct module *module, JSValueConst value) { return JS_GetOpaque(value, module->state->blob_class); }

static JSValue blob_object_with(JSContext *ctx, struct module *module, JSValueConst prototype, blob *owned) {
    JSValue object = JS_NewObjectProtoClass(ctx, prototype, module->state->blob_class);
    if (JS_IsException(object)) {
        blob_destroy(owned);
        return object;
    }
    JS_SetOpaque(object, owned);
    weight_add(module->state, owned);
    return object;
}

JSValue blob_object_new(JSContext *ctx, struct module *module, blob *owned) {
    return blob_object_with(ctx, module, module->blob_prototype, owned);
}

JSValue blob_object_empty(JSContext *ctx, struct module *module) {
    return JS_NewObjectProtoClass(ctx, module->blob_prototype, module->state->blob_class);
}

void blob_object_fill(struct module *module, JSValueConst object, blob *owned) {
    JS_SetOpaque(object, owned);
    weight_add(module->state, owned);
}

void blob_object_clear(struct module *module, JSValueConst object) {
    blob *kept = blob_of(module, object);
    JS_SetOpaque(object, NULL);
    weight_remove(module->state->runtime, kept);
    blob_destroy(kept);
}

static blob *this_blob(JSContext *ctx, struct module *module, JSValueConst this_value) {
    blob *self = blob_of(module, this_value);
    if (self == NULL)
        throw_status(ctx, DRYSTONE_WRONG_TYPE, "this is not a Blob");
    return self;
}

/* What `new Blob(source)` begins with; NULL: an exception is pending. */
static blob *blob_from_source(JSContext *ctx, struct module *module, JSValueConst source, JSValueConst fill) {
    blob *made = NULL;
    bool bit = false;
    if (!JS_IsUndefined(fill) && bit_argument(ctx, fill, "new Blob", &bit) < 0)
        return NULL;
    if (!JS_IsUndefined(fill) && !JS_IsNumber(source)) {
        throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "new Blob: bits to fill with, but no length");
        return NULL;
    }
    if (JS_IsUndefined(source)) {
        made = blob_new(0);
    } else if (JS_IsNumber(source)) {
        uint64_t bits;
        if (JS_ToIndex(ctx, &bits, source) < 0)
            return NULL;
        made = bits > SIZE_MAX ? NULL : blob_new_filled((size_t)bits, bit);
    } else {
        struct bytes bytes;
        blob *original = blob_of(module, source);
        int found = original == NULL ? bytes_of(ctx, module, source, &bytes) : BYTES_NO;
        if (found == BYTES_GONE) {
            throw_detached(ctx, "new Blob");
            return NULL;
        }
        if (original == NULL && found == BYTES_NO) {
            throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "new Blob: neither a length in bits nor a buffer");
            return NULL;
        }
        if (original == NULL) {
            made = blob_from_bytes(bytes.data, bytes.length);
        } else {
            drystone_status status = blob_copy(original, 0, blob_length_bits(original), &made);
            if (status != DRYSTONE_OK) {
                throw_status(ctx, status, "new Blob");
                return NULL;
            }
        }
    }
    if (made == NULL)
        throw_status(ctx, DRYSTONE_NO_MEMORY, "new Blob");
    return made;
}

MODULE_FUNCTION(blob_constructor) {
    struct module *module = module_of_data(data);
    if (!JS_IsConstructor(ctx, this_value))
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "Blob must be called with new");
    JSValue prototype = JS_GetPropertyStr(ctx, this_value, "prototype");
    if (JS_IsException(prototype))
        return prototype;
    JSValue object = JS_EXCEPTION;
    blob *made = blob_from_source(ctx, module, argv[0], argv[1]);
    if (made != NULL)
        object = blob_object_with(ctx, module, JS_IsObject(prototype) ? prototype : module->blob_prototype, made);
    JS_FreeValue(ctx, prototype);
    return object;
}

MODULE_FUNCTION(blob_get_length) {
    blob *self = this_blob(ctx, module_of_data(data), this_value);
    return self == NULL ? JS_EXCEPTION : JS_NewInt64(ctx, (int64_t)blob_length_bits(self));
}

MODULE_FUNCTION(blob_get_stone) {
    blob *self = this_blob(ctx, module_of_data(data), this_value);
    return self == NULL ? JS_EXCEPTION : JS_NewBool(ctx, blob_is_stone(self));
}

MODULE_FUNCTION(blob_get_buffer) {
    struct module *module = module_of_data(data);
    blob *self = this_blob(ctx, module, this_value);
    if (self == NULL)
        return JS_EXCEPTION;
    if (!blob_is_stone(self))
        return throw_status(ctx, DRYSTONE_NOT_STONE, "only a stone has a buffer");
    return view_of_blob(ctx, module, this_value, self);
}

/* A position in bits; undefined is `missing`. */
static int position(JSContext *ctx, JSValueConst value, size_t missing, size_t *out) {
    uint64_t index = missing;
    if (!JS_IsUndefined(value) && JS_ToIndex(ctx, &index, value) < 0)
        return -1;
    *out = index > SIZE_MAX ? SIZE_MAX : (size_t)index;
    return 0;
}

MODULE_FUNCTION(blob_slice_method) {
    struct module *module = module_of_data(data);
    blob *self = this_blob(ctx, module, this_value);
    size_t from, to;
    if (self == NULL || position(ctx, argv[0], 0, &from) < 0 || position(ctx, argv[1], blob_length_bits(self), &to) < 0)
        return JS_EXCEPTION;
    blob *slice = NULL;
    drystone_status status = blob_slice(self, from, to, &slice);
    if (status != DRYSTONE_OK)
        return throw_status(ctx, status, "Blob.prototype.slice");
    return blob_object_new(ctx, module, slice);
}

MODULE_FUNCTION(blob_equals_method) {
    struct module *module = module_of_data(data);
    blob *self = this_blob(ctx, module, this_value);
    if (self == NULL)
        return JS_EXCEPTION;
    blob *other = blob_of(module, argv[0]);
    if (other == NULL)
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "Blob.prototype.equals: the argument is not a Blob");
    return JS_NewBool(ctx, blob_equal(self, other));
}

/* A stone, whose bytes are read; NULL: an exception is pending. */
static blob *this_stone(JSContext *ctx, struct module *module, JSValueConst this_value) {
    blob *self = this_blob(ctx, module, this_value);
    if (self == NULL || blob_is_stone(self))
        return self;
    throw_status(ctx, DRYSTONE_NOT_STONE, "only a stone has bytes");
    return NULL;
}

MODULE_FUNCTION(blob_at_method) {
    blob *self = this_stone(ctx, module_of_data(data), this_value);
    double index = 0;
    if (self == NULL || JS_ToFloat64(ctx, &index, argv[0]) < 0)
        return JS_EXCEPTION;
    double length = (double)bytes_of_bits(self);
    index = isnan(index) ? 0 : trunc(index);
    if (index < 0)
        index += length;
    return index >= 0 && index < length ? JS_NewInt32(ctx, blob_data(self)[(size_t)index]) : JS_UNDEFINED;
}

MODULE_FUNCTION(blob_copy_to_method) {
    static const char doing[] = "Blob.prototype.copyTo";
    struct module *module = module_of_data(data);
    blob *self = this_stone(ctx, module, this_value);
    size_t from;
    struct bytes bytes;
    /* no JavaScript runs between the look at the target and the copy */
    if (self == NULL || position(ctx, argv[1], 0, &from) < 0 ||
        bytes_needed(ctx, module, argv[0], doing, &bytes) < 0)
        return JS_EXCEPTION;
    if (bytes.immutable)
        return throw_status(ctx, DRYSTONE_IS_STONE, doing);
    size_t length = bytes_of_bits(self), count = from < length ? length - from : 0;
    if (count > bytes.length)
        count = bytes.length;
    if (count != 0)
        memmove((uint8_t *)bytes.data, blob_data(self) + from, count);
    return JS_NewInt64(ctx, (int64_t)count);
}

MODULE_FUNCTION(blob_write_bytes_method) {
    static const char doing[] = "Blob.prototype.writeBytes";
    struct module *module = module_of_data(data);
    blob *self = this_blob(ctx, module, this_value);
    if (self == NULL)
        return JS_EXCEPTION;
    struct bytes bytes;
    if (bytes_needed(ctx, module, argv[0], doing, &bytes) < 0)
        return JS_EXCEPTION;
    drystone_status status = blob_write_bytes(self, bytes.data, bytes.length);
    if (status != DRYSTONE_OK)
        return throw_status(ctx, status, doing);
    weight_renew(module->state, self);
    return JS_DupValue(ctx, this_value);
}

/* Of anything else that can be sent: records and arrays as places in a message of their own, deep and for ever. */
static JSValue stone_of_value(JSContext *ctx, struct module *module, JSValueConst module_object, JSValueConst value) {
    if (stone_value_view(ctx, module->state, value) != NULL)
        return JS_DupValue(ctx, value);
    blob *message = encode_to_stone(ctx, module, value);
    if (message == NULL)
        return JS_EXCEPTION;
    JSValue result = JS_IsObject(value) ? stone_value_of_message(ctx, module_object, message, "stone")
                                        : JS_DupValue(ctx, value);
    blob_destroy(message);
    return result;
}

MODULE_FUNCTION(stone_function) {
    struct module *module = module_of_data(data);
    blob *self = blob_of(module, argv[0]);
    if (self != NULL) {
        drystone_status status = blob_make_stone(self);
        return status == DRYSTONE_OK ? JS_DupValue(ctx, argv[0]) : throw_status(ctx, status, "stone");
    }
    struct bytes bytes;
    switch (bytes_of(ctx, module, argv[0], &bytes)) {
    case BYTES_NO:
        return stone_of_value(ctx, module, data[0], argv[0]);
    case BYTES_GONE:
        return throw_detached(ctx, "stone");
    }
    blob *made = NULL;
    drystone_status status = bytes_to_stone(&bytes, &made);
    if (status != DRYSTONE_OK)
        return throw_status(ctx, status, "stone");
    return blob_object_new(ctx, module, made);
}

MODULE_FUNCTION(is_stone_function) {
    struct module *module = module_of_data(data);
    blob *self = blob_of(module, argv[0]);
    if (self != NULL)
        return JS_NewBool(ctx, blob_is_stone(self));
    return JS_NewBool(ctx, view_stone(ctx, module->state, argv[0]) != NULL ||
                               stone_value_view(ctx, module->state, argv[0]) != NULL);
}

static const JSCFunctionListEntry blob_tag[] = CLASS_TAG("Blob");

static int define_blob_prototype(JSContext *ctx, JSValueConst prototype, JSValueConst module_object) {
    if (define_getter(ctx, prototype, module_object, "length", blob_get_length, 0) < 0 ||
        define_getter(ctx, prototype, module_object, "stone", blob_get_stone, 0) < 0 ||
        define_getter(ctx, prototype, module_object, "buffer", blob_get_buffer, 0) < 0 ||
        define_method(ctx, prototype, module_object, "slice", blob_slice_method, 2, 0) < 0 ||
        define_method(ctx, prototype, module_object, "equals", blob_equals_method, 1, 0) < 0 ||
        define_method(ctx, prototype, module_object, "at", blob_at_method, 1, 0) < 0 ||
        define_method(ctx, prototype, module_object, "copyTo", blob_copy_to_method, 2, 0) < 0 ||
        define_method(ctx, prototype, module_object, "writeBytes", blob_write_bytes_method, 1, 0) < 0 ||
        blob_fields_define(ctx, prototype, module_object) < 0)
        return -1;
    return 0;
}

int blob_module_init(JSContext *ctx, JSValueConst module_object) {
    struct module *module = module_of(module_object);
    module->blob_prototype = JS_NewObject(ctx);
    if (JS_IsException(module->blob_prototype) || define_blob_prototype(ctx, module->blob_prototype, module_object) < 0)
        return -1;
    JSValue constructor =
        define_class(ctx, module->blob_prototype, module_object, "Blob", blob_tag, blob_constructor, 2);
    if (JS_IsException(constructor) || export_value(ctx, module_object, "Blob", constructor) < 0)
        return -1;
    if (export_function(ctx, module_object, "stone", stone_function, 1) < 0 ||
        export_function(ctx, module_object, "isStone", is_stone_function, 1) < 0)
        return -1;
    return 0;
}
