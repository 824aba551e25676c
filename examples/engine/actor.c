/* An actor: its runtime, what its script can call, its turns, and its end. */
#include "engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TURNS = 16 /* handled at once, before those of others */, STACK = 256 << 10 /* bytes */ };

static struct actor *actor_of(JSContext *ctx) { return JS_GetContextOpaque(ctx); }

/* The argument of an interrupt handler: the context since quickjs-ng 0.18, the runtime on other engines. */
#if defined(QUICKJS_NG) && (QJS_VERSION_MAJOR > 0 || QJS_VERSION_MINOR >= 18)
typedef JSContext interrupted_engine;
#else
typedef JSRuntime interrupted_engine;
#endif

/* QuickJS calls this every few thousand steps. Time is counted in these calls, so that runs are the same on every
   machine; an engine with real time limits compares a clock here. */
static int interrupted(interrupted_engine *engine, void *opaque) {
    struct actor *actor = opaque;
    (void)engine;
    actor->spent++;
    return atomic_load(&actor->killed) || (actor->budget != 0 && actor->spent > actor->budget);
}

/* post(name, value): a message that is sent when the turn succeeds. */
static JSValue post(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value, (void)argc;
    struct actor *actor = actor_of(ctx);
    const char *name = JS_ToCString(ctx, argv[0]);
    if (name == NULL)
        return JS_EXCEPTION;
    mailbox *to = engine_find(actor->engine, name);
    JSValue result = to == NULL ? JS_ThrowReferenceError(ctx, "there is no actor %s", name) : JS_UNDEFINED;
    JS_FreeCString(ctx, name);
    if (to == NULL)
        return result;
    blob *message = drystone_js_encode(ctx, argv[1], WOTA_CLASSIC);
    if (message == NULL) {
        result = JS_EXCEPTION;
    } else if (mailbox_outbox_post(actor->outbox, to, message) != DRYSTONE_OK) {
        blob_destroy(message);
        result = JS_ThrowInternalError(ctx, "the message cannot be held");
    }
    mailbox_destroy(to);
    return result;
}

/* after(milliseconds, function) */
static JSValue after(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value, (void)argc;
    struct actor *actor = actor_of(ctx);
    int64_t milliseconds;
    int place = 0;
    if (JS_ToInt64(ctx, &milliseconds, argv[0]) < 0)
        return JS_EXCEPTION;
    while (place < TIMERS && !JS_IsUndefined(actor->timers[place]))
        place++;
    if (place == TIMERS || !JS_IsFunction(ctx, argv[1]))
        return JS_ThrowRangeError(ctx, "no function, or too many timers");
    actor->timers[place] = JS_DupValue(ctx, argv[1]);
    if (loop_add_timer(&actor->engine->loop, actor, place, milliseconds))
        return JS_UNDEFINED;
    JS_FreeValue(ctx, actor->timers[place]);
    actor->timers[place] = JS_UNDEFINED;
    return JS_ThrowInternalError(ctx, "no memory for a timer");
}

static bool define(JSContext *ctx, JSValueConst global, const char *name, JSCFunction *function) {
    return JS_SetPropertyStr(ctx, global, name, JS_NewCFunction(ctx, function, name, 2)) >= 0;
}

/* Ends a turn with its result: its messages are posted if it succeeded, and destroyed if not. */
static bool end_turn(struct actor *actor, JSValue result) {
    JSContext *ctx = actor->context, *job;
    bool good = !JS_IsException(result);
    int done = 1;
    while (good && (done = JS_ExecutePendingJob(actor->runtime, &job)) > 0) {}
    good = good && done >= 0 && !atomic_load(&actor->killed);
    if (!good)
        JS_FreeValue(ctx, JS_GetException(ctx));
    JS_FreeValue(ctx, result);
    size_t refused = 0;
    if (good)
        mailbox_outbox_commit(actor->outbox, &refused);
    else
        mailbox_outbox_discard(actor->outbox);
    atomic_fetch_add(&actor->engine->refused_letters, (long)refused);
    atomic_fetch_add(good ? &actor->engine->turns : &actor->engine->failed_turns, 1);
    atomic_store(&actor->turning, false);
    return good;
}

static void begin_turn(struct actor *actor) {
    actor->spent = 0;
    atomic_store(&actor->turning, true);
}

/* One letter, one turn. A message becomes a value whose stones are views of the sender's memory. */
static void take_turn(struct actor *actor, struct letter letter) {
    JSContext *ctx = actor->context;
    JSValue result;
    begin_turn(actor);
    if (letter.type == LETTER_BLOB) {
        JSValue value = drystone_js_decode(ctx, letter.message);
        blob_destroy(letter.message);
        result = JS_EXCEPTION;
        if (!JS_IsException(value))
            result = JS_Call(ctx, actor->receive, JS_UNDEFINED, 1, (JSValueConst *)&value);
        JS_FreeValue(ctx, value);
    } else {
        JSValue function = actor->timers[letter.timer];
        actor->timers[letter.timer] = JS_UNDEFINED;
        result = JS_Call(ctx, function, JS_UNDEFINED, 0, NULL);
        JS_FreeValue(ctx, function);
    }
    end_turn(actor, result);
}

