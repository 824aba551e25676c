/* The PostOffice class: letters between mailboxes of two machines, by libdrystone_post. It is part of the binding where
   DRYSTONE_QUICKJS_POST is defined. The library's own threads do the work. */
#include <stdio.h>
#include <string.h>

#include "drystone_post.h"

#include "arguments.h"
#include "define.h"
#include "error.h"
#include "figures.h"
#include "mailbox_object.h"
#include "part.h"
#include "wait.h"

struct office_object {
    post_office *office; /* NULL: closed */
    bool busy;           /* a call waits: an interrupt handler may run JavaScript in it */
};

static void office_finalizer(JSRuntime *runtime, JSValueConst value) {
    JSClassID class_id;
    struct office_object *object = JS_GetAnyOpaque(value, &class_id);
    if (object == NULL)
        return;
    post_office_close(object->office, 0);
    js_free_rt(runtime, object);
}

static const JSClassDef office_class = { .class_name = "PostOffice", .finalizer = office_finalizer };

/* Options that are texts, in the order of `text_options`. */
enum { USER, PASSWORD, TOKEN, TLS_AUTHORITY, TLS_CERTIFICATE, TLS_KEY, STREAM, PREFIX, TEXT_OPTIONS };

static const char *const text_options[TEXT_OPTIONS] = {
    "user", "password", "token", "tlsAuthority", "tlsCertificate", "tlsKey", "stream", "prefix",
};

struct texts {
    const char *servers;
    const char *options[TEXT_OPTIONS]; /* NULL: not given */
};

static void free_texts(JSContext *ctx, struct texts *texts) {
    JS_FreeCString(ctx, texts->servers);
    for (size_t i = 0; i < TEXT_OPTIONS; i++)
        JS_FreeCString(ctx, texts->options[i]);
}

/* A string without NULs as a C string, to be freed; undefined leaves `*text` unchanged. */
static int text_argument(JSContext *ctx, JSValueConst value, const char *doing, const char **text) {
    size_t length;
    if (JS_IsUndefined(value))
        return 0;
    *text = string_argument(ctx, value, doing, &length);
    if (*text == NULL)
        return -1;
    return strlen(*text) == length ? 0 : refuse_argument(ctx, doing, "the text contains a NUL character");
}

static int text_option(JSContext *ctx, JSValueConst options, const char *name, const char *doing, const char **text) {
    JSValue value = option_of(ctx, options, name, doing);
    int result = JS_IsException(value) ? -1 : text_argument(ctx, value, doing, text);
    JS_FreeValue(ctx, value);
    return result;
}

/* The same for a number of 32 bits. */
static int small_count_option(JSContext *ctx, JSValueConst options, const char *name, const char *doing, uint32_t *count) {
    uint64_t given = *count;
    if (count_option(ctx, options, name, doing, &given) < 0)
        return -1;
    if (given > UINT32_MAX)
        return refuse_argument(ctx, doing, "a number is too large");
    *count = (uint32_t)given;
    return 0;
}

/* `returned` gets a count of its own, because the options' getters may drop the object. */
static int returned_option(JSContext *ctx, struct module *module, JSValueConst options, const char *doing,
                           mailbox **returned) {
    JSValue value = option_of(ctx, options, "returned", doing);
    if (JS_IsException(value))
        return -1;
    mailbox *given = mailbox_of(module, value);
    int result = 0;
    if (given != NULL) {
        mailbox_incref(given);
        *returned = given;
    } else if (!JS_IsUndefined(value)) {
        result = refuse_argument(ctx, doing, "`returned` is not a Mailbox");
    }
    JS_FreeValue(ctx, value);
    return result;
}

/* Options of any office; `options->limits` is what the caller has set it to. On success and on failure the caller owns
   `options->returned`. */
static int office_options(JSContext *ctx, struct module *module, JSValueConst value, const char *doing,
                          post_options *options, post_limits *limits) {
    uint64_t letters = 0;
    if (returned_option(ctx, module, value, doing, &options->returned) < 0 ||
        count_option(ctx, value, "maxLetters", doing, &letters) < 0 ||
        count_option(ctx, value, "maxQueuedBytes", doing, &options->max_queued_bytes) < 0 ||
        count_option(ctx, value, "giveUp", doing, &options->give_up_ms) < 0 ||
        count_option(ctx, value, "maxLetterBytes", doing, &limits->max_letter_bytes) < 0)
        return -1;
    options->max_letters = letters > SIZE_MAX ? SIZE_MAX : (size_t)letters;
    return 0;
}

