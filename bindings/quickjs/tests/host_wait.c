/* Waiting for letters: in a loop that the host has, in a runtime that may not block, and with an interrupt handler. */
#include "host.h"
#include "host_engine.h"

/* A host's loop, which the test runs step by step; it asks the mailbox whether its descriptor is readable. */
#define ROOM 8
static struct loop {
    struct entry {
        int descriptor;
        JSContext *ctx;
        drystone_js_ready ready;
        void *data;
    } entries[ROOM];
    int count, started, stopped_at_end;
    bool full;
} loop;

static int watch(void *context, JSContext *ctx, int descriptor, drystone_js_ready ready, void *data) {
    struct loop *own = context;
    int i = 0;
    while (i < own->count && own->entries[i].descriptor != descriptor)
        i++;
    if (ready == NULL) {
        check(i < own->count && data == NULL, "stops what was started", descriptor);
        own->stopped_at_end += ctx == NULL;
        own->entries[i] = own->entries[--own->count];
        return 0;
    }
    check(i == own->count && i < ROOM && ctx != NULL, "starts once", descriptor);
    if (own->full)
        return -1;
    own->started++;
    own->entries[own->count++] = (struct entry){ descriptor, ctx, ready, data };
    return 0;
}

/* Calls every watching function, as if its descriptor were readable, and runs the pending jobs. Returns how many threw;
   the exceptions go to the global `thrown`. */
static int turn(JSRuntime *runtime) {
    int failed = 0;
    for (int i = loop.count; i-- > 0;) {
        if (i >= loop.count)
            continue;
        struct entry entry = loop.entries[i];
        if (entry.ready(entry.ctx, entry.data) < 0) {
            failed++;
            JSValue global = JS_GetGlobalObject(entry.ctx);
            JS_SetPropertyStr(entry.ctx, global, "thrown", JS_GetException(entry.ctx));
            JS_FreeValue(entry.ctx, global);
        }
        run_jobs(runtime);
    }
    return failed;
}

static void promises(JSRuntime *runtime, JSContext *ctx) {
    run(ctx, "globalThis.box = drystone.Mailbox.open('loop'); globalThis.to = drystone.Mailbox.find('loop')");
    check(loop.count == 0, "nothing is watched without need", loop.count);
    run(ctx, "box.next().then(l => log.push(read(l))); to.next().then(l => log.push(-read(l)))");
    check(loop.count == 1, "one descriptor for one mailbox", loop.count);
    check(turn(runtime) == 0 && loop.count == 1, "nothing came", loop.count);
    run(ctx, "to.post(letter(1)); to.post(letter(2)); to.post(letter(3))");
    expect(ctx, "log.length === 0");
    check(turn(runtime) == 0 && loop.count == 0, "both got theirs", loop.count);
    expect(ctx, "log.join() === '1,-2' && box.length === 1");
    /* of the same turn */
    run(ctx, "box.next().then(l => log.push(read(l)))");
    expect(ctx, "log.join() === '1,-2,3' && box.length === 0");
    check(loop.count == 0, "nothing to watch", loop.count);
    run(ctx, "box.next().then(l => log.push(l)); box.close()");
    check(turn(runtime) == 0 && loop.count == 0, "the end", loop.count);
    expect(ctx, "log[3] === null && log.length === 4");
}

