/* The `wota` object: encode, decode, toBytes, fromBytes, and what each of them takes. */
#include "internal.h"

static JSValue throw_gone(JSContext *ctx) {
    static const char message[] = "the buffer is detached or the view out of its bounds";
    return throw_status_message(ctx, DRYSTONE_INVALID_ARGUMENT, message, sizeof message - 1);
}

/* A message, given as a Blob or as the ArrayBuffer over it; NULL: it is none. */
static blob *message_of(JSContext *ctx, struct module *module, JSValueConst value) {
    blob *given = blob_of(module, value);
    if (given == NULL)
        given = view_stone(ctx, module->state, value);
    return given != NULL && wota_is_message(given) ? given : NULL;
}

/* Bytes that other threads can change must not be looked at twice: a copy of them, to be destroyed. */
static drystone_status settle(struct bytes *bytes, blob **copy) {
    *copy = NULL;
    if (!bytes->concurrent)
        return DRYSTONE_OK;
    *copy = blob_from_bytes(bytes->data, bytes->length);
    if (*copy == NULL)
        return DRYSTONE_NO_MEMORY;
    bytes->data = blob_data(*copy);
    return DRYSTONE_OK;
}

MODULE_FUNCTION(encode_function) { return wota_encode_value(ctx, module_of_data(data), argv[0]); }

MODULE_FUNCTION(decode_function) {
    static const char doing[] = "wota.decode";
    struct module *module = module_of_data(data);
    wota_reader reader;
    drystone_status status;
    struct bytes bytes;
    blob *copy = NULL, *message = message_of(ctx, module, argv[0]);
    if (message == NULL)
        message = blob_of(module, argv[0]); /* its status says what is wrong with it */
    if (message != NULL) {
        status = wota_reader_init(&reader, message, NULL);
        if (status != DRYSTONE_OK)
            return throw_status(ctx, status, doing);
        return wota_decode_message(ctx, module, &reader);
    }
    switch (bytes_of(ctx, module, argv[0], &bytes)) {
    case BYTES_NO:
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "wota.decode: neither a message nor its bytes");
    case BYTES_GONE:
        return throw_gone(ctx);
    }
    status = settle(&bytes, &copy);
    if (status == DRYSTONE_OK)
        status = wota_reader_init_bytes(&reader, bytes.data, bytes.length, WOTA_CLASSIC, NULL);
    JSValue result =
        status == DRYSTONE_OK ? wota_decode_message(ctx, module, &reader) : throw_status(ctx, status, doing);
    blob_destroy(copy);
    return result;
}

MODULE_FUNCTION(to_bytes_function) {
    struct module *module = module_of_data(data);
    blob *message = message_of(ctx, module, argv[0]), *bytes = NULL;
    if (message == NULL)
        message = blob_of(module, argv[0]);
    drystone_status status = message == NULL ? DRYSTONE_INVALID_ARGUMENT : wota_to_bytes(message, &bytes);
    if (status != DRYSTONE_OK)
        return throw_status(ctx, status, "wota.toBytes");
    return view_new(ctx, module->state, bytes);
}

MODULE_FUNCTION(from_bytes_function) {
    static const char doing[] = "wota.fromBytes";
    struct module *module = module_of_data(data);
    struct bytes bytes;
    switch (bytes_of(ctx, module, argv[0], &bytes)) {
    case BYTES_NO:
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, doing);
    case BYTES_GONE:
        return throw_gone(ctx);
    }
    blob *copy = NULL, *message = NULL;
    drystone_status status = settle(&bytes, &copy);
    if (status == DRYSTONE_OK)
        status = wota_from_bytes(bytes.data, bytes.length, WOTA_CLASSIC, NULL, &message);
    blob_destroy(copy);
    if (status != DRYSTONE_OK)
        return throw_status(ctx, status, doing);
    return blob_object_new(ctx, module, message);
}

static const JSCFunctionListEntry wota_tag[] = CLASS_TAG("wota");

int wota_module_init(JSContext *ctx, JSModuleDef *definition, JSValueConst module_object) {
    JSValue wota = JS_NewObject(ctx);
    if (JS_IsException(wota))
        return -1;
    if (JS_SetPropertyFunctionList(ctx, wota, wota_tag, 1) < 0 ||
        define_method(ctx, wota, module_object, "encode", encode_function, 1, 0) < 0 ||
        define_method(ctx, wota, module_object, "decode", decode_function, 1, 0) < 0 ||
        define_method(ctx, wota, module_object, "toBytes", to_bytes_function, 1, 0) < 0 ||
        define_method(ctx, wota, module_object, "fromBytes", from_bytes_function, 1, 0) < 0) {
        JS_FreeValue(ctx, wota);
        return -1;
    }
    return export_value(ctx, definition, "wota", wota);
}