static int nats_options(JSContext *ctx, JSValueConst value, const char *doing, nats_carrier_options *nats,
                        struct texts *texts) {
    for (size_t i = 0; i < TEXT_OPTIONS; i++)
        if (text_option(ctx, value, text_options[i], doing, &texts->options[i]) < 0)
            return -1;
    if (flag_option(ctx, value, "tlsRequired", doing, &nats->tls_required) < 0 ||
        count_option(ctx, value, "streamBytes", doing, &nats->max_bytes) < 0 ||
        small_count_option(ctx, value, "replicas", doing, &nats->replicas) < 0 ||
        count_option(ctx, value, "acknowledge", doing, &nats->acknowledge_ms) < 0 ||
        count_option(ctx, value, "connect", doing, &nats->connect_ms) < 0)
        return -1;
    nats->servers = texts->servers;
    nats->user = texts->options[USER];
    nats->password = texts->options[PASSWORD];
    nats->token = texts->options[TOKEN];
    nats->tls_authority = texts->options[TLS_AUTHORITY];
    nats->tls_certificate = texts->options[TLS_CERTIFICATE];
    nats->tls_key = texts->options[TLS_KEY];
    nats->stream = texts->options[STREAM];
    nats->prefix = texts->options[PREFIX];
    return 0;
}

/* Takes over the carrier, even on failure. `target` is what `new` was applied to, or undefined. */
static JSValue new_office(JSContext *ctx, struct module *module, JSValueConst target, post_carrier *carrier,
                          const post_options *options, const char *doing) {
    post_office *office = NULL;
    drystone_status status = post_office_open(carrier, options, &office);
    if (status != DRYSTONE_OK)
        return throw_status(ctx, status, doing);
    JSValue object = JS_IsUndefined(target)
                         ? JS_NewObjectProtoClass(ctx, module->prototypes[POST_OFFICE_CLASS],
                                                  module->state->class_ids[POST_OFFICE_CLASS])
                         : object_of_target(ctx, module, target, POST_OFFICE_CLASS);
    struct office_object *kept = JS_IsException(object) ? NULL : js_mallocz(ctx, sizeof *kept);
    if (kept == NULL) {
        JS_FreeValue(ctx, object);
        post_office_close(office, 0);
        return JS_EXCEPTION;
    }
    kept->office = office;
    JS_SetOpaque(object, kept);
    return object;
}

MODULE_FUNCTION(office_constructor) {
    static const char doing[] = "new PostOffice";
    struct module *module = module_of_data(data);
    if (!JS_IsConstructor(ctx, this_value))
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "PostOffice must be called with new");
    post_limits limits = { .struct_size = sizeof limits };
    post_options options = { .struct_size = sizeof options, .limits = &limits };
    nats_carrier_options nats = { .struct_size = sizeof nats };
    struct texts texts = { 0 };
    JSValue object = JS_EXCEPTION;
    if (text_argument(ctx, argv[0], doing, &texts.servers) == 0 &&
        nats_options(ctx, argv[1], doing, &nats, &texts) == 0 &&
        office_options(ctx, module, argv[1], doing, &options, &limits) == 0) {
        post_carrier *carrier = NULL;
        drystone_status status = post_carrier_nats(&nats, &carrier);
        object = status == DRYSTONE_OK ? new_office(ctx, module, this_value, carrier, &options, doing)
                                       : throw_status(ctx, status, doing);
    }
    mailbox_destroy(options.returned);
    free_texts(ctx, &texts);
    return object;
}

/* Undefined and 0: no bound. */
static int store_argument(JSContext *ctx, JSValueConst value, const char *doing, size_t *bytes) {
    if (JS_IsUndefined(value))
        return 0;
    if (!JS_IsNumber(value) || count_argument(ctx, value, doing, SIZE_MAX, bytes) < 0 || *bytes == SIZE_MAX)
        return refuse_argument(ctx, doing, "the store's bytes must be a whole number, at least 0");
    return 0;
}

