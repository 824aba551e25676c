/* The Mailbox class: letters between the actors of the process, whichever runtime and thread they are on. */
#include <stdio.h>

#include "arguments.h"
#include "blob_object.h"
#include "define.h"
#include "error.h"
#include "figures.h"
#include "link.h"
#include "mailbox_iterator.h"
#include "mailbox_object.h"
#include "part.h"
#include "reader.h"
#include "wait.h"

static void mailbox_finalizer(JSRuntime *runtime, JSValueConst value) {
    JSClassID class_id;
    (void)runtime;
    mailbox_destroy(JS_GetAnyOpaque(value, &class_id));
}

static const JSClassDef mailbox_class = { .class_name = "Mailbox", .finalizer = mailbox_finalizer };

MODULE_FUNCTION(mailbox_constructor) {
    return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT,
                        "a mailbox needs a name: use Mailbox.open(name), or Mailbox.find(name) to send to it");
}

/* The bounds of Mailbox.open: a number of letters, or an object. */
static int bounds_argument(JSContext *ctx, JSValueConst value, const char *doing, mailbox_options *options) {
    uint64_t letters = 0;
    int result = 0;
    if (JS_IsObject(value)) {
        result = count_option(ctx, value, "maxLetters", doing, &letters);
        if (result == 0)
            result = count_option(ctx, value, "maxBytes", doing, &options->max_bytes);
    } else if (!JS_IsUndefined(value)) {
        result = JS_ToIndex(ctx, &letters, value);
    }
    options->max_letters = letters > SIZE_MAX ? SIZE_MAX : (size_t)letters;
    return result;
}

/* Another thread may open or close it between the two calls, so this repeats until one of them succeeds. */
static drystone_status open_mailbox(const mailbox_options *options, mailbox **opened) {
    for (;;) {
        drystone_status status = mailbox_find(options->name, options->name_length, opened);
        if (status == DRYSTONE_NOT_FOUND)
            status = mailbox_new_with(options, opened);
        if (status != DRYSTONE_BUSY)
            return status;
    }
}

MODULE_FUNCTION(mailbox_open_function) {
    static const char doing[] = "Mailbox.open";
    if (!JS_IsString(argv[0]))
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "Mailbox.open: the name is not a string");
    mailbox_options options = { .struct_size = sizeof options };
    if (bounds_argument(ctx, argv[1], doing, &options) < 0)
        return JS_EXCEPTION;
    options.name = JS_ToCStringLen(ctx, &options.name_length, argv[0]);
    if (options.name == NULL)
        return JS_EXCEPTION;
    mailbox *opened = NULL;
    drystone_status status = open_mailbox(&options, &opened);
    JS_FreeCString(ctx, options.name);
    return status == DRYSTONE_OK ? mailbox_object_new(ctx, module_of_data(data), opened)
                                 : throw_status(ctx, status, doing);
}

/* With the name, shortened if it is long. */
static JSValue throw_not_found(JSContext *ctx, const char *name, size_t length) {
    char message[256];
    bool cut = length > 100;
    if (cut)
        for (length = 100; (name[length] & 0xC0) == 0x80; length--) {}
    int written = snprintf(message, sizeof message, "Mailbox.find: there is no open mailbox \"%.*s%s\"", (int)length,
                           name, cut ? "…" : "");
    return throw_status_message(ctx, DRYSTONE_NOT_FOUND, message, (size_t)written);
}

MODULE_FUNCTION(mailbox_find_function) {
    static const char doing[] = "Mailbox.find";
    size_t length;
    const char *name = string_argument(ctx, argv[0], doing, &length);
    if (name == NULL)
        return JS_EXCEPTION;
    mailbox *found = NULL;
    drystone_status status = mailbox_find(name, length, &found);
    JSValue result = status == DRYSTONE_OK          ? mailbox_object_new(ctx, module_of_data(data), found)
                     : status == DRYSTONE_NOT_FOUND ? throw_not_found(ctx, name, length)
                                                    : throw_status(ctx, status, doing);
    JS_FreeCString(ctx, name);
    return result;
}