static void iterations(JSRuntime *runtime, JSContext *ctx) {
    run(ctx, "log.length = 0; box = drystone.Mailbox.open('loop')");
    run(ctx, "(async () => { for await (const l of box) { log.push(read(l)); if (read(l) === 150) break; } log.push('broken'); })()");
    check(turn(runtime) == 0 && loop.count == 1, "waits", loop.count);
    run(ctx, "for (let n = 1; n <= 200; n++) box.post(letter(n))");
    check(turn(runtime) == 0, "the first turn", 0);
    expect(ctx, "log.length < 150 && log.length > 1"); /* then others get their turn */
    for (int i = 0; i < 3; i++)
        turn(runtime);
    expect(ctx, "log.length === 151 && log[149] === 150 && log[150] === 'broken' && box.length === 50");
    check(loop.count == 0, "a loop that was broken off waits for nothing", loop.count);
    expect(ctx, "read(box.take(0)) === 151");
    run(ctx, "box.sweep(); log.length = 0");
    /* dropped while it waits */
    run(ctx, "globalThis.it = box[Symbol.asyncIterator](); it.next().then(r => log.push(r.done, r.value)); it.next().then(r => log.push(r.done));"
             "box.next().then(l => log.push(read(l)))");
    run(ctx, "it.return(7).then(r => log.push(r.value)); box.post(letter(8))");
    expect(ctx, "log.join() === 'true,,true,7' && box.length === 1");
    check(turn(runtime) == 0 && loop.count == 0, "only the other one waited", loop.count);
    expect(ctx, "log[4] === 8 && box.length === 0");
    run(ctx, "it.next().then(r => log.push(r.done))");
    expect(ctx, "log[5] === true");
    run(ctx, "log.length = 0; (async () => { for await (const l of box) log.push(read(l)); log.push('closed'); })(); box.post(letter(1)); box.post(letter(2)); box.close()");
    turn(runtime);
    expect(ctx, "log.join() === '1,2,closed'");
    check(loop.count == 0, "closed", loop.count);
}

static void handlers(JSRuntime *runtime, JSContext *ctx) {
    run(ctx, "log.length = 0; box = drystone.Mailbox.open('loop'); globalThis.to = drystone.Mailbox.find('loop')");
    expect(ctx, "box.onletter === null");
    run(ctx, "globalThis.handler = function (l) { log.push(read(l), this === box); Promise.resolve().then(() => log.push('job'));"
             "if (read(l) === 2) throw new RangeError('mine'); }; box.onletter = handler");
    expect(ctx, "box.onletter === handler && to.onletter === handler");
    check(loop.count == 1, "watched", loop.count);
    run(ctx, "for (let n = 1; n <= 3; n++) to.post(letter(n))");
    check(turn(runtime) == 0, "one letter", 0);
    expect(ctx, "log.join() === '1,true,job'");
    check(turn(runtime) == 1, "it throws", 0);
    expect(ctx, "thrown instanceof RangeError && thrown.message === 'mine' && log.length === 6");
    check(loop.count == 1 && turn(runtime) == 0, "the next letter comes nevertheless", loop.count);
    expect(ctx, "log.length === 9 && log[6] === 3 && box.length === 0");
    check(turn(runtime) == 0, "nothing came", 0);
    /* promises first; the handler gets the rest */
    run(ctx, "log.length = 0; box.next().then(l => log.push('promise', read(l))); to.post(letter(4)); to.post(letter(5))");
    turn(runtime), turn(runtime);
    expect(ctx, "log.join() === 'promise,4,5,true,job'");
    /* nothing else keeps it alive */
    run(ctx, "log.length = 0; globalThis.handler = globalThis.box = null");
    JS_RunGC(runtime);
    run(ctx, "to.onletter = l => { log.push(read(l)); to.onletter = null; }; to.post(letter(6)); to.post(letter(7))");
    check(turn(runtime) == 0 && loop.count == 0, "removed within a call", loop.count);
    expect(ctx, "log.join() === '6' && to.onletter === null && to.length === 1");
    run(ctx, "to.onletter = l => { to.onletter = null; throw new EvalError('last'); }");
    check(turn(runtime) == 1 && loop.count == 0, "removed and thrown", loop.count);
    expect(ctx, "thrown instanceof EvalError && to.length === 0");
    run(ctx, "to.onletter = () => log.push('never'); to.close()");
    check(turn(runtime) == 0 && loop.count == 0, "closed", loop.count);
    expect(ctx, "log.length === 1 && to.onletter === null");
    expect(ctx, "code(() => { to.onletter = 1; }) === 'INVALID_ARGUMENT'");
    run(ctx, "to.onletter = undefined; to.onletter = null");
}

