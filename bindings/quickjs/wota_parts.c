/* Messages in parts: the words, and each stone and message in them once, as Blobs; and back. */
#include "wota_parts.h"

#include "arguments.h"
#include "blob_object.h"
#include "bytes.h"
#include "error.h"
#include "message.h"

static JSValue blobs_of_parts(JSContext *ctx, struct module *module, const wota_parts *parts) {
    JSValue list = JS_NewArray(ctx);
    size_t count = wota_parts_count(parts);
    for (size_t i = 0; i < count && !JS_IsException(list); i++) {
        blob *part = wota_parts_get(parts, i);
        blob_incref(part);
        JSValue object = blob_object_new(ctx, module, part);
        if (JS_IsException(object) ||
            JS_DefinePropertyValueUint32(ctx, list, (uint32_t)i, object, JS_PROP_C_W_E) < 0) {
            JS_FreeValue(ctx, list);
            list = JS_EXCEPTION;
        }
    }
    return list;
}

MODULE_FUNCTION(wota_to_parts_function) {
    static const char doing[] = "wota.toParts";
    struct module *module = module_of_data(data);
    uint64_t inline_below = 0;
    if (count_option(ctx, argv[1], "inlineBelow", doing, &inline_below) < 0)
        return JS_EXCEPTION;
    blob *message = message_of(ctx, module, argv[0]);
    wota_parts *parts = NULL;
    drystone_status status = message == NULL
                                 ? DRYSTONE_INVALID_ARGUMENT
                                 : wota_to_parts(message, inline_below < SIZE_MAX ? (size_t)inline_below : SIZE_MAX, &parts);
    if (status != DRYSTONE_OK)
        return throw_status(ctx, status, doing);
    JSValue list = blobs_of_parts(ctx, module, parts);
    wota_parts_free(parts);
    return list;
}

/* Counted; NULL: an exception is pending. */
static blob *part_of(JSContext *ctx, struct module *module, JSValueConst value, const char *doing) {
    blob *part = blob_of(module, value);
    if (part != NULL) {
        blob_incref(part);
        return part;
    }
    struct bytes bytes;
    if (bytes_needed(ctx, module, value, doing, &bytes) < 0)
        return NULL;
    drystone_status status = bytes_to_stone(&bytes, &part);
    if (status != DRYSTONE_OK)
        throw_status(ctx, status, doing);
    return part;
}

MODULE_FUNCTION(wota_from_parts_function) {
    static const char doing[] = "wota.fromParts";
    struct module *module = module_of_data(data);
    int64_t length = 0, count = 0;
    if (JS_GetClassID(argv[0]) != module->state->array_class)
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, doing);
    if (get_length(ctx, argv[0], &length) < 0)
        return JS_EXCEPTION;
    blob **parts = js_malloc(ctx, (size_t)(length == 0 ? 1 : length) * sizeof *parts);
    if (parts == NULL)
        return JS_EXCEPTION;
    JSValue result = JS_UNDEFINED;
    for (; count < length; count++) {
        JSValue value = get_element(ctx, argv[0], count);
        parts[count] = JS_IsException(value) ? NULL : part_of(ctx, module, value, doing);
        JS_FreeValue(ctx, value);
        if (parts[count] == NULL) {
            result = JS_EXCEPTION;
            break;
        }
    }
    if (!JS_IsException(result)) {
        blob *message = NULL;
        drystone_status status = wota_from_parts(parts, (size_t)length, NULL, &message);
        result = status == DRYSTONE_OK ? blob_object_new(ctx, module, message) : throw_status(ctx, status, doing);
    }
    while (count > 0)
        blob_destroy(parts[--count]);
    js_free(ctx, parts);
    return result;
}
