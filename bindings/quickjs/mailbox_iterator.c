/* The iterator of `for await` over a mailbox. */
#include "mailbox_iterator.h"

#include "define.h"
#include "error.h"
#include "iteration.h"
#include "part.h"
#include "reader.h"

struct mailbox_iterator {
    mailbox *over; /* counted */
    bool ended;    /* by return() */
};

static void mailbox_iterator_finalizer(JSRuntime *runtime, JSValueConst value) {
    JSClassID class_id;
    struct mailbox_iterator *iterator = JS_GetAnyOpaque(value, &class_id);
    if (iterator == NULL)
        return;
    mailbox_destroy(iterator->over);
    js_free_rt(runtime, iterator);
}

static const JSClassDef mailbox_iterator_class = { .class_name = "Mailbox Iterator",
                                                   .finalizer = mailbox_iterator_finalizer };

JSValue mailbox_iterator_new(JSContext *ctx, struct module *module, mailbox *over) {
    JSValue object =
        JS_NewObjectProtoClass(ctx, module->prototypes[MAILBOX_ITERATOR_CLASS],
                               module->state->class_ids[MAILBOX_ITERATOR_CLASS]);
    if (JS_IsException(object))
        return object;
    struct mailbox_iterator *iterator = js_mallocz(ctx, sizeof *iterator);
    if (iterator == NULL) {
        JS_FreeValue(ctx, object);
        return JS_EXCEPTION;
    }
    mailbox_incref(over);
    iterator->over = over;
    JS_SetOpaque(object, iterator);
    return object;
}

static struct mailbox_iterator *this_iterator(JSContext *ctx, struct module *module, JSValueConst this_value) {
    struct mailbox_iterator *self = JS_GetOpaque(this_value, module->state->class_ids[MAILBOX_ITERATOR_CLASS]);
    if (self == NULL)
        throw_status(ctx, DRYSTONE_WRONG_TYPE, "this is not an iterator of a Mailbox");
    return self;
}

/* A promise resolved with the value, whose count it takes over. */
static JSValue resolved(JSContext *ctx, JSValue value) {
    JSValue settle[2];
    JSValue promise = JS_IsException(value) ? JS_EXCEPTION : JS_NewPromiseCapability(ctx, settle);
    if (!JS_IsException(promise)) {
        JSValueConst argument = value;
        JSValue answer = JS_Call(ctx, settle[0], JS_UNDEFINED, 1, &argument);
        JS_FreeValue(ctx, settle[0]);
        JS_FreeValue(ctx, settle[1]);
        JS_FreeValue(ctx, answer);
        if (JS_IsException(answer)) {
            JS_FreeValue(ctx, promise);
            promise = JS_EXCEPTION;
        }
    }
    JS_FreeValue(ctx, value);
    return promise;
}

MODULE_FUNCTION(iterator_next_method) {
    struct module *module = module_of_data(data);
    struct mailbox_iterator *self = this_iterator(ctx, module, this_value);
    if (self == NULL)
        return JS_EXCEPTION;
    return self->ended ? resolved(ctx, iteration_result(ctx, module, JS_UNDEFINED, true))
                       : next_letter(ctx, module, self->over, this_value);
}

/* Called when a loop is left early. Letters that were not handed out stay in the mailbox. */
MODULE_FUNCTION(iterator_return_method) {
    struct module *module = module_of_data(data);
    struct mailbox_iterator *self = this_iterator(ctx, module, this_value);
    if (self == NULL)
        return JS_EXCEPTION;
    self->ended = true;
    if (give_up_letters(ctx, module, self->over, this_value) < 0)
        return JS_EXCEPTION;
    return resolved(ctx, iteration_result(ctx, module, argv[0], true));
}

static const struct method mailbox_iterator_methods[] = {
    METHOD("next", iterator_next_method, 0, 0),
    METHOD("return", iterator_return_method, 1, 0),
    METHOD("[Symbol.asyncIterator]", itself, 0, 0),
};

static const struct shape mailbox_iterator_shape = { .name = "Mailbox Iterator",
                                                     METHODS(mailbox_iterator_methods) };

static int mailbox_iterator_init(JSContext *ctx, JSValueConst module_object) {
    return define_prototype(ctx, module_object, MAILBOX_ITERATOR_CLASS, &mailbox_iterator_shape);
}

static const struct part mailbox_iterator_part = { .definition = &mailbox_iterator_class,
                                                   .class_index = MAILBOX_ITERATOR_CLASS,
                                                   .init = mailbox_iterator_init };