static void refusals(JSContext *ctx, JSContext *other) {
    run(ctx, "globalThis.box = drystone.Mailbox.open('loop')");
    loop.full = true;
    expect(ctx, "code(() => box.next()) === 'UNSUPPORTED' && code(() => { box.onletter = () => 0; }) === 'UNSUPPORTED' && box.onletter === null");
    loop.full = false;
    check(loop.count == 0, "nothing is left of what could not be watched", loop.count);
    run(ctx, "box.onletter = () => 0");
    expect(other, "code(() => drystone.Mailbox.find('loop').next()) === 'BUSY'");
    run(ctx, "box.onletter = null");
    check(loop.count == 0, "none", loop.count);
}

static void loops(void) {
    JSRuntime *runtime = new_strict_runtime();
    check(drystone_js_set_wait(runtime, watch, &loop) == 0, "set_wait before the first context", 0);
    JSContext *ctx = context_with_module(runtime), *other = context_with_module(runtime);
    promises(runtime, ctx);
    iterations(runtime, ctx);
    handlers(runtime, ctx);
    refusals(ctx, other);
    /* everything that may be waiting when the runtime ends, and letters in the mailboxes */
    run(other, "globalThis.a = drystone.Mailbox.open('a'); a.onletter = () => a; a.post(letter([1]));"
               "drystone.Mailbox.open('b').next().then(() => a); globalThis.it = a[Symbol.asyncIterator](); it.next()");
    check(loop.count == 2, "watched", loop.count);
    JS_FreeContext(other);
    check(turn(runtime) == 0 && loop.count == 2, "a context that waits lives", loop.count);
    JS_FreeContext(ctx);
    loop.stopped_at_end = 0;
    JS_FreeRuntime(runtime);
    check(loop.count == 0 && loop.stopped_at_end == 2, "all was stopped at the end", loop.count);
    check(drystone_blobs_alive() == 0, "blobs alive after loops", (long)drystone_blobs_alive());
}

static void no_loop(void) {
    JSRuntime *runtime = new_strict_runtime();
    JSContext *ctx = context_with_module(runtime);
    run(ctx, "globalThis.box = drystone.Mailbox.open('no loop'); box.post(letter(1))");
    expect(ctx, "code(() => box.next()) === 'UNSUPPORTED' && code(() => { box.onletter = () => 0; }) === 'UNSUPPORTED'");
    expect(ctx, "code(() => box[Symbol.asyncIterator]().next()) === 'UNSUPPORTED' && box.length === 1");
    /* a later one, which is freed */
    check(drystone_js_set_wait(runtime, watch, &loop) == 0, "set_wait", 0);
    run(ctx, "box.next().then(l => log.push(read(l)))");
    check(turn(runtime) == 0, "one letter", 0);
    expect(ctx, "log[0] === 1");
    run(ctx, "box.onletter = l => log.push(read(l)); box.post(letter(2))");
    check(drystone_js_set_wait(runtime, NULL, NULL) == 0, "set_wait", 0);
    check(turn(runtime) == 0, "what is watched stays", loop.count);
    expect(ctx, "log[1] === 2");
    run(ctx, "box.onletter = null");
    check(loop.count == 0, "none", loop.count);
    expect(ctx, "code(() => box.next()) === 'UNSUPPORTED'");
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
    check(drystone_js_set_wait(NULL, NULL, NULL) == 0, "of a runtime that nobody knows", 0);
}

