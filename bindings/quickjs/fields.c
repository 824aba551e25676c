/* The fields of blobs: writes append to an antestone, reads start at any bit of a stone. A read returns null if there
   is no such field. */
#include "fields.h"

#include "arguments.h"
#include "blob_object.h"
#include "scratch.h"
#include "weight.h"

#define TEXT_INLINE 2048
#define BLOB_METHOD(name) "Blob.prototype." name

/* The Blob of a method call; NULL: an exception is pending. */
static blob *blob_of_method(JSContext *ctx, JSValueConst this_value, JSValueConst *data, const char *doing) {
    blob *self = blob_of(module_of_data(data), this_value);
    if (self == NULL)
        throw_status(ctx, DRYSTONE_WRONG_TYPE, doing);
    return self;
}

static JSValue this_or_throw(JSContext *ctx, JSValueConst this_value, JSValueConst *data, const blob *self,
                             drystone_status status, const char *doing) {
    if (status != DRYSTONE_OK)
        return throw_status(ctx, status, doing);
    weight_renew(module_of_data(data)->state, self);
    return JS_DupValue(ctx, this_value);
}

/* The result of a failed read. */
static JSValue missing(JSContext *ctx, drystone_status status, const char *doing) {
    return status == DRYSTONE_NO_MEMORY ? throw_status(ctx, status, doing) : JS_NULL;
}

MODULE_FUNCTION(write_bit_method) {
    static const char doing[] = BLOB_METHOD("writeBit");
    blob *self = blob_of_method(ctx, this_value, data, doing);
    bool bit;
    if (self == NULL || bit_argument(ctx, argv[0], doing, &bit) < 0)
        return JS_EXCEPTION;
    return this_or_throw(ctx, this_value, data, self, blob_write_bit(self, bit), doing);
}

MODULE_FUNCTION(write_fit_method) {
    static const char doing[] = BLOB_METHOD("writeFit");
    blob *self = blob_of_method(ctx, this_value, data, doing);
    int64_t value;
    size_t bits;
    if (self == NULL || integer_argument(ctx, argv[0], doing, &value) < 0 ||
        count_argument(ctx, argv[1], doing, 0, &bits) < 0)
        return JS_EXCEPTION;
    drystone_status status = blob_write_fit(self, value, bits > UINT32_MAX ? 0 : (uint32_t)bits);
    return this_or_throw(ctx, this_value, data, self, status, doing);
}

MODULE_FUNCTION(write_kim_method) {
    static const char doing[] = BLOB_METHOD("writeKim");
    blob *self = blob_of_method(ctx, this_value, data, doing);
    int64_t value;
    if (self == NULL || integer_argument(ctx, argv[0], doing, &value) < 0)
        return JS_EXCEPTION;
    return this_or_throw(ctx, this_value, data, self, blob_write_kim(self, value), doing);
}

MODULE_FUNCTION(write_dec64_method) {
    static const char doing[] = BLOB_METHOD("writeDec64");
    blob *self = blob_of_method(ctx, this_value, data, doing);
    int64_t word;
    double number = 0;
    if (self == NULL)
        return JS_EXCEPTION;
    if (is_big_integer(ctx, argv[0])) {
        if (word_argument(ctx, argv[0], doing, &word) < 0)
            return JS_EXCEPTION;
    } else {
        if (number_argument(ctx, argv[0], doing, &number) < 0)
            return JS_EXCEPTION;
        word = dec64_from_double(number);
    }
    return this_or_throw(ctx, this_value, data, self, blob_write_dec64(self, word), doing);
}

MODULE_FUNCTION(write_text_method) {
    static const char doing[] = BLOB_METHOD("writeText");
    blob *self = blob_of_method(ctx, this_value, data, doing);
    size_t length;
    const char *text = self == NULL ? NULL : string_argument(ctx, argv[0], doing, &length);
    if (text == NULL)
        return JS_EXCEPTION;
    drystone_status status = blob_write_text(self, text, length);
    JS_FreeCString(ctx, text);
    return this_or_throw(ctx, this_value, data, self, status, doing);
}

MODULE_FUNCTION(write_blob_method) {
    static const char doing[] = BLOB_METHOD("writeBlob");
    blob *self = blob_of_method(ctx, this_value, data, doing);
    if (self == NULL)
        return JS_EXCEPTION;
    blob *other = blob_of(module_of_data(data), argv[0]);
    drystone_status status = other == NULL ? DRYSTONE_INVALID_ARGUMENT : blob_write_blob(self, other);
    return this_or_throw(ctx, this_value, data, self, status, doing);
}

MODULE_FUNCTION(write_pad_method) {
    static const char doing[] = BLOB_METHOD("writePad");
    blob *self = blob_of_method(ctx, this_value, data, doing);
    size_t block;
    if (self == NULL || count_argument(ctx, argv[0], doing, 0, &block) < 0)
        return JS_EXCEPTION;
    return this_or_throw(ctx, this_value, data, self, blob_write_pad(self, block), doing);
}

/* The Blob and the position of a read; SIZE_MAX is past the end of every blob. NULL: an exception is pending. */
static blob *read_at(JSContext *ctx, JSValueConst this_value, JSValueConst *argv, JSValueConst *data, const char *doing,
                     size_t *from) {
    blob *self = blob_of_method(ctx, this_value, data, doing);
    return self != NULL && count_argument(ctx, argv[0], doing, SIZE_MAX, from) == 0 ? self : NULL;
}

