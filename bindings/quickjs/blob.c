/* The Blob class, stone() and isStone(). */
#include <math.h>

#include "arguments.h"
#include "blob_object.h"
#include "bytes.h"
#include "define.h"
#include "encode.h"
#include "fields.h"
#include "part.h"
#include "stone_value.h"
#include "view.h"
#include "weight.h"

static void blob_finalizer(JSRuntime *runtime, JSValueConst value) {
    JSClassID class_id;
    blob *kept = JS_GetAnyOpaque(value, &class_id);
    view_forget(runtime, value, kept);
    weight_remove(runtime, kept);
    blob_destroy(kept);
}

static const JSClassDef blob_class = { .class_name = "Blob", .finalizer = blob_finalizer };

/* The initial content of `new Blob(source)`; NULL: an exception is pending. */
static blob *blob_from_source(JSContext *ctx, struct module *module, JSValueConst source, JSValueConst fill) {
    blob *made = NULL;
    bool bit = false;
    if (!JS_IsUndefined(fill) && bit_argument(ctx, fill, "new Blob", &bit) < 0)
        return NULL;
    if (!JS_IsUndefined(fill) && !JS_IsNumber(source)) {
        throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "new Blob: a bit to fill with, but no length");
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
    JSValue object = object_of_target(ctx, module, this_value, BLOB_CLASS);
    if (JS_IsException(object))
        return object;
    blob *made = blob_from_source(ctx, module, argv[0], argv[1]);
    if (made == NULL) {
        JS_FreeValue(ctx, object);
        return JS_EXCEPTION;
    }
    blob_object_fill(module, object, made);
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

MODULE_FUNCTION(blob_to_shared_method) {
    struct module *module = module_of_data(data);
    blob *self = this_blob(ctx, module, this_value), *shared = NULL;
    if (self == NULL)
        return JS_EXCEPTION;
    drystone_status status = blob_to_shared(self, &shared);
    if (status != DRYSTONE_OK)
        return throw_status(ctx, status, "Blob.prototype.toShared");
    return blob_object_new(ctx, module, shared);
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
    double length = (double)blob_whole_bytes(self);
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
    /* no JavaScript runs between the check of the target and the copy */
    if (self == NULL || position(ctx, argv[1], 0, &from) < 0 ||
        bytes_needed(ctx, module, argv[0], doing, &bytes) < 0)
        return JS_EXCEPTION;
    if (bytes.immutable)
        return throw_status(ctx, DRYSTONE_IS_STONE, doing);
    size_t length = blob_whole_bytes(self), count = from < length ? length - from : 0;
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

/* Any other value that can be sent: records and arrays become deeply immutable places in a new message. */
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

static const struct method blob_methods[] = {
    GETTER("length", blob_get_length, 0),
    GETTER("stone", blob_get_stone, 0),
    GETTER("buffer", blob_get_buffer, 0),
    METHOD("slice", blob_slice_method, 2, 0),
    METHOD("toShared", blob_to_shared_method, 0, 0),
    METHOD("equals", blob_equals_method, 1, 0),
    METHOD("at", blob_at_method, 1, 0),
    METHOD("copyTo", blob_copy_to_method, 2, 0),
    METHOD("writeBytes", blob_write_bytes_method, 1, 0),
    METHOD("writeBit", write_bit_method, 1, 0),
    METHOD("writeFit", write_fit_method, 2, 0),
    METHOD("writeKim", write_kim_method, 1, 0),
    METHOD("writeDec64", write_dec64_method, 1, 0),
    METHOD("writeText", write_text_method, 1, 0),
    METHOD("writeBlob", write_blob_method, 1, 0),
    METHOD("writePad", write_pad_method, 1, 0),
    METHOD("readBit", read_bit_method, 1, 0),
    METHOD("readFit", read_fit_method, 2, 0),
    METHOD("readKim", read_kim_method, 1, KIM_VALUE),
    METHOD("kimBits", read_kim_method, 1, KIM_BITS),
    METHOD("readDec64", read_dec64_method, 1, 0),
    METHOD("readText", read_text_method, 1, 0),
    METHOD("textBits", text_bits_method, 1, 0),
    METHOD("readBlob", read_blob_method, 2, 0),
    METHOD("isPad", is_pad_method, 2, 0),
    /* the names that engines of this family use */
    ALIAS("write_bytes", "writeBytes"),
    ALIAS("write_bit", "writeBit"),
    ALIAS("write_fit", "writeFit"),
    ALIAS("write_kim", "writeKim"),
    ALIAS("write_dec64", "writeDec64"),
    ALIAS("write_text", "writeText"),
    ALIAS("write_blob", "writeBlob"),
    ALIAS("write_pad", "writePad"),
    ALIAS("read_bit", "readBit"),
    ALIAS("readLogical", "readBit"),
    ALIAS("read_logical", "readBit"),
    ALIAS("read_fit", "readFit"),
    ALIAS("read_kim", "readKim"),
    ALIAS("kim_bits", "kimBits"),
    ALIAS("read_dec64", "readDec64"),
    ALIAS("read_text", "readText"),
    ALIAS("text_bits", "textBits"),
    ALIAS("read_blob", "readBlob"),
    ALIAS("is_pad", "isPad"),
};

static const struct shape blob_shape = { .name = "Blob",
                                         METHODS(blob_methods),
                                         .constructor = blob_constructor,
                                         .length = 2 };

static const struct method blob_functions[] = {
    METHOD("stone", stone_function, 1, 0),
    METHOD("isStone", is_stone_function, 1, 0),
};

static int blob_init(JSContext *ctx, JSValueConst module_object) {
    if (export_class(ctx, module_object, BLOB_CLASS, &blob_shape) < 0)
        return -1;
    return export_functions(ctx, module_object, blob_functions, COUNT_OF(blob_functions));
}

static const struct part blob_part = { .definition = &blob_class, .class_index = BLOB_CLASS, .init = blob_init };