/* Without a timeout, 0: a full mailbox refuses at once. */
static int timeout_option(JSContext *ctx, JSValueConst options, const char *doing, int64_t *timeout) {
    JSValue value = option_of(ctx, options, "timeout", doing);
    *timeout = 0;
    if (JS_IsUndefined(value))
        return 0;
    int result = JS_IsException(value) ? -1 : timeout_argument(ctx, value, doing, timeout);
    JS_FreeValue(ctx, value);
    return result;
}

/* DRYSTONE_BUSY: an exception is pending. */
static drystone_status post_in_time(JSContext *ctx, struct module *module, mailbox *to, blob *letter, int64_t timeout,
                                    const char *doing) {
    drystone_status status = mailbox_post_wait(to, letter, 0);
    if (status != DRYSTONE_LIMIT_EXCEEDED || timeout == 0)
        return status;
    struct wait wait;
    if (wait_begin(&wait, ctx, module, timeout, doing) < 0)
        return DRYSTONE_BUSY;
    while (status == DRYSTONE_LIMIT_EXCEEDED) {
        int next = wait_next(&wait);
        if (next < 0)
            status = DRYSTONE_BUSY;
        if (next <= 0)
            break;
        int64_t before = now_in_microseconds();
        status = mailbox_post_wait(to, letter, wait.slice);
        if (status == DRYSTONE_LIMIT_EXCEEDED && now_in_microseconds() - before < wait.slice * 500)
            break; /* the letter alone exceeds the mailbox's bound of bytes */
    }
    wait_end(&wait);
    return status;
}

MODULE_FUNCTION(mailbox_post_method) {
    static const char *const names[] = { "Mailbox.prototype.post", "Mailbox.prototype.postUrgent" };
    const char *doing = names[magic];
    struct module *module = module_of_data(data);
    mailbox *self = this_mailbox(ctx, module, this_value);
    if (self == NULL)
        return JS_EXCEPTION;
    blob *letter = blob_of(module, argv[0]);
    int64_t timeout = 0;
    if (letter == NULL) {
        refuse_argument(ctx, doing, "the letter is not a Blob: wota.encode(value) makes one");
        return JS_EXCEPTION;
    }
    if (magic == 0 && timeout_option(ctx, argc > 1 ? argv[1] : JS_UNDEFINED, doing, &timeout) < 0)
        return JS_EXCEPTION;
    blob_incref(letter); /* the mailbox takes one count, the object keeps its own */
    drystone_status status = magic == 0 ? post_in_time(ctx, module, self, letter, timeout, doing)
                                        : mailbox_post_urgent(self, letter);
    if (status == DRYSTONE_OK)
        return JS_UNDEFINED;
    blob_destroy(letter);
    return status == DRYSTONE_BUSY ? JS_EXCEPTION : throw_status(ctx, status, doing);
}

/* At least one letter; waits up to `timeout`. DRYSTONE_BUSY: an exception is pending. */
static drystone_status take_in_time(JSContext *ctx, struct module *module, mailbox *from, blob **letters, size_t most,
                                    int64_t timeout, size_t *count, const char *doing) {
    drystone_status status = mailbox_take_many(from, letters, most, 0, count);
    if (status != DRYSTONE_END || timeout == 0)
        return status;
    struct wait wait;
    if (wait_begin(&wait, ctx, module, timeout, doing) < 0)
        return DRYSTONE_BUSY;
    while (status == DRYSTONE_END) {
        int next = wait_next(&wait);
        if (next < 0)
            status = DRYSTONE_BUSY;
        if (next <= 0)
            break;
        status = mailbox_take_many(from, letters, most, wait.slice, count);
    }
    wait_end(&wait);
    return status;
}

/* The result of a call that took no letter. */
static JSValue no_letter(JSContext *ctx, drystone_status status, const char *doing) {
    switch (status) {
    case DRYSTONE_END:
        return JS_UNDEFINED;
    case DRYSTONE_CLOSED:
        return JS_NULL;
    case DRYSTONE_BUSY:
        return JS_EXCEPTION;
    default:
        return throw_status(ctx, status, doing);
    }
}

