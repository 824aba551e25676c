#include "mailbox_object.h"

#include "error.h"

mailbox *mailbox_of(struct module *module, JSValueConst value) {
    return JS_GetOpaque(value, module->state->class_ids[MAILBOX_CLASS]);
}

JSValue mailbox_object_new(JSContext *ctx, struct module *module, mailbox *owned) {
    JSValue object = JS_NewObjectProtoClass(ctx, module->prototypes[MAILBOX_CLASS],
                                            module->state->class_ids[MAILBOX_CLASS]);
    if (JS_IsException(object))
        mailbox_destroy(owned);
    else
        JS_SetOpaque(object, owned);
    return object;
}

mailbox *this_mailbox(JSContext *ctx, struct module *module, JSValueConst this_value) {
    mailbox *self = mailbox_of(module, this_value);
    if (self == NULL)
        throw_status(ctx, DRYSTONE_WRONG_TYPE, "this is not a Mailbox");
    return self;
}