void actor_push(struct actor *actor, struct letter letter) {
    pthread_mutex_lock(&actor->mutex);
    actor->letters[(actor->first + actor->count++) % LETTERS] = letter;
    pthread_mutex_unlock(&actor->mutex);
}

static bool next_letter(struct actor *actor, struct letter *letter) {
    pthread_mutex_lock(&actor->mutex);
    bool found = actor->count > 0;
    if (found) {
        *letter = actor->letters[actor->first];
        actor->first = (actor->first + 1) % LETTERS;
        actor->count--;
    }
    pthread_mutex_unlock(&actor->mutex);
    return found;
}

bool actor_has_letters(struct actor *actor) {
    pthread_mutex_lock(&actor->mutex);
    bool found = actor->count > 0;
    pthread_mutex_unlock(&actor->mutex);
    return found || mailbox_length(actor->mailbox) > 0;
}

/* Messages go to the ring too, as many as there will be turns for; there is always room for timers. */
static void fetch_messages(struct actor *actor) {
    struct letter letter = { .type = LETTER_BLOB };
    for (int n = 0; n < TURNS && mailbox_take(actor->mailbox, 0, &letter.message) == DRYSTONE_OK; n++)
        actor_push(actor, letter);
}

void actor_run(struct actor *actor) {
    struct letter letter;
    JS_UpdateStackTop(actor->runtime); /* the thread, and so its stack, may differ from last time */
    pthread_mutex_lock(&actor->mutex);
    bool room = actor->count + TURNS + TIMERS <= LETTERS;
    pthread_mutex_unlock(&actor->mutex);
    if (room)
        fetch_messages(actor);
    for (int n = 0; n < TURNS && !atomic_load(&actor->killed) && next_letter(actor, &letter); n++)
        take_turn(actor, letter);
}

/* Called by the mailbox on the poster's thread, which must not be delayed. */
static void notice(void *context) { schedule_wake(context); }

static bool make_context(struct actor *actor, const struct limits *limits) {
    actor->runtime = JS_NewRuntime();
    if (actor->runtime == NULL)
        return false;
    JS_SetMaxStackSize(actor->runtime, STACK);
    JS_SetCanBlock(actor->runtime, false);
    JS_SetInterruptHandler(actor->runtime, interrupted, actor);
    actor->context = JS_NewContext(actor->runtime);
    if (actor->context == NULL || drystone_js_init(actor->context, "drystone") < 0)
        return false;
    JS_SetContextOpaque(actor->context, actor);
    JSValue global = JS_GetGlobalObject(actor->context);
    bool good = define(actor->context, global, "post", post) && define(actor->context, global, "after", after);
    JS_FreeValue(actor->context, global);
    actor->budget = limits->budget;
    return good;
}

/* The first turn: the script defines the global function `receive`. */
static bool run_script(struct actor *actor, const char *script, const struct limits *limits) {
    JSContext *ctx = actor->context;
    begin_turn(actor);
    if (!end_turn(actor, JS_Eval(ctx, script, strlen(script), actor->name, JS_EVAL_TYPE_MODULE)))
        return false;
    JSValue global = JS_GetGlobalObject(ctx);
    actor->receive = JS_GetPropertyStr(ctx, global, "receive");
    JS_FreeValue(ctx, global);
    if (limits->memory != 0)
        JS_SetMemoryLimit(actor->runtime, limits->memory);
    return JS_IsFunction(ctx, actor->receive);
}

struct actor *actor_new(struct engine *engine, const char *name, const char *script, const struct limits *limits) {
    struct actor *actor = calloc(1, sizeof *actor);
    if (actor == NULL)
        return NULL;
    actor->engine = engine;
    actor->state = RUNNING;
    actor->receive = JS_UNDEFINED;
    for (int place = 0; place < TIMERS; place++)
        actor->timers[place] = JS_UNDEFINED;
    snprintf(actor->name, sizeof actor->name, "%s", name);
    pthread_mutex_init(&actor->mutex, NULL);
    if (mailbox_new(limits->letters, &actor->mailbox) == DRYSTONE_OK &&
        mailbox_outbox_new(&actor->outbox) == DRYSTONE_OK && make_context(actor, limits) &&
        run_script(actor, script, limits) && mailbox_notify(actor->mailbox, notice, actor) == DRYSTONE_OK)
        return actor;
    actor_free(actor);
    return NULL;
}

/* In any state: unread messages are not decoded. The engine has removed the actor, so that it cannot be found; once
   its notifications have ended and its timers are removed, nothing else refers to it. */
void actor_free(struct actor *actor) {
    if (actor->mailbox != NULL)
        mailbox_notify(actor->mailbox, NULL, NULL);
    loop_forget(&actor->engine->loop, actor);
    struct letter letter;
    while (next_letter(actor, &letter))
        if (letter.type == LETTER_BLOB)
            blob_destroy(letter.message);
    mailbox_outbox_free(actor->outbox);
    mailbox_destroy(actor->mailbox);
    if (actor->context != NULL) {
        JS_FreeValue(actor->context, actor->receive);
        for (int place = 0; place < TIMERS; place++)
            JS_FreeValue(actor->context, actor->timers[place]);
        JS_FreeContext(actor->context);
    }
    if (actor->runtime != NULL)
        JS_FreeRuntime(actor->runtime);
    pthread_mutex_destroy(&actor->mutex);
    free(actor);
}
