/* From a status to a JavaScript error: the class that fits, a message, and `.code`. */
#include "error.h"

#include <stdio.h>
#include <string.h>

/* The error without its message, which an engine function would cut at 256 bytes. */
static JSValue error_of_class(JSContext *ctx, drystone_status status) {
    switch (status) {
    case DRYSTONE_INVALID_ARGUMENT:
    case DRYSTONE_IS_STONE:
    case DRYSTONE_NOT_STONE:
    case DRYSTONE_WRONG_TYPE:
    case DRYSTONE_UNSUPPORTED:
        return new_type_error(ctx);
    case DRYSTONE_OUT_OF_RANGE:
    case DRYSTONE_LIMIT_EXCEEDED:
        return new_range_error(ctx);
    case DRYSTONE_NO_MEMORY:
        return new_memory_error(ctx);
    default:
        return new_plain_error(ctx);
    }
}

static int define_string(JSContext *ctx, JSValueConst object, const char *name, const char *text, size_t length) {
    JSValue string = JS_NewStringLen(ctx, text, length);
    if (JS_IsException(string))
        return -1;
    return JS_DefinePropertyValueStr(ctx, object, name, string, JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
}

static JSValue throw_with(JSContext *ctx, drystone_status status, JSValue error, const char *message, size_t length) {
    if (JS_IsException(error))
        return JS_EXCEPTION;
    if (!is_error(ctx, error))
        return JS_Throw(ctx, error); /* there is no memory for an error object either */
    const char *name = drystone_status_name(status);
    if (define_string(ctx, error, "message", message, length) < 0 ||
        define_string(ctx, error, "code", name, strlen(name)) < 0) {
        JS_FreeValue(ctx, error);
        return JS_EXCEPTION; /* the shortage of memory is the error now */
    }
    return JS_Throw(ctx, error);
}

JSValue throw_status_message(JSContext *ctx, drystone_status status, const char *message, size_t length) {
    return throw_with(ctx, status, error_of_class(ctx, status), message, length);
}

JSValue throw_type_error(JSContext *ctx, drystone_status status, const char *message, size_t length) {
    return throw_with(ctx, status, new_type_error(ctx), message, length);
}

JSValue throw_status(JSContext *ctx, drystone_status status, const char *doing) {
    char message[256];
    int length = snprintf(message, sizeof message, "%s: %s", doing, drystone_status_text(status));
    if (length < 0)
        length = 0;
    if ((size_t)length >= sizeof message)
        length = sizeof message - 1;
    return throw_status_message(ctx, status, message, (size_t)length);
}

int expect_type_error(JSContext *ctx) {
    JSValue error = JS_GetException(ctx);
    JSValue name = JS_GetPropertyStr(ctx, error, "name");
    const char *text = JS_IsException(name) ? NULL : JS_ToCString(ctx, name);
    int result = text != NULL && strcmp(text, "TypeError") == 0 ? 0 : -1;
    JS_FreeCString(ctx, text);
    JS_FreeValue(ctx, name);
    if (result == 0)
        JS_FreeValue(ctx, error);
    else
        JS_Throw(ctx, error);
    return result;
}
