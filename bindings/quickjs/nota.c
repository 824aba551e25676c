/* The `nota` object: encode, decode, fromMessage, toMessage, and the Feeder class. */
#include <stdio.h>

#include "blob_object.h"
#include "bytes.h"
#include "decode.h"
#include "define.h"
#include "encode.h"
#include "error.h"
#include "feeder.h"
#include "message.h"
#include "part.h"
#include "view.h"

MODULE_FUNCTION(nota_encode_function) { return encode_value(ctx, module_of_data(data), argv[0], FORM_NOTA, false); }

/* Throws `<doing> at byte <offset>: …`. */
static JSValue throw_at(JSContext *ctx, drystone_status status, const char *doing, size_t offset) {
    char where[64];
    snprintf(where, sizeof where, "%s at byte %zu", doing, offset);
    return throw_status(ctx, status, where);
}

/* The offset at which a check failed; a second pass, because only errors need it. */
static JSValue throw_invalid(JSContext *ctx, drystone_status status, const char *doing, const struct bytes *bytes) {
    size_t offset;
    if (nota_validate(bytes->data, bytes->length, NULL, &offset) == status && status != DRYSTONE_NO_MEMORY)
        return throw_at(ctx, status, doing, offset);
    return throw_status(ctx, status, doing);
}

MODULE_FUNCTION(nota_decode_function) {
    static const char doing[] = "nota.decode";
    struct module *module = module_of_data(data);
    struct bytes bytes;
    blob *copy = NULL;
    if (bytes_needed(ctx, module, argv[0], doing, &bytes) < 0)
        return JS_EXCEPTION;
    nota_reader reader;
    drystone_status status = bytes_settle(&bytes, &copy);
    if (status == DRYSTONE_OK)
        status = nota_reader_init(&reader, bytes.data, bytes.length, NULL);
    JSValue result = status == DRYSTONE_OK ? decode_nota(ctx, module, &reader, bytes.length)
                                           : throw_invalid(ctx, status, doing, &bytes);
    blob_destroy(copy);
    return result;
}

MODULE_FUNCTION(nota_from_message_function) {
    static const char doing[] = "nota.fromMessage";
    struct module *module = module_of_data(data);
    blob *message = message_of(ctx, module, argv[0]), *nota = NULL;
    drystone_status status = message == NULL ? DRYSTONE_INVALID_ARGUMENT : nota_from_message(message, &nota);
    if (status != DRYSTONE_OK)
        return throw_status(ctx, status, doing);
    return view_new(ctx, module, nota);
}

MODULE_FUNCTION(nota_to_message_function) {
    static const char doing[] = "nota.toMessage";
    struct module *module = module_of_data(data);
    struct bytes bytes;
    blob *copy = NULL, *message = NULL;
    if (bytes_needed(ctx, module, argv[0], doing, &bytes) < 0)
        return JS_EXCEPTION;
    drystone_status status = bytes_settle(&bytes, &copy);
    if (status == DRYSTONE_OK)
        status = nota_to_message(bytes.data, bytes.length, NULL, &message);
    JSValue result = status == DRYSTONE_OK ? blob_object_new(ctx, module, message)
                                           : throw_invalid(ctx, status, doing, &bytes);
    blob_destroy(copy);
    return result;
}

static const struct method nota_functions[] = {
    METHOD("encode", nota_encode_function, 1, 0),
    METHOD("decode", nota_decode_function, 1, 0),
    METHOD("fromMessage", nota_from_message_function, 1, 0),
    METHOD("toMessage", nota_to_message_function, 1, 0),
};

static int nota_init(JSContext *ctx, JSValueConst module_object) {
    JSValue nota = define_object(ctx, module_object, "nota", nota_functions, COUNT_OF(nota_functions));
    if (JS_IsException(nota))
        return -1;
    JSValue feeder = feeder_class_new(ctx, module_object);
    if (JS_IsException(feeder) ||
        JS_DefinePropertyValueStr(ctx, nota, "Feeder", feeder, JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE) < 0) {
        JS_FreeValue(ctx, nota);
        return -1;
    }
    return export_value(ctx, module_object, "nota", nota);
}

static const struct part nota_part = { .init = nota_init };
