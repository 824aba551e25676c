/* The Link class: letters between mailboxes of two processes of one host. There is no hidden thread: a turn does the work. */
#include "link.h"

#include <stdio.h>

#ifdef __linux__
#include <sys/socket.h>
#include <unistd.h>
#endif

#include "arguments.h"
#include "define.h"
#include "error.h"
#include "figures.h"
#include "mailbox_object.h"
#include "part.h"
#include "wait.h"

struct link_object {
    drystone_link *link; /* NULL: closed */
    bool busy;           /* a turn is under way: an interrupt handler may run JavaScript in it */
};

static void link_finalizer(JSRuntime *runtime, JSValueConst value) {
    JSClassID class_id;
    struct link_object *object = JS_GetAnyOpaque(value, &class_id);
    if (object == NULL)
        return;
    link_free(object->link);
    js_free_rt(runtime, object);
}

static const JSClassDef link_class = { .class_name = "Link", .finalizer = link_finalizer };

static int descriptor_argument(JSContext *ctx, JSValueConst value, const char *doing, int32_t *descriptor) {
    size_t number;
    if (!JS_IsNumber(value) || count_argument(ctx, value, doing, SIZE_MAX, &number) < 0 || number > INT32_MAX)
        return refuse_argument(ctx, doing, "the descriptor must be a whole number, at least 0");
    *descriptor = (int32_t)number;
    return 0;
}

static int options_argument(JSContext *ctx, JSValueConst value, const char *doing, link_options *options,
                            link_limits *limits) {
    uint64_t letters = 0, stones = 0;
    if (count_option(ctx, value, "maxLetters", doing, &letters) < 0 ||
        count_option(ctx, value, "maxQueuedBytes", doing, &options->max_queued_bytes) < 0 ||
        count_option(ctx, value, "maxStones", doing, &stones) < 0 ||
        count_option(ctx, value, "maxBytes", doing, &limits->max_bytes) < 0 ||
        flag_option(ctx, value, "anyUser", doing, &options->any_user) < 0)
        return -1;
    options->max_letters = letters > SIZE_MAX ? SIZE_MAX : (size_t)letters;
    limits->max_stones = stones > SIZE_MAX ? SIZE_MAX : (size_t)stones;
    return 0;
}

/* Once the arguments are valid the socket is taken over, even on failure. `target` is what `new` was applied to, or
   undefined. */
static JSValue new_link(JSContext *ctx, struct module *module, JSValueConst target, JSValueConst *argv,
                        const char *doing) {
    link_limits limits = { .struct_size = sizeof limits };
    link_options options = { .struct_size = sizeof options, .limits = &limits };
    int32_t descriptor = -1;
    if (descriptor_argument(ctx, argv[0], doing, &descriptor) < 0 ||
        options_argument(ctx, argv[1], doing, &options, &limits) < 0)
        return JS_EXCEPTION;
    drystone_link *link = NULL;
    drystone_status status = link_new(descriptor, &options, &link);
    if (status != DRYSTONE_OK)
        return throw_status(ctx, status, doing);
    JSValue object = JS_IsUndefined(target)
                         ? JS_NewObjectProtoClass(ctx, module->prototypes[LINK_CLASS],
                                                  module->state->class_ids[LINK_CLASS])
                         : object_of_target(ctx, module, target, LINK_CLASS);
    struct link_object *kept = JS_IsException(object) ? NULL : js_mallocz(ctx, sizeof *kept);
    if (kept == NULL) {
        JS_FreeValue(ctx, object);
        link_free(link);
        return JS_EXCEPTION;
    }
    kept->link = link;
    JS_SetOpaque(object, kept);
    return object;
}

MODULE_FUNCTION(link_constructor) {
    if (!JS_IsConstructor(ctx, this_value))
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "Link must be called with new");
    return new_link(ctx, module_of_data(data), this_value, argv, "new Link");
}

