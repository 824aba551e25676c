/* The C interface: blobs, messages and mailboxes that C functions hand to JavaScript and take back, in contexts that
   never imported the module and beside those that did. */
#include "host.h"
#include "host_engine.h"

#include <stdlib.h>

static const char bytes[] = "the bytes of a stone, which are seen by both sides";

static blob *new_stone(void) {
    blob *stone = blob_from_bytes((const uint8_t *)bytes, sizeof bytes);
    blob_make_stone(stone);
    return stone;
}

static void set(JSContext *ctx, const char *name, JSValue value) {
    JSValue global = JS_GetGlobalObject(ctx);
    JS_SetPropertyStr(ctx, global, name, value);
    JS_FreeValue(ctx, global);
}

static JSValue get(JSContext *ctx, const char *expression) {
    return JS_Eval(ctx, expression, strlen(expression), "<host>", JS_EVAL_TYPE_GLOBAL);
}

/* The blob that an expression gives, or NULL with an exception. */
static blob *blob_of_expression(JSContext *ctx, const char *expression) {
    JSValue value = get(ctx, expression);
    blob *found = drystone_js_to_blob(ctx, value);
    JS_FreeValue(ctx, value);
    return found;
}

static void blobs(JSContext *ctx) {
    blob *stone = new_stone();
    blob_incref(stone);
    set(ctx, "s", drystone_js_from_blob(ctx, stone));
    check(stone->refcount == 2, "the object has the count that it was given", stone->refcount);
    check(evaluate_int(ctx, "s.stone && s.length === 8 * 51 && " BYTE("s.buffer", 0) " === 116 ? 1 : 0") == 1,
          "a stone", 0);
    blob *back = blob_of_expression(ctx, "s");
    check(back == stone, "a Blob is its blob", 0);
    blob_destroy(back);
    back = blob_of_expression(ctx, "s.buffer");
    check(back == stone, "the ArrayBuffer over a stone is the stone", 0);
    blob_destroy(back);
    back = blob_of_expression(ctx, PART("s.buffer", 4, 5));
    check(back != NULL && back != stone && back->data == stone->data + 4 && blob_length_bits(back) == 40,
          "a view is its part", 0);
    blob_destroy(back);
    blob_destroy(stone);

    set(ctx, "a", drystone_js_from_blob(ctx, blob_from_bytes((const uint8_t *)bytes, 3)));
    check(evaluate_int(ctx, "a.write_fit(1, 8).length") == 32, "an antestone is written to", 0);
    back = blob_of_expression(ctx, "a");
    check(back != NULL && !blob_is_stone(back) && back->data[3] == 1, "and comes back", 0);
    blob_destroy(back);

    static const char *const others[] = {
        "undefined", "null", "1", "'text'", "({})", "new ArrayBuffer(8)", "new Uint8Array(8)",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        check(blob_of_expression(ctx, others[i]) == NULL && threw(ctx, "INVALID_ARGUMENT"), "no blob", (long)i);
    check(JS_IsException(drystone_js_from_blob(ctx, NULL)) && threw(ctx, "INVALID_ARGUMENT"), "NULL is not a blob", 0);
}

static void messages(JSContext *ctx) {
    JSValue value = get(ctx, "({ name: 'x', s, list: [1, 2.5, null], get got() { return 7; } })");
    blob *message = drystone_js_encode(ctx, value, WOTA_CLASSIC);
    check(message != NULL && wota_is_message(message) && wota_held_count(message) == 1, "a message", 0);
    set(ctx, "m", drystone_js_decode(ctx, message));
    check(evaluate_int(ctx, "m.s === s.buffer && m.name === 'x' && m.list[1] === 2.5 ? m.got : 0") == 7, "its value",
          0);
    set(ctx, "letter", drystone_js_from_blob(ctx, message));
    blob *back = blob_of_expression(ctx, "letter");
    check(back == message, "a message is a blob", 0);
    blob_destroy(back);
    JS_FreeValue(ctx, value);

    value = get(ctx, "[1e-300 / 3]");
    check(drystone_js_encode(ctx, value, WOTA_DEC64) == NULL && threw(ctx, "OUT_OF_RANGE"), "no such number", 0);
    JS_FreeValue(ctx, value);
    value = get(ctx, "[1 / 3]");
    message = drystone_js_encode(ctx, value, WOTA_DEC64 | WOTA_NEAREST);
    check(message != NULL, "the nearest one", 0);
    blob_destroy(message);
    check(drystone_js_encode(ctx, value, 77) == NULL && threw(ctx, "INVALID_ARGUMENT"), "no such dialect", 0);
    JS_FreeValue(ctx, value);
    value = get(ctx, "[() => 1]");
    check(drystone_js_encode(ctx, value, WOTA_CLASSIC) == NULL && threw(ctx, "WRONG_TYPE"), "a function", 0);
    JS_FreeValue(ctx, value);
    value = get(ctx, "({ get x() { throw { code: 'mine' }; } })");
    check(drystone_js_encode(ctx, value, WOTA_CLASSIC) == NULL && threw(ctx, "mine"), "a getter that throws", 0);
    JS_FreeValue(ctx, value);

    blob *stone = new_stone(), *antestone = blob_new(8);
    check(JS_IsException(drystone_js_decode(ctx, NULL)) && threw(ctx, "INVALID_ARGUMENT"), "NULL is not a message", 0);
    check(JS_IsException(drystone_js_decode(ctx, stone)) && threw(ctx, "WRONG_TYPE"), "a stone is not a message", 0);
    check(JS_IsException(drystone_js_decode(ctx, antestone)) && threw(ctx, "NOT_STONE"), "an antestone is none", 0);
    blob_destroy(stone);
    blob_destroy(antestone);
}

static void mailboxes(JSContext *ctx) {
    mailbox *box = NULL;
    check(mailbox_new(2, &box) == DRYSTONE_OK, "mailbox", 0);
    mailbox_incref(box);
    set(ctx, "box", drystone_js_from_mailbox(ctx, box));
    check(evaluate_int(ctx, "box.post(letter); box.length") == 1 && mailbox_length(box) == 1, "one mailbox", 0);
    JSValue object = get(ctx, "box");
    mailbox *back = drystone_js_to_mailbox(ctx, object);
    check(back == box, "a Mailbox is its mailbox", 0);
    mailbox_destroy(back);
    JS_FreeValue(ctx, object);
    blob *letter = NULL;
    check(mailbox_take(box, 0, &letter) == DRYSTONE_OK, "take", 0);
    check(mailbox_post(box, new_stone()) == DRYSTONE_OK, "a call of the library", 0);
    blob_destroy(letter);
    mailbox_destroy(box); /* the object has the last handle, and a letter in it */
    check(evaluate_int(ctx, "box.length") == 1, "the object keeps it", 0);
    object = get(ctx, "({})");
    check(drystone_js_to_mailbox(ctx, object) == NULL && threw(ctx, "INVALID_ARGUMENT"), "no mailbox", 0);
    check(JS_IsException(drystone_js_from_mailbox(ctx, NULL)) && threw(ctx, "INVALID_ARGUMENT"), "NULL is none", 0);
    JS_FreeValue(ctx, object);
    object = get(ctx, "s");
    check(drystone_js_to_mailbox(ctx, object) == NULL && threw(ctx, "INVALID_ARGUMENT"), "a Blob is none", 0);
    JS_FreeValue(ctx, object);
}

/* `imported`: the module is there before, and its classes are those of the C interface. */
static void one_context(bool imported) {
    JSRuntime *runtime = new_strict_runtime();
    JSContext *ctx = imported ? new_context(runtime) : JS_NewContext(runtime);
    static const char import[] = "import * as drystone from 'drystone'; globalThis.drystone = drystone;";
    check(!imported || import_source(ctx, import), "import", 0);
    blobs(ctx);
    messages(ctx);
    mailboxes(ctx);
    if (!imported) {
        check(drystone_js_init(ctx, "later") == 0, "init", 0);
        check(import_source(ctx, "import * as drystone from 'later'; globalThis.drystone = drystone;"),
              "import later", 0);
    }
    check(evaluate_int(ctx, "s instanceof drystone.Blob && box instanceof drystone.Mailbox ? 1 : 0") == 1,
          "the same classes", 0);
    check(evaluate_int(ctx, "s.constructor === drystone.Blob && drystone.isStone(s) ? 1 : 0") == 1, "one Blob", 0);
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
    check(drystone_blobs_alive() == 0, "blobs alive after the C interface", imported);
}

static void contexts_and_runtimes(void) {
    JSRuntime *runtimes[2] = { new_strict_runtime(), new_strict_runtime() };
    JSContext *contexts[3] = { JS_NewContext(runtimes[0]), JS_NewContext(runtimes[0]), JS_NewContext(runtimes[1]) };
    blob *stone = new_stone();
    for (int i = 0; i < 3; i++) {
        blob_incref(stone);
        set(contexts[i], "s", drystone_js_from_blob(contexts[i], stone));
    }
    JSValue other = get(contexts[1], "s");
    blob *back = drystone_js_to_blob(contexts[0], other);
    check(back == stone, "an object of another context", 0);
    blob_destroy(back);
    JS_FreeValue(contexts[1], other);
    JS_FreeContext(contexts[0]);
    back = blob_of_expression(contexts[1], "s.buffer");
    check(back == stone, "when one context is gone", 0);
    blob_destroy(back);
    JS_FreeContext(contexts[1]);
    JS_FreeRuntime(runtimes[0]);
    check(evaluate_int(contexts[2], BYTE("s.buffer", 1)) == 104, "when one runtime is gone", 0);
    JS_FreeContext(contexts[2]);
    JS_FreeRuntime(runtimes[1]);
    check(stone->refcount == 1, "every count was dropped", stone->refcount);
    blob_destroy(stone);
}

/* Every call that takes or drops counts. False: an exception is pending. */
static bool exchange(JSContext *ctx) {
    blob *large = blob_new(8 * 4000); /* not left to the engine alone */
    blob_make_stone(large);
    mailbox *box = NULL, *same_box = NULL;
    blob *message = NULL, *same = NULL;
    JSValue stone = drystone_js_from_blob(ctx, large), decoded = JS_UNDEFINED, object = JS_UNDEFINED;
    if (!JS_IsException(stone))
        message = drystone_js_encode(ctx, stone, WOTA_CLASSIC);
    if (message != NULL)
        decoded = drystone_js_decode(ctx, message);
    if (message != NULL && !JS_IsException(decoded))
        same = drystone_js_to_blob(ctx, decoded);
    if (same != NULL && mailbox_new(0, &box) == DRYSTONE_OK) {
        check(mailbox_post(box, new_stone()) == DRYSTONE_OK, "a call of the library", 0);
        object = drystone_js_from_mailbox(ctx, box);
        if (!JS_IsException(object))
            same_box = drystone_js_to_mailbox(ctx, object);
    }
    bool done = same_box != NULL;
    JS_FreeValue(ctx, stone);
    JS_FreeValue(ctx, decoded);
    JS_FreeValue(ctx, object);
    blob_destroy(message);
    blob_destroy(same);
    mailbox_destroy(same_box);
    return done;
}

/* The n-th allocation of the engine fails, for every n: in a context that has nothing of ours yet, and in one that has
   all of it. */
static void exchange_without_memory(bool warm, bool for_good, long step) {
    bool more = true;
    for (long n = 1; more; n += step) {
        struct failing failing = { .for_good = for_good };
        JSRuntime *runtime = new_failing_runtime(&failing);
        JSContext *ctx = JS_NewContext(runtime);
        make_late_globals(ctx);
        check(!warm || exchange(ctx), "exchange before", n);
        failing.until = n;
        bool done = exchange(ctx);
        failing.until = 0;
        more = failing.failed;
        if (!done)
            JS_FreeValue(ctx, JS_GetException(ctx));
        check(done || more, "exchange when nothing failed", n);
        JS_RunGC(runtime);
        check(drystone_blobs_alive() == 0, "blobs alive after a failed exchange, allocation", n);
        check(exchange(ctx), "exchange after a failed one, allocation", n);
        JS_FreeContext(ctx);
        JS_FreeRuntime(runtime);
        check(drystone_blobs_alive() == 0, "blobs alive after failed exchanges, allocation", n);
    }
}

/* Cycles that keep large stones are collected, but not where the host collects itself, if the engine says so. */
static void collections(bool by_themselves) {
    JSRuntime *runtime = new_strict_runtime();
    JSContext *ctx = JS_NewContext(runtime);
    if (!by_themselves)
        JS_SetGCThreshold(runtime, (size_t)-1);
    for (int i = 0; i < 40; i++) {
        blob *large = blob_new(8 << 20);
        blob_make_stone(large);
        JSValue object = drystone_js_from_blob(ctx, large);
        JS_SetPropertyStr(ctx, object, "self", JS_DupValue(ctx, object));
        JS_FreeValue(ctx, object);
    }
    check((drystone_blobs_alive() < 20) == (by_themselves || !SAYS_WHETHER_IT_COLLECTS), "cycles with stones", (long)drystone_blobs_alive());
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
    check(drystone_blobs_alive() == 0, "blobs alive after cycles", by_themselves);
}

void interface_checks(bool quick) {
    collections(true);
    collections(false);
    if (!SAYS_WHETHER_IT_COLLECTS)
        printf("this engine does not say that the host collects itself: large stones make it collect nevertheless\n");
    one_context(false);
    one_context(true);
    contexts_and_runtimes();
    for (int kind = 0; kind < 4; kind++)
        exchange_without_memory((kind & 1) != 0, (kind & 2) != 0, quick ? 23 : 1);
}
