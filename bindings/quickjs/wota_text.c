/* Messages as text, for tools and debugging: wota.toJSON, wota.fromJSON, wota.dump. */
#include "wota_text.h"

#include <stdio.h>

#include "arguments.h"
#include "blob_object.h"
#include "error.h"
#include "message.h"

/* Takes over the count of the text. */
static JSValue string_of(JSContext *ctx, blob *text) {
    JSValue string = JS_NewStringLen(ctx, (const char *)blob_data(text), blob_length_bits(text) / 8);
    blob_destroy(text);
    return string;
}

MODULE_FUNCTION(wota_to_json_function) {
    int pretty = JS_ToBool(ctx, argv[1]);
    blob *message = message_of(ctx, module_of_data(data), argv[0]), *text = NULL;
    if (pretty < 0)
        return JS_EXCEPTION;
    drystone_status status = message == NULL ? DRYSTONE_INVALID_ARGUMENT : wota_to_json(message, pretty, &text);
    return status == DRYSTONE_OK ? string_of(ctx, text) : throw_status(ctx, status, "wota.toJSON");
}

MODULE_FUNCTION(wota_from_json_function) {
    static const char doing[] = "wota.fromJSON";
    size_t length, offset = SIZE_MAX;
    const char *text = string_argument(ctx, argv[0], doing, &length);
    if (text == NULL)
        return JS_EXCEPTION;
    blob *message = NULL;
    drystone_status status = wota_from_json(text, length, NULL, &message, &offset);
    JS_FreeCString(ctx, text);
    if (status == DRYSTONE_OK)
        return blob_object_new(ctx, module_of_data(data), message);
    if (offset == SIZE_MAX)
        return throw_status(ctx, status, doing);
    char where[64];
    snprintf(where, sizeof where, "%s at byte %zu", doing, offset);
    return throw_status(ctx, status, where);
}

MODULE_FUNCTION(wota_dump_function) {
    blob *message = message_of(ctx, module_of_data(data), argv[0]), *text = NULL;
    drystone_status status = message == NULL ? DRYSTONE_INVALID_ARGUMENT : wota_dump(message, &text);
    return status == DRYSTONE_OK ? string_of(ctx, text) : throw_status(ctx, status, "wota.dump");
}