/* Two offices over a store in this process. */
MODULE_FUNCTION(office_pair_function) {
    static const char doing[] = "PostOffice.pair";
    struct module *module = module_of_data(data);
    post_limits limits = { .struct_size = sizeof limits };
    post_options options = { .struct_size = sizeof options, .limits = &limits };
    size_t store_bytes = 0;
    if (store_argument(ctx, argv[0], doing, &store_bytes) < 0 ||
        office_options(ctx, module, argv[1], doing, &options, &limits) < 0) {
        mailbox_destroy(options.returned);
        return JS_EXCEPTION;
    }
    post_carrier *here = NULL, *there = NULL;
    drystone_status status = post_carrier_memory(store_bytes, &here, &there);
    JSValue both = JS_EXCEPTION;
    if (status == DRYSTONE_OK) {
        JSValue offices[] = { new_office(ctx, module, JS_UNDEFINED, here, &options, doing), JS_EXCEPTION };
        if (JS_IsException(offices[0]))
            post_carrier_free(there);
        else
            offices[1] = new_office(ctx, module, JS_UNDEFINED, there, &options, doing);
        if (JS_IsException(offices[1]))
            JS_FreeValue(ctx, offices[0]);
        else
            both = new_array(ctx, 2, offices);
    } else {
        throw_status(ctx, status, doing);
    }
    mailbox_destroy(options.returned);
    return both;
}

/* NULL: an exception is pending. */
static struct office_object *this_office(JSContext *ctx, struct module *module, JSValueConst this_value) {
    struct office_object *self = JS_GetOpaque(this_value, module->state->class_ids[POST_OFFICE_CLASS]);
    if (self == NULL) {
        throw_status(ctx, DRYSTONE_WRONG_TYPE, "this is not a PostOffice");
        return NULL;
    }
    if (!self->busy)
        return self;
    throw_status(ctx, DRYSTONE_BUSY, "a call of the PostOffice waits");
    return NULL;
}

/* The same for an open office. */
static struct office_object *open_office(JSContext *ctx, struct module *module, JSValueConst this_value,
                                         const char *doing) {
    struct office_object *self = this_office(ctx, module, this_value);
    if (self == NULL || self->office != NULL)
        return self;
    throw_status(ctx, DRYSTONE_CLOSED, doing);
    return NULL;
}

MODULE_FUNCTION(office_mailbox_method) {
    static const char doing[] = "PostOffice.prototype.mailbox";
    struct module *module = module_of_data(data);
    struct office_object *self = open_office(ctx, module, this_value, doing);
    size_t length;
    const char *address = self == NULL ? NULL : string_argument(ctx, argv[0], doing, &length);
    if (address == NULL)
        return JS_EXCEPTION;
    mailbox *proxy = NULL;
    drystone_status status = post_office_mailbox(self->office, address, length, &proxy);
    JS_FreeCString(ctx, address);
    return status == DRYSTONE_OK ? mailbox_object_new(ctx, module, proxy) : throw_status(ctx, status, doing);
}

MODULE_FUNCTION(office_serve_method) {
    static const char doing[] = "PostOffice.prototype.serve";
    struct module *module = module_of_data(data);
    struct office_object *self = open_office(ctx, module, this_value, doing);
    if (self == NULL)
        return JS_EXCEPTION;
    mailbox *own = mailbox_of(module, argv[1]);
    if (own == NULL) {
        refuse_argument(ctx, doing, "the second argument is not a Mailbox");
        return JS_EXCEPTION;
    }
    size_t length;
    const char *address = string_argument(ctx, argv[0], doing, &length);
    if (address == NULL)
        return JS_EXCEPTION;
    drystone_status status = post_office_serve(self->office, address, length, own);
    JS_FreeCString(ctx, address);
    return status == DRYSTONE_OK ? JS_UNDEFINED : throw_status(ctx, status, doing);
}

/* -1: an exception of the engine is pending, because the call may not wait or was interrupted. Otherwise `*status` is how the
   flush ended. */
