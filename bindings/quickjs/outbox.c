/* The Outbox class: the letters of a turn, which go when it has ended well. */
#include "arguments.h"

MODULE_FUNCTION(outbox_constructor) {
    struct module *module = module_of_data(data);
    if (!JS_IsConstructor(ctx, this_value))
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "Outbox must be called with new");
    JSValue prototype = JS_GetPropertyStr(ctx, this_value, "prototype");
    if (JS_IsException(prototype))
        return prototype;
    JSValue object = JS_NewObjectProtoClass(ctx, JS_IsObject(prototype) ? prototype : module->outbox_prototype,
                                            module->state->outbox_class);
    JS_FreeValue(ctx, prototype);
    if (JS_IsException(object))
        return object;
    mailbox_outbox *outbox = NULL;
    drystone_status status = mailbox_outbox_new(&outbox);
    if (status != DRYSTONE_OK) {
        JS_FreeValue(ctx, object);
        return throw_status(ctx, status, "new Outbox");
    }
    JS_SetOpaque(object, outbox);
    return object;
}

static mailbox_outbox *this_outbox(JSContext *ctx, struct module *module, JSValueConst this_value) {
    mailbox_outbox *self = JS_GetOpaque(this_value, module->state->outbox_class);
    if (self == NULL)
        throw_status(ctx, DRYSTONE_WRONG_TYPE, "this is not an Outbox");
    return self;
}

MODULE_FUNCTION(outbox_post_method) {
    static const char doing[] = "Outbox.prototype.post";
    struct module *module = module_of_data(data);
    mailbox_outbox *self = this_outbox(ctx, module, this_value);
    if (self == NULL)
        return JS_EXCEPTION;
    mailbox *to = mailbox_of(module, argv[0]);
    blob *letter = blob_of(module, argv[1]);
    if (to == NULL || letter == NULL) {
        refuse_argument(ctx, doing, to == NULL ? "the addressee is not a Mailbox" : "the letter is not a Blob: wota.encode(value) makes one");
        return JS_EXCEPTION;
    }
    blob_incref(letter); /* the outbox takes one count, the object keeps its own */
    drystone_status status = mailbox_outbox_post(self, to, letter);
    if (status != DRYSTONE_OK) {
        blob_destroy(letter);
        return throw_status(ctx, status, doing);
    }
    return JS_UNDEFINED;
}

MODULE_FUNCTION(outbox_commit_method) {
    mailbox_outbox *self = this_outbox(ctx, module_of_data(data), this_value);
    if (self == NULL)
        return JS_EXCEPTION;
    size_t refused = 0;
    drystone_status status = mailbox_outbox_commit(self, &refused);
    return status == DRYSTONE_OK ? JS_NewInt64(ctx, (int64_t)refused)
                                 : throw_status(ctx, status, "Outbox.prototype.commit");
}

MODULE_FUNCTION(outbox_discard_method) {
    mailbox_outbox *self = this_outbox(ctx, module_of_data(data), this_value);
    if (self == NULL)
        return JS_EXCEPTION;
    mailbox_outbox_discard(self);
    return JS_UNDEFINED;
}

static const JSCFunctionListEntry outbox_tag[] = CLASS_TAG("Outbox");

int outbox_module_init(JSContext *ctx, JSValueConst module_object) {
    JSValue prototype = module_of(module_object)->outbox_prototype = JS_NewObject(ctx);
    if (JS_IsException(prototype) ||
        define_method(ctx, prototype, module_object, "post", outbox_post_method, 2, 0) < 0 ||
        define_method(ctx, prototype, module_object, "commit", outbox_commit_method, 0, 0) < 0 ||
        define_method(ctx, prototype, module_object, "discard", outbox_discard_method, 0, 0) < 0)
        return -1;
    return export_value(ctx, module_object, "Outbox",
                        define_class(ctx, prototype, module_object, "Outbox", outbox_tag, outbox_constructor, 0));
}