MODULE_FUNCTION(read_bit_method) {
    static const char doing[] = BLOB_METHOD("readBit");
    size_t from;
    bool bit;
    blob *self = read_at(ctx, this_value, argv, data, doing, &from);
    if (self == NULL)
        return JS_EXCEPTION;
    drystone_status status = blob_read_bit(self, from, &bit);
    return status == DRYSTONE_OK ? JS_NewBool(ctx, bit) : missing(ctx, status, doing);
}

MODULE_FUNCTION(read_fit_method) {
    static const char doing[] = BLOB_METHOD("readFit");
    size_t from, bits;
    int64_t value;
    blob *self = read_at(ctx, this_value, argv, data, doing, &from);
    if (self == NULL || count_argument(ctx, argv[1], doing, 0, &bits) < 0)
        return JS_EXCEPTION;
    drystone_status status = blob_read_fit(self, from, bits > UINT32_MAX ? 0 : (uint32_t)bits, &value);
    return status == DRYSTONE_OK ? integer_value(ctx, value) : missing(ctx, status, doing);
}

MODULE_FUNCTION(read_kim_method) {
    const char *doing = magic == KIM_VALUE ? BLOB_METHOD("readKim") : BLOB_METHOD("kimBits");
    size_t from, bits;
    int64_t value;
    blob *self = read_at(ctx, this_value, argv, data, doing, &from);
    if (self == NULL)
        return JS_EXCEPTION;
    drystone_status status = blob_read_kim(self, from, &value, &bits);
    if (status != DRYSTONE_OK)
        return missing(ctx, status, doing);
    return magic == KIM_VALUE ? integer_value(ctx, value) : JS_NewInt64(ctx, (int64_t)bits);
}

MODULE_FUNCTION(read_dec64_method) {
    static const char doing[] = BLOB_METHOD("readDec64");
    size_t from;
    int64_t word;
    blob *self = read_at(ctx, this_value, argv, data, doing, &from);
    if (self == NULL)
        return JS_EXCEPTION;
    drystone_status status = blob_read_dec64(self, from, &word);
    return status == DRYSTONE_OK ? JS_NewFloat64(ctx, dec64_to_double(word)) : missing(ctx, status, doing);
}

MODULE_FUNCTION(read_text_method) {
    static const char doing[] = BLOB_METHOD("readText");
    char text_inline[TEXT_INLINE], *text = text_inline;
    size_t from, length, bits;
    blob *self = read_at(ctx, this_value, argv, data, doing, &from);
    if (self == NULL)
        return JS_EXCEPTION;
    struct scratch scratch;
    scratch_begin(&scratch, module_of_data(data)->state);
    drystone_status status = blob_read_text(self, from, text, sizeof text_inline, &length, &bits);
    if (status == DRYSTONE_OUT_OF_RANGE) { /* past the end, or longer than the buffer */
        status = blob_read_text(self, from, NULL, 0, &length, &bits);
        if (status == DRYSTONE_OK) {
            text = scratch_alloc(&scratch, length);
            if (text == NULL)
                return JS_ThrowOutOfMemory(ctx);
            status = blob_read_text(self, from, text, length, &length, &bits);
        }
    }
    JSValue result = status == DRYSTONE_OK ? JS_NewStringLen(ctx, text, length) : missing(ctx, status, doing);
    scratch_end(&scratch);
    return result;
}

MODULE_FUNCTION(text_bits_method) {
    static const char doing[] = BLOB_METHOD("textBits");
    size_t from, length, bits;
    blob *self = read_at(ctx, this_value, argv, data, doing, &from);
    if (self == NULL)
        return JS_EXCEPTION;
    drystone_status status = blob_read_text(self, from, NULL, 0, &length, &bits);
    return status == DRYSTONE_OK ? JS_NewInt64(ctx, (int64_t)bits) : missing(ctx, status, doing);
}

MODULE_FUNCTION(read_blob_method) {
    static const char doing[] = BLOB_METHOD("readBlob");
    size_t from = 0, to;
    blob *part = NULL, *self = blob_of_method(ctx, this_value, data, doing);
    if (self == NULL)
        return JS_EXCEPTION;
    to = blob_length_bits(self);
    if ((!JS_IsUndefined(argv[0]) && count_argument(ctx, argv[0], doing, SIZE_MAX, &from) < 0) ||
        (!JS_IsUndefined(argv[1]) && count_argument(ctx, argv[1], doing, SIZE_MAX, &to) < 0))
        return JS_EXCEPTION;
    drystone_status status = blob_slice(self, from, to, &part);
    return status == DRYSTONE_OK ? blob_object_new(ctx, module_of_data(data), part) : missing(ctx, status, doing);
}

MODULE_FUNCTION(is_pad_method) {
    static const char doing[] = BLOB_METHOD("isPad");
    size_t from, block;
    bool pad;
    blob *self = read_at(ctx, this_value, argv, data, doing, &from);
    if (self == NULL || count_argument(ctx, argv[1], doing, 0, &block) < 0)
        return JS_EXCEPTION;
    drystone_status status = blob_is_pad(self, from, block, &pad);
    return status == DRYSTONE_OK ? JS_NewBool(ctx, pad) : missing(ctx, status, doing);
}