static int flush_in_time(JSContext *ctx, struct module *module, struct office_object *self, int64_t timeout,
                         const char *doing, drystone_status *status) {
    struct wait wait;
    int next = 1;
    *status = post_office_flush(self->office, 0);
    if (*status == DRYSTONE_OK || *status == DRYSTONE_CLOSED || timeout == 0)
        return 0;
    if (wait_begin(&wait, ctx, module, timeout, doing) < 0)
        return -1;
    self->busy = true;
    while (*status != DRYSTONE_OK && *status != DRYSTONE_CLOSED && (next = wait_next(&wait)) > 0)
        *status = post_office_flush(self->office, wait.slice);
    self->busy = false;
    wait_end(&wait);
    return next < 0 ? -1 : 0;
}

MODULE_FUNCTION(office_flush_method) {
    static const char doing[] = "PostOffice.prototype.flush";
    struct module *module = module_of_data(data);
    int64_t timeout;
    if (timeout_argument(ctx, argv[0], doing, &timeout) < 0)
        return JS_EXCEPTION;
    struct office_object *self = open_office(ctx, module, this_value, doing);
    drystone_status status;
    if (self == NULL || flush_in_time(ctx, module, self, timeout, doing, &status) < 0)
        return JS_EXCEPTION;
    return status == DRYSTONE_OK ? JS_UNDEFINED : throw_status(ctx, status, doing);
}

/* Closes after the flush, whichever way that ended, unless it may not wait or was interrupted. */
MODULE_FUNCTION(office_close_method) {
    static const char doing[] = "PostOffice.prototype.close";
    struct module *module = module_of_data(data);
    int64_t timeout = 0;
    if (!JS_IsUndefined(argv[0]) && timeout_argument(ctx, argv[0], doing, &timeout) < 0)
        return JS_EXCEPTION;
    struct office_object *self = this_office(ctx, module, this_value);
    drystone_status status;
    if (self == NULL)
        return JS_EXCEPTION;
    if (self->office == NULL)
        return JS_UNDEFINED;
    if (flush_in_time(ctx, module, self, timeout, doing, &status) < 0)
        return JS_EXCEPTION;
    post_office_close(self->office, 0);
    self->office = NULL;
    return status == DRYSTONE_OK ? JS_UNDEFINED : throw_status(ctx, status, doing);
}

MODULE_FUNCTION(office_counts_method) {
    static const char doing[] = "PostOffice.prototype.counts";
    struct office_object *self = open_office(ctx, module_of_data(data), this_value, doing);
    if (self == NULL)
        return JS_EXCEPTION;
    post_counts now = { .struct_size = sizeof now };
    drystone_status status = post_office_counts(self->office, &now);
    if (status != DRYSTONE_OK)
        return throw_status(ctx, status, doing);
    const struct figure figures[] = {
        { "sent", now.sent },
        { "received", now.received },
        { "duplicates", now.duplicates },
        { "malformed", now.malformed },
        { "refused", now.refused },
        { "returned", now.returned },
        { "lost", now.lost },
        { "offeredAgain", now.offered_again },
        { "full", now.full },
        { "waiting", now.waiting },
    };
    return object_of_figures(ctx, figures, COUNT_OF(figures));
}

static const struct method office_methods[] = {
    METHOD("mailbox", office_mailbox_method, 1, 0),
    METHOD("serve", office_serve_method, 2, 0),
    METHOD("flush", office_flush_method, 1, 0),
    METHOD("counts", office_counts_method, 0, 0),
    METHOD("close", office_close_method, 1, 0),
};

static const struct method office_functions[] = {
    METHOD("pair", office_pair_function, 2, 0),
};

static const struct shape office_shape = { .name = "PostOffice",
                                           METHODS(office_methods),
                                           .constructor = office_constructor,
                                           .length = 2,
                                           FUNCTIONS(office_functions) };

static int office_init(JSContext *ctx, JSValueConst module_object) {
    return export_class(ctx, module_object, POST_OFFICE_CLASS, &office_shape);
}

static const struct part post_office_part = { .definition = &office_class,
                                              .class_index = POST_OFFICE_CLASS,
                                              .init = office_init };
