/* The Outbox class: the letters of a turn, posted if the turn succeeds. */
#include "arguments.h"
#include "blob_object.h"
#include "define.h"
#include "error.h"
#include "mailbox_object.h"
#include "part.h"

static void outbox_finalizer(JSRuntime *runtime, JSValueConst value) {
    JSClassID class_id;
    (void)runtime;
    mailbox_outbox_free(JS_GetAnyOpaque(value, &class_id));
}

static const JSClassDef outbox_class = { .class_name = "Outbox", .finalizer = outbox_finalizer };

MODULE_FUNCTION(outbox_constructor) {
    struct module *module = module_of_data(data);
    if (!JS_IsConstructor(ctx, this_value))
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "Outbox must be called with new");
    JSValue object = object_of_target(ctx, module, this_value, OUTBOX_CLASS);
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
    mailbox_outbox *self = JS_GetOpaque(this_value, module->state->class_ids[OUTBOX_CLASS]);
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
        refuse_argument(ctx, doing,
                        to == NULL ? "the addressee is not a Mailbox"
                                   : "the letter is not a Blob: wota.encode(value) makes one");
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

static const struct method outbox_methods[] = {
    METHOD("post", outbox_post_method, 2, 0),
    METHOD("commit", outbox_commit_method, 0, 0),
    METHOD("discard", outbox_discard_method, 0, 0),
};

static const struct shape outbox_shape = { .name = "Outbox",
                                           METHODS(outbox_methods),
                                           .constructor = outbox_constructor };

static int outbox_init(JSContext *ctx, JSValueConst module_object) {
    return export_class(ctx, module_object, OUTBOX_CLASS, &outbox_shape);
}

static const struct part outbox_part = { .definition = &outbox_class,
                                         .class_index = OUTBOX_CLASS,
                                         .init = outbox_init };
