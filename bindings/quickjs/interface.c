/* The C interface: values between a host and its contexts. */
#include "arguments.h"
#include "blob_object.h"
#include "bytes.h"
#include "decode.h"
#include "drystone_quickjs.h"
#include "encode.h"
#include "error.h"
#include "mailbox_object.h"
#include "parts.h"
#include "stone_value.h"

DRYSTONE_MODULE_EXPORT JSValue drystone_js_from_blob(JSContext *ctx, blob *owned) {
    if (owned == NULL)
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "drystone_js_from_blob: no blob");
    struct module *module = needed_module(ctx);
    if (module == NULL) {
        blob_destroy(owned);
        return JS_EXCEPTION;
    }
    return blob_object_new(ctx, module, owned);
}

DRYSTONE_MODULE_EXPORT blob *drystone_js_to_blob(JSContext *ctx, JSValueConst value) {
    static const char doing[] = "drystone_js_to_blob";
    struct module *module = needed_module(ctx);
    if (module == NULL)
        return NULL;
    blob *found = blob_of(module, value);
    if (found != NULL) {
        blob_incref(found);
        return found;
    }
    struct bytes bytes;
    int kind = bytes_of(ctx, module, value, &bytes);
    drystone_status status = DRYSTONE_WRONG_TYPE;
    if (kind == BYTES_YES && bytes.stone != NULL)
        status = bytes_share(&bytes, &found);
    if (kind == BYTES_GONE)
        throw_detached(ctx, doing);
    else if (status == DRYSTONE_WRONG_TYPE)
        refuse_argument(ctx, doing, "neither a Blob nor a buffer over a stone");
    else if (status != DRYSTONE_OK)
        throw_status(ctx, status, doing);
    return found;
}

DRYSTONE_MODULE_EXPORT blob *drystone_js_encode(JSContext *ctx, JSValueConst value, wota_dialect dialect) {
    struct module *module = needed_module(ctx);
    if (module == NULL)
        return NULL;
    switch (dialect) {
    case WOTA_CLASSIC:
    case WOTA_CLASSIC | WOTA_NEAREST:
        return encode_to_blob(ctx, module, value, FORM_CLASSIC, false);
    case WOTA_DEC64:
    case WOTA_DEC64 | WOTA_NEAREST:
        return encode_to_blob(ctx, module, value, FORM_DEC64, (dialect & WOTA_NEAREST) != 0);
    default:
        refuse_argument(ctx, "drystone_js_encode", "an unknown dialect");
        return NULL;
    }
}

DRYSTONE_MODULE_EXPORT JSValue drystone_js_decode(JSContext *ctx, const blob *message) {
    struct module *module = needed_module(ctx);
    if (module == NULL)
        return JS_EXCEPTION;
    wota_reader reader;
    drystone_status status = wota_reader_init(&reader, message, NULL);
    return status == DRYSTONE_OK ? decode_message(ctx, module, &reader, message)
                                 : throw_status(ctx, status, "drystone_js_decode");
}

DRYSTONE_MODULE_EXPORT JSValue drystone_js_view(JSContext *ctx, blob *message) {
    static const char doing[] = "drystone_js_view";
    if (message == NULL)
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, doing);
    JSValue module_object = needed_module_object(ctx);
    if (JS_IsException(module_object))
        return module_object;
    JSValue value = stone_value_of_message(ctx, module_object, message, doing);
    JS_FreeValue(ctx, module_object); /* the context holds it */
    return value;
}

DRYSTONE_MODULE_EXPORT JSValue drystone_js_from_mailbox(JSContext *ctx, mailbox *owned) {
    if (owned == NULL)
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "drystone_js_from_mailbox: no mailbox");
    struct module *module = needed_module(ctx);
    if (module == NULL) {
        mailbox_destroy(owned);
        return JS_EXCEPTION;
    }
    return mailbox_object_new(ctx, module, owned);
}

DRYSTONE_MODULE_EXPORT mailbox *drystone_js_to_mailbox(JSContext *ctx, JSValueConst value) {
    struct module *module = needed_module(ctx);
    if (module == NULL)
        return NULL;
    mailbox *found = mailbox_of(module, value);
    if (found == NULL)
        refuse_argument(ctx, "drystone_js_to_mailbox", "not a Mailbox");
    else
        mailbox_incref(found);
    return found;
}

DRYSTONE_MODULE_EXPORT int drystone_js_set_wait(JSRuntime *runtime, drystone_js_watch watch, void *context) {
    struct runtime_state *state = find_runtime_state(runtime);
    if (state == NULL && watch == NULL)
        return 0;
    if (state == NULL) { /* making it needs a context */
        JSContext *ctx = JS_NewContextRaw(runtime);
        if (ctx == NULL)
            return -1;
        state = needed_runtime_state(ctx);
        if (state == NULL)
            JS_FreeValue(ctx, JS_GetException(ctx));
        JS_FreeContext(ctx);
        if (state == NULL)
            return -1;
    }
    state->watch = watch;
    state->watch_context = context;
    return 0;
}