MODULE_FUNCTION(mailbox_take_method) {
    static const char doing[] = "Mailbox.prototype.take";
    struct module *module = module_of_data(data);
    mailbox *self = this_mailbox(ctx, module, this_value);
    int64_t timeout;
    if (self == NULL || timeout_argument(ctx, argv[0], doing, &timeout) < 0)
        return JS_EXCEPTION;
    JSValue object = blob_object_empty(ctx, module); /* first, so that no letter is taken that cannot be returned */
    if (JS_IsException(object))
        return object;
    blob *letter = NULL;
    size_t count;
    drystone_status status = take_in_time(ctx, module, self, &letter, 1, timeout, &count, doing);
    if (status == DRYSTONE_OK) {
        blob_object_fill(module, object, letter);
        return object;
    }
    JS_FreeValue(ctx, object);
    return no_letter(ctx, status, doing);
}

/* An array of Blob objects that have no blobs yet. */
static JSValue new_empty_letters(JSContext *ctx, struct module *module, size_t count) {
    JSValue array = JS_NewArray(ctx);
    for (size_t i = 0; i < count && !JS_IsException(array); i++) {
        JSValue object = blob_object_empty(ctx, module);
        if (JS_IsException(object) ||
            JS_DefinePropertyValueUint32(ctx, array, (uint32_t)i, object, JS_PROP_C_W_E) < 0) {
            JS_FreeValue(ctx, array);
            return JS_EXCEPTION;
        }
    }
    return array;
}

/* The first objects of the array receive the letters; the others are removed. */
static int fill_letters(JSContext *ctx, struct module *module, JSValueConst array, blob **letters, size_t count) {
    for (size_t i = 0; i < count; i++) {
        JSValue object = JS_GetPropertyUint32(ctx, array, (uint32_t)i);
        blob_object_fill(module, object, letters[i]);
        JS_FreeValue(ctx, object);
    }
    return JS_SetPropertyStr(ctx, array, "length", JS_NewInt64(ctx, (int64_t)count)) < 0 ? -1 : 0;
}

MODULE_FUNCTION(mailbox_take_many_method) {
    static const char doing[] = "Mailbox.prototype.takeMany";
    enum { MOST = 1 << 20, AT_LEAST = 16 };
    struct module *module = module_of_data(data);
    mailbox *self = this_mailbox(ctx, module, this_value);
    size_t most, count = 0;
    int64_t timeout;
    if (self == NULL || count_argument(ctx, argv[0], doing, 0, &most) < 0 ||
        timeout_argument(ctx, argv[1], doing, &timeout) < 0)
        return JS_EXCEPTION;
    if (most == 0) {
        refuse_argument(ctx, doing, "the count must be a whole number above 0");
        return JS_EXCEPTION;
    }
    /* room for the queued letters, and for some that arrive while it waits */
    size_t room = mailbox_length(self);
    room = room < AT_LEAST ? AT_LEAST : room;
    room = room > MOST ? MOST : room;
    room = room > most ? most : room;
    blob **letters = js_malloc(ctx, room * sizeof *letters);
    JSValue array = letters == NULL ? JS_EXCEPTION : new_empty_letters(ctx, module, room);
    if (!JS_IsException(array)) {
        drystone_status status = take_in_time(ctx, module, self, letters, room, timeout, &count, doing);
        if (status != DRYSTONE_OK || fill_letters(ctx, module, array, letters, count) < 0) {
            JS_FreeValue(ctx, array);
            array = status == DRYSTONE_OK ? JS_EXCEPTION : no_letter(ctx, status, doing);
        }
    }
    js_free(ctx, letters);
    return array;
}

MODULE_FUNCTION(mailbox_close_method) {
    mailbox *self = this_mailbox(ctx, module_of_data(data), this_value);
    if (self == NULL)
        return JS_EXCEPTION;
    mailbox_close(self);
    return JS_UNDEFINED;
}

MODULE_FUNCTION(mailbox_sweep_method) {
    mailbox *self = this_mailbox(ctx, module_of_data(data), this_value);
    return self == NULL ? JS_EXCEPTION : JS_NewInt64(ctx, (int64_t)mailbox_sweep(self));
}

MODULE_FUNCTION(mailbox_statistics_method) {
    mailbox *self = this_mailbox(ctx, module_of_data(data), this_value);
    if (self == NULL)
        return JS_EXCEPTION;
    mailbox_statistics_t now = { .struct_size = sizeof now };
    drystone_status status = mailbox_statistics(self, &now);
    if (status != DRYSTONE_OK)
        return throw_status(ctx, status, "Mailbox.prototype.statistics");
    const struct figure figures[] = {
        { "posted", now.posted },           { "taken", now.taken },
        { "refused", now.refused },         { "swept", now.swept },
        { "letters", now.letters },         { "bytes", now.bytes },
        { "peakLetters", now.peak_letters }, { "peakBytes", now.peak_bytes },
    };
    return object_of_figures(ctx, figures, COUNT_OF(figures));
}