/* By default a runtime must not block. */
static void blocking(void) {
    JSRuntime *runtime = new_strict_runtime();
    JSContext *ctx = context_with_module(runtime);
    run(ctx, "globalThis.box = drystone.Mailbox.open('blocking', 1)");
    expect(ctx, "box.take(0) === undefined && box.takeMany(3, 0) === undefined");
    expect(ctx, "code(() => box.take()) === 'UNSUPPORTED' && code(() => box.take(5)) === 'UNSUPPORTED' && code(() => box.takeMany(2, 1)) === 'UNSUPPORTED'");
    run(ctx, "box.post(letter(1))");
    expect(ctx, "code(() => box.post(letter(2))) === 'LIMIT_EXCEEDED' && code(() => box.post(letter(2), { timeout: 5 })) === 'UNSUPPORTED'");
    expect(ctx, "read(box.take()) === 1"); /* which does not block */
    JS_SetCanBlock(runtime, true);
    expect(ctx, "box.take(1) === undefined && box.takeMany(2, 1) === undefined");
    run(ctx, "box.post(letter(1), { timeout: 1000 })");
    expect(ctx, "code(() => box.post(letter(2), { timeout: 1 })) === 'LIMIT_EXCEEDED'");
    run(ctx, "globalThis.Atomics = undefined");
    JS_SetCanBlock(runtime, false); /* after it was allowed, and seen so */
    expect(ctx, "code(() => box.post(letter(2), { timeout: -1 })) === 'UNSUPPORTED'");
    JS_SetCanBlock(runtime, true);
    expect(ctx, "box.takeMany(3).length === 1 && box.take(1) === undefined");
    JS_SetCanBlock(runtime, false);
    expect(ctx, "code(() => box.take()) === 'UNSUPPORTED' && code(() => box.take(5)) === 'UNSUPPORTED'");
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
}

static int interrupts, interrupts_left;

static int interrupt(interrupted_engine *engine, void *opaque) {
    (void)engine, (void)opaque;
    interrupts++;
    return interrupts_left > 0 && --interrupts_left == 0;
}

/* An interrupt handler runs while a call waits, and ends the program in it. */
static void interrupted(void) {
    static const char *const waits[] = { "box.take()", "box.take(1e9)", "box.takeMany(9)", "for (;;) box.take(1)",
                                         "full.post(letter(1), { timeout: -1 })" };
    JSRuntime *runtime = new_strict_runtime();
    JSContext *ctx = context_with_module(runtime);
    JS_SetCanBlock(runtime, true);
    JS_SetInterruptHandler(runtime, interrupt, NULL);
    run(ctx, "globalThis.box = drystone.Mailbox.open('interrupted'); globalThis.full = drystone.Mailbox.open('interrupted full', 1); full.post(letter(0))");
    for (int i = 0; i < (int)(sizeof waits / sizeof waits[0]); i++) {
        char source[200];
        snprintf(source, sizeof source, "try { %s; log.push('over'); } catch { log.push('caught'); } finally { log.push('finally'); }", waits[i]);
        interrupts = 0;
        interrupts_left = 3;
        check(evaluate_int(ctx, source) == -1, waits[i], i);
        check(interrupts == 3, "the handler ended it", interrupts);
        expect(ctx, "log.length === 0");
    }
    run(ctx, "box.post(letter(5))");
    expect(ctx, "read(box.take()) === 5 && full.length === 1");
    interrupts = 0;
    expect(ctx, "box.take(100) === undefined");
    check(interrupts >= 2, "the handler ran", interrupts);
    /* After 20, 40, 60, 80, 100, 125, 156, 195, 244, 305 and 381 ms at the earliest. A run costs thousands of calls, so a
       thread that waits for long must have few. */
    interrupts = 0;
    expect(ctx, "box.take(400) === undefined");
    check(interrupts >= 2 && interrupts <= 12, "the handler ran less and less often", interrupts);
    expect(ctx, "code(() => drystone.Mailbox.open('small', { maxBytes: 64 }).post(letter('x'.repeat(1000)), { timeout: -1 })) === 'LIMIT_EXCEEDED'");
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
    check(drystone_blobs_alive() == 0, "blobs alive after interrupts", (long)drystone_blobs_alive());
}

