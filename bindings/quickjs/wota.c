/* The `wota` object: encode, decode, transcode, toBytes, fromBytes, and their arguments. */
#include "arguments.h"
#include "blob_object.h"
#include "bytes.h"
#include "decode.h"
#include "define.h"
#include "encode.h"
#include "error.h"
#include "message.h"
#include "part.h"
#include "stone_value.h"
#include "view.h"
#include "wota_parts.h"
#include "wota_text.h"

MODULE_FUNCTION(wota_encode_function) {
    static const char doing[] = "wota.encode";
    struct module *module = module_of_data(data);
    if (LIKELY(JS_IsUndefined(argv[1])))
        return encode_value(ctx, module, argv[0], FORM_CLASSIC, false);
    wota_dialect dialect = WOTA_CLASSIC;
    bool nearest = false;
    if (dialect_option(ctx, argv[1], doing, &dialect) < 0 || flag_option(ctx, argv[1], "nearest", doing, &nearest) < 0)
        return JS_EXCEPTION;
    if (dialect == WOTA_CLASSIC)
        return encode_value(ctx, module, argv[0], FORM_CLASSIC, false);
    return encode_value(ctx, module, argv[0], FORM_DEC64, nearest);
}

/* Without immutable ArrayBuffers, a stone Blob that is not a message represents its own bytes. */
static bool stands_for_bytes(const blob *given) {
    return !HAS_IMMUTABLE_BUFFERS && blob_is_stone(given) && !wota_is_message(given);
}

MODULE_FUNCTION(wota_decode_function) {
    static const char doing[] = "wota.decode";
    struct module *module = module_of_data(data);
    wota_reader reader;
    drystone_status status;
    wota_dialect dialect = WOTA_CLASSIC;
    if (dialect_option(ctx, argv[1], doing, &dialect) < 0)
        return JS_EXCEPTION;
    blob *message = message_of(ctx, module, argv[0]);
    if (message != NULL && !stands_for_bytes(message)) {
        status = wota_reader_init(&reader, message, NULL);
        if (status == DRYSTONE_WRONG_TYPE) {
            static const char text[] = "wota.decode: this stone is not a message";
            return throw_status_message(ctx, status, text, sizeof text - 1);
        }
        if (status != DRYSTONE_OK)
            return throw_status(ctx, status, doing);
        return decode_message(ctx, module, &reader, message);
    }
    struct bytes bytes;
    blob *copy = NULL;
    if (bytes_needed(ctx, module, argv[0], doing, &bytes) < 0)
        return JS_EXCEPTION;
    status = bytes_settle(&bytes, &copy);
    if (status == DRYSTONE_OK)
        status = wota_reader_init_bytes(&reader, bytes.data, bytes.length, dialect, NULL);
    JSValue result = status == DRYSTONE_OK ? decode_bytes(ctx, module, &reader, bytes.length)
                                           : throw_status(ctx, status, doing);
    blob_destroy(copy);
    return result;
}

MODULE_FUNCTION(wota_view_function) {
    static const char doing[] = "wota.view";
    blob *message = message_of(ctx, module_of_data(data), argv[0]);
    if (message == NULL) {
        refuse_argument(ctx, doing, "not a message: wota.encode makes one from a value, wota.fromBytes from bytes");
        return JS_EXCEPTION;
    }
    return stone_value_of_message(ctx, data[0], message, doing);
}

MODULE_FUNCTION(wota_transcode_function) {
    static const char doing[] = "wota.transcode";
    struct module *module = module_of_data(data);
    wota_dialect dialect;
    bool nearest = false;
    if (dialect_argument(ctx, argv[1], doing, &dialect) < 0 ||
        flag_option(ctx, argv[2], "nearest", doing, &nearest) < 0)
        return JS_EXCEPTION;
    blob *message = message_of(ctx, module, argv[0]), *made = NULL;
    drystone_status status = message == NULL
                                 ? DRYSTONE_INVALID_ARGUMENT
                                 : wota_transcode(message, nearest ? dialect | WOTA_NEAREST : dialect, &made);
    return status == DRYSTONE_OK ? blob_object_new(ctx, module, made) : throw_status(ctx, status, doing);
}

MODULE_FUNCTION(wota_to_bytes_function) {
    struct module *module = module_of_data(data);
    blob *message = message_of(ctx, module, argv[0]), *bytes = NULL;
    drystone_status status = message == NULL ? DRYSTONE_INVALID_ARGUMENT : wota_to_bytes(message, &bytes);
    if (status != DRYSTONE_OK)
        return throw_status(ctx, status, "wota.toBytes");
    return view_new(ctx, module, bytes);
}

MODULE_FUNCTION(wota_from_bytes_function) {
    static const char doing[] = "wota.fromBytes";
    struct module *module = module_of_data(data);
    struct bytes bytes;
    wota_dialect dialect = WOTA_CLASSIC;
    if (dialect_option(ctx, argv[1], doing, &dialect) < 0 || bytes_needed(ctx, module, argv[0], doing, &bytes) < 0)
        return JS_EXCEPTION;
    blob *copy = NULL, *message = NULL;
    drystone_status status = bytes_settle(&bytes, &copy);
    if (status == DRYSTONE_OK)
        status = wota_from_bytes(bytes.data, bytes.length, dialect, NULL, &message);
    blob_destroy(copy);
    if (status != DRYSTONE_OK)
        return throw_status(ctx, status, doing);
    return blob_object_new(ctx, module, message);
}

static const struct method wota_functions[] = {
    METHOD("encode", wota_encode_function, 2, 0),
    METHOD("decode", wota_decode_function, 2, 0),
    METHOD("view", wota_view_function, 1, 0),
    METHOD("transcode", wota_transcode_function, 3, 0),
    METHOD("toBytes", wota_to_bytes_function, 1, 0),
    METHOD("fromBytes", wota_from_bytes_function, 2, 0),
    METHOD("toParts", wota_to_parts_function, 2, 0),
    METHOD("fromParts", wota_from_parts_function, 1, 0),
    METHOD("toJSON", wota_to_json_function, 2, 0),
    METHOD("fromJSON", wota_from_json_function, 1, 0),
    METHOD("dump", wota_dump_function, 1, 0),
};

static int wota_init(JSContext *ctx, JSValueConst module_object) {
    return export_value(ctx, module_object, "wota",
                        define_object(ctx, module_object, "wota", wota_functions, COUNT_OF(wota_functions)));
}

static const struct part wota_part = { .init = wota_init };
