#include "reader.h"

#include "blob_object.h"
#include "error.h"
#include "iteration.h"
#include "loop.h"
#include "part.h"
#include "wait.h"

/* The most letters that promises receive in one turn of the loop; then it is the turn of timers and other descriptors. */
#define LETTERS_A_TURN 64

/* A pending promise for a letter. Everything that it needs is allocated before the letter is taken. */
struct waiter {
    struct waiter *next;
    JSValue resolve;
    JSValue letter;   /* a Blob without a blob */
    JSValue answer;   /* what the promise becomes: the letter, or an object with it */
    JSValue iterator; /* undefined: the letter alone */
};

/* A context's wait for letters of a mailbox. It exists while the loop watches the descriptor, and keeps the context alive. */
struct reader {
    struct reader *next;
    struct module *module; /* of the context */
    JSContext *ctx;
    JSValue realm; /* a function, which keeps the context where the collector sees it */
    mailbox *from; /* counted */
    JSValue object, handler; /* of onletter; undefined where there is none */
    struct waiter *first, **last;
    struct watch watch;
    unsigned busy; /* calls that are using it */
    bool moves;    /* to the end of the loop's list */
};

static void waiter_free(JSRuntime *runtime, struct waiter *waiter) {
    JS_FreeValueRT(runtime, waiter->resolve);
    JS_FreeValueRT(runtime, waiter->letter);
    JS_FreeValueRT(runtime, waiter->answer);
    JS_FreeValueRT(runtime, waiter->iterator);
    js_free_rt(runtime, waiter);
}

/* NULL: exception. */
static struct waiter *waiter_new(JSContext *ctx, struct module *module, JSValueConst iterator, JSValue *promise) {
    struct waiter *waiter = js_mallocz(ctx, sizeof *waiter);
    if (waiter == NULL)
        return NULL;
    JSValue settle[2] = { JS_UNDEFINED, JS_UNDEFINED };
    waiter->letter = blob_object_empty(ctx, module);
    waiter->answer = JS_IsException(waiter->letter)   ? JS_EXCEPTION
                     : JS_IsUndefined(iterator)       ? JS_DupValue(ctx, waiter->letter)
                                                      : iteration_result(ctx, module, waiter->letter, false);
    waiter->iterator = JS_DupValue(ctx, iterator);
    *promise = JS_IsException(waiter->answer) ? JS_EXCEPTION : JS_NewPromiseCapability(ctx, settle);
    waiter->resolve = JS_UNDEFINED;
    if (JS_IsException(*promise)) {
        waiter_free(JS_GetRuntime(ctx), waiter);
        return NULL;
    }
    waiter->resolve = settle[0];
    JS_FreeValue(ctx, settle[1]);
    return waiter;
}

/* Calls the waiter's function; on failure the waiter is unchanged. */
static int settle(JSContext *ctx, struct waiter *waiter, JSValueConst value) {
    JSValue answer = JS_Call(ctx, waiter->resolve, JS_UNDEFINED, 1, &value);
    JS_FreeValue(ctx, answer);
    return JS_IsException(answer) ? -1 : 0;
}

static int settle_with_end(JSContext *ctx, struct module *module, struct waiter *waiter) {
    JSValue end = JS_IsUndefined(waiter->iterator) ? JS_NULL : iteration_result(ctx, module, JS_UNDEFINED, true);
    int result = JS_IsException(end) ? -1 : settle(ctx, waiter, end);
    JS_FreeValue(ctx, end);
    return result;
}

/* Settles the waiter's promise with a letter, or with the end. 1: done; 0: no letter; -1: exception, and the letter
   is in the mailbox again. */
static int serve(JSContext *ctx, struct module *module, mailbox *from, struct waiter *waiter) {
    blob *letter = NULL;
    drystone_status status = mailbox_take(from, 0, &letter);
    if (status == DRYSTONE_END)
        return 0;
    if (status == DRYSTONE_CLOSED)
        return settle_with_end(ctx, module, waiter) < 0 ? -1 : 1;
    if (status != DRYSTONE_OK) {
        throw_status(ctx, status, "Mailbox.prototype.next");
        return -1;
    }
    blob_object_fill(module, waiter->letter, letter);
    if (settle(ctx, waiter, waiter->answer) == 0)
        return 1;
    blob_incref(letter);
    blob_object_clear(module, waiter->letter);
    if (mailbox_post_urgent(from, letter) != DRYSTONE_OK)
        blob_destroy(letter); /* closed or filled in the meantime */
    return -1;
}

