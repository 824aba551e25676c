/* The Mailbox class: letters between the actors of the process, whichever runtime and thread they are on. */
#include "internal.h"

mailbox *mailbox_of(struct module *module, JSValueConst value) {
    return JS_GetOpaque(value, module->state->mailbox_class);
}

JSValue mailbox_object_new(JSContext *ctx, struct module *module, mailbox *owned) {
    JSValue object = JS_NewObjectProtoClass(ctx, module->mailbox_prototype, module->state->mailbox_class);
    if (JS_IsException(object))
        mailbox_destroy(owned);
    else
        JS_SetOpaque(object, owned);
    return object;
}

static mailbox *this_mailbox(JSContext *ctx, struct module *module, JSValueConst this_value) {
    mailbox *self = mailbox_of(module, this_value);
    if (self == NULL)
        throw_status(ctx, DRYSTONE_WRONG_TYPE, "this is not a Mailbox");
    return self;
}

MODULE_FUNCTION(mailbox_constructor) {
    return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "a mailbox has a name: use Mailbox.open(name)");
}

MODULE_FUNCTION(mailbox_open_function) {
    struct module *module = module_of_data(data);
    if (!JS_IsString(argv[0]))
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "Mailbox.open: the name is not a string");
    uint64_t capacity = 0;
    if (!JS_IsUndefined(argv[1]) && JS_ToIndex(ctx, &capacity, argv[1]) < 0)
        return JS_EXCEPTION;
    size_t length;
    const char *name = JS_ToCStringLen(ctx, &length, argv[0]);
    if (name == NULL)
        return JS_EXCEPTION;
    mailbox *opened = NULL;
    drystone_status status = mailbox_open(name, length, capacity > SIZE_MAX ? SIZE_MAX : (size_t)capacity, &opened);
    JS_FreeCString(ctx, name);
    return status == DRYSTONE_OK ? mailbox_object_new(ctx, module, opened) : throw_status(ctx, status, "Mailbox.open");
}

MODULE_FUNCTION(mailbox_post_method) {
    struct module *module = module_of_data(data);
    mailbox *self = this_mailbox(ctx, module, this_value);
    if (self == NULL)
        return JS_EXCEPTION;
    blob *letter = blob_of(module, argv[0]);
    if (letter == NULL)
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "Mailbox.prototype.post: the letter is not a Blob");
    blob_incref(letter); /* the mailbox takes one count, the object keeps its own */
    drystone_status status = mailbox_post(self, letter);
    if (status != DRYSTONE_OK) {
        blob_destroy(letter);
        return throw_status(ctx, status, "Mailbox.prototype.post");
    }
    return JS_UNDEFINED;
}

/* Milliseconds to wait: undefined, negative and beyond all clocks are "without end"; parts are rounded up,
   so that half a millisecond is not "do not wait". */
static int timeout_of(JSContext *ctx, JSValueConst value, int64_t *timeout) {
    double milliseconds = -1;
    if (!JS_IsUndefined(value) && JS_ToFloat64(ctx, &milliseconds, value) < 0)
        return -1;
    if (isnan(milliseconds)) {
        throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "Mailbox.prototype.take: the timeout is not a number");
        return -1;
    }
    *timeout = milliseconds < 0 || milliseconds >= 9007199254740992.0 ? -1 : (int64_t)ceil(milliseconds);
    return 0;
}

MODULE_FUNCTION(mailbox_take_method) {
    struct module *module = module_of_data(data);
    mailbox *self = this_mailbox(ctx, module, this_value);
    int64_t timeout;
    if (self == NULL || timeout_of(ctx, argv[0], &timeout) < 0)
        return JS_EXCEPTION;
    blob *letter = NULL;
    drystone_status status = mailbox_take(self, timeout, &letter);
    switch (status) {
    case DRYSTONE_OK:
        return blob_object_new(ctx, module, letter);
    case DRYSTONE_END:
        return JS_UNDEFINED;
    case DRYSTONE_CLOSED:
        return JS_NULL;
    default:
        return throw_status(ctx, status, "Mailbox.prototype.take");
    }
}

MODULE_FUNCTION(mailbox_close_method) {
    mailbox *self = this_mailbox(ctx, module_of_data(data), this_value);
    if (self == NULL)
        return JS_EXCEPTION;
    mailbox_close(self);
    return JS_UNDEFINED;
}

MODULE_FUNCTION(mailbox_get_length) {
    mailbox *self = this_mailbox(ctx, module_of_data(data), this_value);
    return self == NULL ? JS_EXCEPTION : JS_NewInt64(ctx, (int64_t)mailbox_length(self));
}

static const JSCFunctionListEntry mailbox_tag[] = CLASS_TAG("Mailbox");

int mailbox_module_init(JSContext *ctx, JSValueConst module_object) {
    struct module *module = module_of(module_object);
    JSValue prototype = module->mailbox_prototype = JS_NewObject(ctx);
    if (JS_IsException(prototype) ||
        define_getter(ctx, prototype, module_object, "length", mailbox_get_length, 0) < 0 ||
        define_method(ctx, prototype, module_object, "post", mailbox_post_method, 1, 0) < 0 ||
        define_method(ctx, prototype, module_object, "take", mailbox_take_method, 1, 0) < 0 ||
        define_method(ctx, prototype, module_object, "close", mailbox_close_method, 0, 0) < 0)
        return -1;
    JSValue constructor = define_class(ctx, prototype, module_object, "Mailbox", mailbox_tag, mailbox_constructor, 0);
    if (JS_IsException(constructor))
        return -1;
    if (define_method(ctx, constructor, module_object, "open", mailbox_open_function, 2, 0) < 0) {
        JS_FreeValue(ctx, constructor);
        return -1;
    }
    return export_value(ctx, module_object, "Mailbox", constructor);
}