MODULE_FUNCTION(link_function) {
    return new_link(ctx, module_of_data(data), JS_UNDEFINED, argv, "Mailbox.link");
}

/* NULL: an exception is pending. */
static struct link_object *this_link(JSContext *ctx, struct module *module, JSValueConst this_value) {
    struct link_object *self = JS_GetOpaque(this_value, module->state->class_ids[LINK_CLASS]);
    if (self == NULL) {
        throw_status(ctx, DRYSTONE_WRONG_TYPE, "this is not a Link");
        return NULL;
    }
    if (!self->busy)
        return self;
    throw_status(ctx, DRYSTONE_BUSY, "the Link is in a turn");
    return NULL;
}

/* The same for an open link. */
static struct link_object *open_link(JSContext *ctx, struct module *module, JSValueConst this_value,
                                     const char *doing) {
    struct link_object *self = this_link(ctx, module, this_value);
    if (self == NULL || self->link != NULL)
        return self;
    throw_status(ctx, DRYSTONE_CLOSED, doing);
    return NULL;
}

MODULE_FUNCTION(link_mailbox_method) {
    static const char doing[] = "Link.prototype.mailbox";
    struct module *module = module_of_data(data);
    struct link_object *self = open_link(ctx, module, this_value, doing);
    size_t length;
    const char *name = self == NULL ? NULL : string_argument(ctx, argv[0], doing, &length);
    if (name == NULL)
        return JS_EXCEPTION;
    mailbox *proxy = NULL;
    drystone_status status = link_mailbox(self->link, name, length, &proxy);
    JS_FreeCString(ctx, name);
    return status == DRYSTONE_OK ? mailbox_object_new(ctx, module, proxy) : throw_status(ctx, status, doing);
}

MODULE_FUNCTION(link_serve_method) {
    static const char doing[] = "Link.prototype.serve";
    struct module *module = module_of_data(data);
    struct link_object *self = open_link(ctx, module, this_value, doing);
    if (self == NULL)
        return JS_EXCEPTION;
    mailbox *own = mailbox_of(module, argv[1]);
    if (own == NULL) {
        refuse_argument(ctx, doing, "the second argument is not a Mailbox");
        return JS_EXCEPTION;
    }
    size_t length;
    const char *name = string_argument(ctx, argv[0], doing, &length);
    if (name == NULL)
        return JS_EXCEPTION;
    drystone_status status = link_serve(self->link, name, length, own);
    JS_FreeCString(ctx, name);
    return status == DRYSTONE_OK ? JS_UNDEFINED : throw_status(ctx, status, doing);
}

/* 1: something was done; 0: there was nothing in time; -1: an exception is pending. CLOSED is one unless `closed` is given. */
static int turn_in_time(JSContext *ctx, struct module *module, struct link_object *self, int64_t timeout,
                        const char *doing, bool *closed) {
    struct wait wait;
    int result = 1;
    self->busy = true;
    drystone_status status = link_turn(self->link, 0);
    if (status == DRYSTONE_END && timeout != 0) {
        int next = wait_begin(&wait, ctx, module, timeout, doing);
        if (next == 0) {
            while (status == DRYSTONE_END && (next = wait_next(&wait)) > 0)
                status = link_turn(self->link, wait.slice);
            wait_end(&wait);
        }
        if (next < 0)
            result = -1;
    }
    self->busy = false;
    if (result < 0 || status == DRYSTONE_OK)
        return result;
    if (status == DRYSTONE_END)
        return 0;
    if (status == DRYSTONE_CLOSED && closed != NULL) {
        *closed = true;
        return 0;
    }
    throw_status(ctx, status, doing);
    return -1;
}