static struct reader *find_reader(struct runtime_state *state, const mailbox *from) {
    struct reader *reader = state->readers;
    while (reader != NULL && reader->from != from)
        reader = reader->next;
    return reader;
}

static void reader_free(JSRuntime *runtime, struct reader *reader) {
    while (reader->first != NULL) {
        struct waiter *waiter = reader->first;
        reader->first = waiter->next;
        waiter_free(runtime, waiter);
    }
    JS_FreeValueRT(runtime, reader->object);
    JS_FreeValueRT(runtime, reader->handler);
    JS_FreeValueRT(runtime, reader->watch.function);
    JS_FreeValueRT(runtime, reader->realm);
    mailbox_destroy(reader->from);
    js_free_rt(runtime, reader);
}

static void unlink_reader(struct reader *reader) {
    struct reader **place = &reader->module->state->readers;
    while (*place != reader)
        place = &(*place)->next;
    *place = reader->next;
}

/* Frees the reader when nothing waits any more; otherwise makes the loop watch its descriptor. */
static int reader_settle(JSContext *ctx, struct reader *reader);

static int turn(JSContext *ctx, struct reader *reader);

static int reader_ready(JSContext *ctx, void *data) {
    struct reader *reader = data;
    (void)ctx;
    return turn(reader->ctx, reader);
}