/* All ways to wait and to post, with letters in hand when memory ends. */
static const char program[] =
    "import { Mailbox, Outbox, wota } from 'drystone';\n"
    "const bounds = { maxLetters: 9 }, handler = letter => { got += wota.decode(letter); };\n"
    "let got = 0, box, outbox, iterator;\n"
    "globalThis.work = function () {\n"
    "  let good = 0;\n"
    "  box = Mailbox.open('without memory', bounds);\n"
    "  good += Mailbox.find('without memory').length === 0;\n"
    "  box.post(wota.encode(1)); box.postUrgent(wota.encode(2));\n"
    "  good += box.statistics().letters === 2 && box.takeMany(5, 0).length === 2;\n"
    "  outbox = new Outbox();\n"
    "  outbox.post(box, wota.encode(3));\n"
    "  good += outbox.commit() === 0;\n"
    "  box.next(); box.onletter = handler; iterator = box[Symbol.asyncIterator](); iterator.next(); iterator.return();\n"
    "  turn();\n"
    "  good += box.length === 0;\n"
    "  box.post(wota.encode(1));\n"
    "  turn();\n"
    "  good += got === 1;\n"
    "  return good;\n"
    "};\n"
    "globalThis.clean = function () {\n"
    "  if (box !== undefined) { box.onletter = null; box.close(); box.sweep(); turn(); }\n"
    "  got = 0; box = outbox = iterator = undefined;\n"
    "  return 1;\n"
    "};\n";
#define GOOD 5

static JSValue turn_function(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)ctx, (void)this_value, (void)argc, (void)argv;
    for (int i = loop.count; i-- > 0;) {
        struct entry entry = i < loop.count ? loop.entries[i] : (struct entry){ 0 };
        if (entry.ready != NULL && entry.ready(entry.ctx, entry.data) < 0)
            return JS_EXCEPTION;
    }
    return JS_UNDEFINED;
}

/* With the engine's own limit, which applies to every allocation. */
static void without_memory(size_t step) {
    JSRuntime *runtime = new_strict_runtime();
    drystone_js_set_wait(runtime, watch, &loop);
    JSContext *ctx = new_context(runtime);
    JSValue global = JS_GetGlobalObject(ctx);
    JS_SetPropertyStr(ctx, global, "turn", JS_NewCFunction(ctx, turn_function, "turn", 0));
    check(import_source(ctx, program) && evaluate_int(ctx, "work() + clean()") == GOOD + 1, "work before", 0);
    JSValue work = JS_GetPropertyStr(ctx, global, "work");
    bool done = !PROGRAMS_SURVIVE_NO_MEMORY;
    for (size_t room = 16; !done; room += step) {
        JSMemoryUsage usage;
        run_jobs(runtime);
        JS_RunGC(runtime);
        JS_ComputeMemoryUsage(runtime, &usage);
        JS_SetMemoryLimit(runtime, (size_t)usage.malloc_size + room);
        JSValue result = JS_Call(ctx, work, JS_UNDEFINED, 0, NULL);
        JS_SetMemoryLimit(runtime, NO_MEMORY_LIMIT);
        done = !JS_IsException(result);
        if (done)
            check(JS_VALUE_GET_INT(result) == GOOD, "work within a limit", (long)room);
        else
            JS_FreeValue(ctx, JS_GetException(ctx));
        JS_FreeValue(ctx, result);
        check(evaluate_int(ctx, "clean()") == 1, "clean", (long)room);
        run_jobs(runtime);
        JS_RunGC(runtime);
        check(loop.count == 0, "watched after work within a limit of", (long)room);
        check(drystone_blobs_alive() == 0, "blobs alive after work within a limit of", (long)room);
    }
    JS_FreeValue(ctx, work);
    JS_FreeValue(ctx, global);
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
}

void wait_checks(bool quick) {
    loops();
    no_loop();
    blocking();
    interrupted();
    without_memory(quick ? 512 : 16);
}