MODULE_FUNCTION(mailbox_next_method) {
    struct module *module = module_of_data(data);
    mailbox *self = this_mailbox(ctx, module, this_value);
    return self == NULL ? JS_EXCEPTION : next_letter(ctx, module, self, JS_UNDEFINED);
}

MODULE_FUNCTION(mailbox_iterate_method) {
    struct module *module = module_of_data(data);
    mailbox *self = this_mailbox(ctx, module, this_value);
    return self == NULL ? JS_EXCEPTION : mailbox_iterator_new(ctx, module, self);
}

MODULE_FUNCTION(mailbox_get_length) {
    mailbox *self = this_mailbox(ctx, module_of_data(data), this_value);
    return self == NULL ? JS_EXCEPTION : JS_NewInt64(ctx, (int64_t)mailbox_length(self));
}

MODULE_FUNCTION(mailbox_get_fd) {
    mailbox *self = this_mailbox(ctx, module_of_data(data), this_value);
    int32_t descriptor;
    if (self == NULL)
        return JS_EXCEPTION;
    drystone_status status = mailbox_descriptor(self, &descriptor);
    if (status == DRYSTONE_UNSUPPORTED)
        return JS_UNDEFINED;
    return status == DRYSTONE_OK ? JS_NewInt32(ctx, descriptor) : throw_status(ctx, status, "Mailbox.prototype.fd");
}

MODULE_FUNCTION(mailbox_get_onletter) {
    struct module *module = module_of_data(data);
    mailbox *self = this_mailbox(ctx, module, this_value);
    return self == NULL ? JS_EXCEPTION : letter_handler(ctx, module, self);
}

MODULE_FUNCTION(mailbox_set_onletter) {
    struct module *module = module_of_data(data);
    mailbox *self = this_mailbox(ctx, module, this_value);
    bool remove = JS_IsNull(argv[0]) || JS_IsUndefined(argv[0]);
    if (self == NULL)
        return JS_EXCEPTION;
    if (!remove && !JS_IsFunction(ctx, argv[0])) {
        refuse_argument(ctx, "Mailbox.prototype.onletter", "the handler must be a function or null");
        return JS_EXCEPTION;
    }
    JSValueConst handler = remove ? JS_UNDEFINED : argv[0];
    return set_letter_handler(ctx, module, self, this_value, handler) < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

static const struct method mailbox_methods[] = {
    GETTER("length", mailbox_get_length, 0),
    GETTER("fd", mailbox_get_fd, 0),
    METHOD("post", mailbox_post_method, 1, 0),
    METHOD("postUrgent", mailbox_post_method, 1, 1),
    METHOD("take", mailbox_take_method, 1, 0),
    METHOD("takeMany", mailbox_take_many_method, 2, 0),
    METHOD("sweep", mailbox_sweep_method, 0, 0),
    METHOD("statistics", mailbox_statistics_method, 0, 0),
    METHOD("close", mailbox_close_method, 0, 0),
    METHOD("next", mailbox_next_method, 0, 0),
    METHOD("[Symbol.asyncIterator]", mailbox_iterate_method, 0, 0),
    ACCESSOR("onletter", mailbox_get_onletter, mailbox_set_onletter),
};

static const struct method mailbox_functions[] = {
    METHOD("open", mailbox_open_function, 2, 0),
    METHOD("find", mailbox_find_function, 1, 0),
    METHOD("link", link_function, 2, 0),
};

static const struct shape mailbox_shape = { .name = "Mailbox",
                                            METHODS(mailbox_methods),
                                            .constructor = mailbox_constructor,
                                            FUNCTIONS(mailbox_functions) };

static int mailbox_init(JSContext *ctx, JSValueConst module_object) {
    return export_class(ctx, module_object, MAILBOX_CLASS, &mailbox_shape);
}

static const struct part mailbox_part = { .definition = &mailbox_class,
                                          .class_index = MAILBOX_CLASS,
                                          .init = mailbox_init };