/* The function for os.setReadHandler. Its reader may be gone when the loop calls it once more. */
MODULE_FUNCTION(on_readable) {
    struct module *module = module_of(data[0]);
    int32_t descriptor = -1;
    JS_ToInt32(ctx, &descriptor, data[1]);
    for (struct reader *reader = module->state->readers; reader != NULL; reader = reader->next)
        if (reader->module == module && reader->watch.on && reader->watch.host == NULL &&
            reader->watch.descriptor == descriptor)
            return turn(reader->ctx, reader) < 0 ? JS_EXCEPTION : JS_UNDEFINED;
    return set_read_handler(ctx, module, descriptor, JS_NULL) < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

/* NULL: exception. */
static struct reader *reader_new(JSContext *ctx, struct module *home, mailbox *from, const char *doing) {
    int32_t descriptor;
    drystone_status status = mailbox_descriptor(from, &descriptor);
    if (status != DRYSTONE_OK) {
        throw_status(ctx, status, doing);
        return NULL;
    }
    struct reader *reader = js_mallocz(ctx, sizeof *reader);
    if (reader == NULL)
        return NULL;
    JSValue data[] = { JS_GetClassProto(ctx, home->state->class_ids[MODULE_CLASS]), JS_NewInt32(ctx, descriptor) };
    reader->module = home;
    reader->ctx = ctx;
    reader->realm = new_nothing_function(ctx);
    reader->object = reader->handler = JS_UNDEFINED;
    reader->last = &reader->first;
    reader->watch.descriptor = descriptor;
    reader->watch.function = JS_NewCFunctionData(ctx, on_readable, 0, 0, 2, (JSValueConst *)data);
    JS_FreeValue(ctx, data[0]);
    mailbox_incref(from);
    reader->from = from;
    if (JS_IsException(reader->realm) || JS_IsException(reader->watch.function)) {
        reader_free(JS_GetRuntime(ctx), reader);
        return NULL;
    }
    reader->next = home->state->readers;
    home->state->readers = reader;
    return reader;
}

/* The context's reader of a mailbox, made if there is none. NULL: exception. */
static struct reader *reader_of(JSContext *ctx, struct module *home, mailbox *from, const char *doing) {
    struct reader *reader = find_reader(home->state, from);
    if (reader == NULL)
        return reader_new(ctx, home, from, doing);
    if (reader->module == home)
        return reader;
    throw_status(ctx, DRYSTONE_BUSY, "Mailbox: another context of this runtime is waiting for its letters");
    return NULL;
}

int reader_settle(JSContext *ctx, struct reader *reader) {
    if (reader->busy > 0)
        return 0;
    if (reader->first == NULL && JS_IsUndefined(reader->handler)) {
        watch_stop(ctx, reader->module, &reader->watch);
        unlink_reader(reader);
        reader_free(JS_GetRuntime(ctx), reader);
        return 0;
    }
    if (reader->moves)
        watch_stop(ctx, reader->module, &reader->watch);
    reader->moves = false;
    return watch_start(ctx, reader->module, &reader->watch, reader_ready, reader);
}

/* The same, but keeps a pending exception if `result` is -1. */
static int settle_after(JSContext *ctx, struct reader *reader, int result) {
    if (result == 0)
        return reader_settle(ctx, reader);
    JSValue error = JS_GetException(ctx);
    if (reader_settle(ctx, reader) < 0)
        JS_FreeValue(ctx, JS_GetException(ctx));
    JS_Throw(ctx, error);
    return -1;
}

static void put_back(struct reader *reader, struct waiter *waiter) {
    waiter->next = reader->first;
    reader->first = waiter;
    if (waiter->next == NULL)
        reader->last = &waiter->next;
}

static int serve_waiters(JSContext *ctx, struct reader *reader) {
    while (reader->first != NULL && reader->module->letters_left > 0) {
        struct waiter *waiter = reader->first; /* removed from the list, because settling may run the program */
        reader->first = waiter->next;
        if (reader->first == NULL)
            reader->last = &reader->first;
        int served = serve(ctx, reader->module, reader->from, waiter);
        if (served <= 0) {
            put_back(reader, waiter);
            return served;
        }
        waiter_free(JS_GetRuntime(ctx), waiter);
        reader->module->letters_left--;
    }
    return 0;
}

static void remove_handler(JSContext *ctx, struct reader *reader) {
    JSValue handler = reader->handler, object = reader->object;
    reader->handler = reader->object = JS_UNDEFINED;
    JS_FreeValue(ctx, handler);
    JS_FreeValue(ctx, object);
}

/* One letter a turn, so that its jobs run before the next letter comes. */
static int call_handler(JSContext *ctx, struct reader *reader) {
    JSValue object = blob_object_empty(ctx, reader->module);
    if (JS_IsException(object))
        return -1;
    blob *letter = NULL;
    int result = 0;
    drystone_status status = mailbox_take(reader->from, 0, &letter);
    if (status == DRYSTONE_OK) {
        blob_object_fill(reader->module, object, letter);
        JSValue handler = JS_DupValue(ctx, reader->handler), box = JS_DupValue(ctx, reader->object);
        JSValueConst argument = object;
        JSValue answer = JS_Call(ctx, handler, box, 1, &argument);
        result = JS_IsException(answer) ? -1 : 0;
        JS_FreeValue(ctx, answer);
        JS_FreeValue(ctx, handler);
        JS_FreeValue(ctx, box);
    } else if (status == DRYSTONE_CLOSED) {
        remove_handler(ctx, reader);
    } else if (status != DRYSTONE_END) {
        throw_status(ctx, status, "Mailbox.prototype.onletter");
        result = -1;
    }
    JS_FreeValue(ctx, object);
    return result;
}

int turn(JSContext *ctx, struct reader *reader) {
    int result = 0;
    JS_DupContext(ctx);
    reader->busy++;
    reader->module->letters_left = LETTERS_A_TURN;
    if (reader->first != NULL)
        result = serve_waiters(ctx, reader);
    else if (!JS_IsUndefined(reader->handler))
        result = call_handler(ctx, reader);
    reader->busy--;
    /* quickjs-libc serves the first descriptor of its list that is readable: ours goes to the end of it */
    reader->moves = reader->watch.host == NULL;
    result = settle_after(ctx, reader, result);
    JS_FreeContext(ctx);
    return result;
}

/* The module of the calling context, whose loop it is. NULL: exception. */
static struct module *home_with_loop(JSContext *ctx, struct module *module, const char *doing) {
    struct module *home = module_of_context(ctx, module->state);
    return home == NULL || loop_needed(ctx, home, doing) < 0 ? NULL : home;
}

/* 1: the promise has its letter. */
static int serve_at_once(JSContext *ctx, struct module *home, mailbox *from, struct waiter *waiter) {
    struct reader *reader = find_reader(home->state, from);
    if (home->letters_left == 0 || (reader != NULL && reader->first != NULL))
        return 0;
    int served = serve(ctx, home, from, waiter);
    if (served > 0)
        home->letters_left--;
    return served;
}

JSValue next_letter(JSContext *ctx, struct module *module, mailbox *from, JSValueConst iterator) {
    static const char doing[] = "Mailbox.prototype.next";
    struct module *home = home_with_loop(ctx, module, doing);
    if (home == NULL)
        return JS_EXCEPTION;
    JSValue promise;
    struct waiter *waiter = waiter_new(ctx, module, iterator, &promise);
    if (waiter == NULL)
        return JS_EXCEPTION;
    int served = serve_at_once(ctx, home, from, waiter);
    struct reader *reader = served == 0 ? reader_of(ctx, home, from, doing) : NULL;
    if (reader == NULL) {
        waiter_free(JS_GetRuntime(ctx), waiter);
        if (served > 0)
            return promise;
        JS_FreeValue(ctx, promise);
        return JS_EXCEPTION;
    }
    struct waiter **place = reader->last;
    *place = waiter;
    reader->last = &waiter->next;
    if (reader_settle(ctx, reader) == 0)
        return promise;
    *place = NULL;
    reader->last = place;
    waiter_free(JS_GetRuntime(ctx), waiter);
    reader_settle(ctx, reader);
    JS_FreeValue(ctx, promise);
    return JS_EXCEPTION;
}

/* Removes the iterator's first waiter from the list. NULL: it has none. */
static struct waiter *waiter_of_iterator(struct reader *reader, JSValueConst iterator) {
    for (struct waiter **place = &reader->first, *waiter; (waiter = *place) != NULL; place = &waiter->next) {
        if (!JS_IsObject(waiter->iterator) || object_address(waiter->iterator) != object_address(iterator))
            continue;
        *place = waiter->next;
        if (waiter->next == NULL)
            reader->last = place;
        return waiter;
    }
    return NULL;
}

int give_up_letters(JSContext *ctx, struct module *module, mailbox *from, JSValueConst iterator) {
    struct reader *reader = find_reader(module->state, from);
    if (reader == NULL)
        return 0;
    int result = 0;
    reader->busy++;
    for (struct waiter *waiter; result == 0 && (waiter = waiter_of_iterator(reader, iterator)) != NULL;) {
        result = settle_with_end(ctx, module, waiter);
        if (result == 0)
            waiter_free(JS_GetRuntime(ctx), waiter);
        else
            put_back(reader, waiter);
    }
    reader->busy--;
    return settle_after(ctx, reader, result);
}

JSValue letter_handler(JSContext *ctx, struct module *module, mailbox *of) {
    struct reader *reader = find_reader(module->state, of);
    return reader == NULL || JS_IsUndefined(reader->handler) ? JS_NULL : JS_DupValue(ctx, reader->handler);
}

int set_letter_handler(JSContext *ctx, struct module *module, mailbox *of, JSValueConst object, JSValueConst handler) {
    static const char doing[] = "Mailbox.prototype.onletter";
    struct reader *reader = find_reader(module->state, of);
    if (JS_IsUndefined(handler)) {
        if (reader == NULL)
            return 0;
        remove_handler(ctx, reader);
        return reader_settle(reader->ctx, reader);
    }
    struct module *home = home_with_loop(ctx, module, doing);
    reader = home == NULL ? NULL : reader_of(ctx, home, of, doing);
    if (reader == NULL)
        return -1;
    remove_handler(ctx, reader);
    reader->handler = JS_DupValue(ctx, handler);
    reader->object = JS_DupValue(ctx, object);
    if (reader_settle(ctx, reader) == 0)
        return 0;
    remove_handler(ctx, reader);
    reader_settle(ctx, reader);
    return -1;
}

static void readers_mark(JSRuntime *runtime, struct module *module, JS_MarkFunc *mark) {
    for (struct reader *reader = module->state->readers; reader != NULL; reader = reader->next) {
        if (reader->module != module)
            continue;
        JS_MarkValue(runtime, reader->realm, mark);
        JS_MarkValue(runtime, reader->object, mark);
        JS_MarkValue(runtime, reader->handler, mark);
        JS_MarkValue(runtime, reader->watch.function, mark);
        for (struct waiter *waiter = reader->first; waiter != NULL; waiter = waiter->next) {
            JS_MarkValue(runtime, waiter->resolve, mark);
            JS_MarkValue(runtime, waiter->letter, mark);
            JS_MarkValue(runtime, waiter->answer, mark);
            JS_MarkValue(runtime, waiter->iterator, mark);
        }
    }
}

static void readers_end(JSRuntime *runtime, struct module *module) {
    struct reader **place = &module->state->readers;
    while (*place != NULL) {
        struct reader *reader = *place;
        if (reader->module != module) {
            place = &reader->next;
            continue;
        }
        *place = reader->next;
        watch_end(&reader->watch);
        reader_free(runtime, reader);
    }
}

static const struct part readers_part = { .mark = readers_mark, .context_end = readers_end };