MODULE_FUNCTION(link_turn_method) {
    static const char doing[] = "Link.prototype.turn";
    struct module *module = module_of_data(data);
    int64_t timeout = 0;
    if (!JS_IsUndefined(argv[0]) && timeout_argument(ctx, argv[0], doing, &timeout) < 0)
        return JS_EXCEPTION;
    struct link_object *self = open_link(ctx, module, this_value, doing);
    int done = self == NULL ? -1 : turn_in_time(ctx, module, self, timeout, doing, NULL);
    return done < 0 ? JS_EXCEPTION : JS_NewBool(ctx, done);
}

MODULE_FUNCTION(link_run_method) {
    static const char doing[] = "Link.prototype.run";
    struct module *module = module_of_data(data);
    struct link_object *self = open_link(ctx, module, this_value, doing);
    bool closed = false;
    int done = self == NULL ? -1 : 1;
    while (done >= 0 && !closed)
        done = turn_in_time(ctx, module, self, -1, doing, &closed);
    return done < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

MODULE_FUNCTION(link_get_fd) {
    struct link_object *self = open_link(ctx, module_of_data(data), this_value, "Link.prototype.fd");
    return self == NULL ? JS_EXCEPTION : JS_NewInt32(ctx, link_descriptor(self->link));
}

MODULE_FUNCTION(link_statistics_method) {
    static const char doing[] = "Link.prototype.statistics";
    struct link_object *self = open_link(ctx, module_of_data(data), this_value, doing);
    if (self == NULL)
        return JS_EXCEPTION;
    link_statistics_t now = { .struct_size = sizeof now };
    drystone_status status = link_statistics(self->link, &now);
    if (status != DRYSTONE_OK)
        return throw_status(ctx, status, doing);
    const struct figure figures[] = {
        { "sent", now.sent },
        { "received", now.received },
        { "refused", now.refused },
        { "waiting", now.waiting },
        { "lentStones", now.lent_stones },
        { "lentBytes", now.lent_bytes },
        { "borrowedStones", now.borrowed_stones },
        { "borrowedBytes", now.borrowed_bytes },
    };
    return object_of_figures(ctx, figures, COUNT_OF(figures));
}

MODULE_FUNCTION(link_close_method) {
    struct link_object *self = this_link(ctx, module_of_data(data), this_value);
    if (self == NULL)
        return JS_EXCEPTION;
    link_free(self->link);
    self->link = NULL;
    return JS_UNDEFINED;
}

#ifdef __linux__

/* The two ends of a socket. `exec` closes both; os.exec makes one the standard input of the new process. */
MODULE_FUNCTION(link_pair_function) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return throw_status(ctx, DRYSTONE_LIMIT_EXCEEDED, "Link.pair");
    JSValue values[] = { JS_NewInt32(ctx, ends[0]), JS_NewInt32(ctx, ends[1]) };
    JSValue both = new_array(ctx, 2, values);
    if (JS_IsException(both)) {
        close(ends[0]);
        close(ends[1]);
    }
    return both;
}

#else

MODULE_FUNCTION(link_pair_function) { return throw_status(ctx, DRYSTONE_UNSUPPORTED, "Link.pair"); }

#endif

static const struct method link_methods[] = {
    METHOD("mailbox", link_mailbox_method, 1, 0),
    METHOD("serve", link_serve_method, 2, 0),
    METHOD("turn", link_turn_method, 1, 0),
    METHOD("run", link_run_method, 0, 0),
    GETTER("fd", link_get_fd, 0),
    METHOD("statistics", link_statistics_method, 0, 0),
    METHOD("close", link_close_method, 0, 0),
};

static const struct method link_functions[] = {
    METHOD("pair", link_pair_function, 0, 0),
};

static const struct shape link_shape = { .name = "Link",
                                         METHODS(link_methods),
                                         .constructor = link_constructor,
                                         .length = 2,
                                         FUNCTIONS(link_functions) };

static int link_init(JSContext *ctx, JSValueConst module_object) {
    return export_class(ctx, module_object, LINK_CLASS, &link_shape);
}

static const struct part link_part = { .definition = &link_class, .class_index = LINK_CLASS, .init = link_init };
