/* Post offices in a host: calls that wait, with an interrupt handler and collections in them, and memory that fails in every
   call. The offices use a store in this process. */
#ifdef DRYSTONE_QUICKJS_POST

#include "host.h"
#include "host_engine.h"

/* A context with two offices: `here`, with a store for a letter of 900 bytes, and `there`. `fill` posts one more. */
static JSContext *context_with_offices(JSRuntime *runtime) {
    JSContext *ctx = context_with_module(runtime);
    run(ctx, "[globalThis.here, globalThis.there] = drystone.PostOffice.pair(1000); globalThis.to = here.mailbox('inbox');"
             "globalThis.inbox = drystone.Mailbox.open('host post'); globalThis.some = drystone.stone(new Uint8Array(900));"
             "globalThis.fill = () => { to.post(some); }");
    return ctx;
}

static struct {
    JSContext *ctx;
    const char *script;
    int calls, ends_at;
    bool running;
} handler;

static int interrupt(interrupted_engine *engine, void *opaque) {
    (void)engine, (void)opaque;
    if (handler.running)
        return 0;
    handler.calls++;
    if (handler.script != NULL) {
        handler.running = true;
        JS_RunGC(JS_GetRuntime(handler.ctx));
        check(evaluate_int(handler.ctx, handler.script) == 1, handler.script, handler.calls);
        handler.running = false;
    }
    return handler.calls == handler.ends_at;
}

static void waiting(void) {
    JSRuntime *runtime = new_strict_runtime();
    JSContext *ctx = context_with_offices(runtime);
    expect(ctx, "here.flush() === undefined && here.flush(5) === undefined && here.flush(0) === undefined");
    JS_SetCanBlock(runtime, true);
    run(ctx, "fill(); here.flush(20000); fill()");
    expect(ctx, "['LIMIT_EXCEEDED', 'END'].includes(code(() => here.flush(1))) && here.counts().waiting === 1");
    JS_SetInterruptHandler(runtime, interrupt, NULL);
    handler.ctx = ctx;
    /* the handler takes the first letter, which leaves room for the second; the waiting office refuses calls */
    handler.script = "(() => { const busy = [() => here.close(), () => here.flush(0), () => here.mailbox('a'), () => here.counts(),"
                     " () => here.serve('a', inbox)].every(call => code(call) === 'BUSY');"
                     " there.serve('inbox', inbox); inbox.take(0); return busy ? 1 : 0; })()";
    run(ctx, "here.flush()");
    check(handler.calls > 0, "the interrupt handler ran in a flush", handler.calls);
    handler.script = NULL;
    /* the handler may have taken both letters by now */
    run(ctx, "here.flush(20000)");
    expect(ctx, "here.counts().sent === 2 && here.counts().waiting === 0");
    /* the handler ends the program, in a flush and in a close: the office stays open */
    run(ctx, "inbox.close(); inbox = undefined; there.close(); [globalThis.here, globalThis.there] = drystone.PostOffice.pair(1000);"
             "globalThis.to = here.mailbox('inbox'); fill(); here.flush(20000); fill()");
    static const char *const ended[] = { "try { here.flush(); log.push('over'); } catch { log.push('caught'); }",
                                         "try { here.close(-1); log.push('over'); } catch { log.push('caught'); }" };
    for (int i = 0; i < 2; i++) {
        handler.calls = 0;
        handler.ends_at = 2;
        check(evaluate_int(ctx, ended[i]) == -1, ended[i], 0);
        check(handler.calls == 2, "by the handler", handler.calls);
    }
    handler.ends_at = 0;
    expect(ctx, "log.length === 0 && here.counts().waiting === 1");
    expect(ctx, "['LIMIT_EXCEEDED', 'END'].includes(code(() => here.close(1))) && code(() => here.counts()) === 'CLOSED'");
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
    check(drystone_blobs_alive() == 0, "blobs alive after waits", (long)drystone_blobs_alive());
}

/* Offices that are alive when the runtime ends, in cycles and with letters. */
static void offices_alive_at_the_end(void) {
    JSRuntime *runtime = new_strict_runtime();
    JSContext *ctx = context_with_offices(runtime);
    run(ctx, "fill(); fill(); here.other = there; there.other = here; there.inbox = inbox; inbox.office = there;"
             "there.serve('inbox', inbox); to.office = here");
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
    check(drystone_blobs_alive() == 0, "blobs alive after offices", (long)drystone_blobs_alive());
}

static JSValue global_of(JSContext *ctx, const char *name) {
    JSValue global = JS_GetGlobalObject(ctx), value = JS_GetPropertyStr(ctx, global, name);
    JS_FreeValue(ctx, global);
    return value;
}

/* Each function by itself, called from C: the engine's own stack traces do not survive a lack of memory everywhere. What
   cannot succeed here is tried as far as it goes. */
static void calls_without_memory(long step, bool for_good) {
    static const char *const calls[] = {
        "[drystone.PostOffice, 'pair', 0, { returned: inbox, maxLetters: 5, maxQueuedBytes: 9, giveUp: 7, maxLetterBytes: 8 }]",
        "[Reflect, 'construct', drystone.PostOffice, ['nobody:x', { user: 'u', password: 'p', tlsAuthority: 'a', stream: 's',"
        " prefix: 'x', returned: inbox, connect: 1 }]]",
        "[here, 'mailbox', 'inbox']",
        "[here, 'mailbox', 'another']",
        "[here, 'serve', 'another', inbox]",
        "[here, 'serve', 'x'.repeat(100), inbox]",
        "[here, 'flush', 0]",
        "[here, 'flush', 1]",
        "[here, 'counts']",
        "[here, 'close', NaN]",
        "[here.close, 'call', {}]",
    };
    struct failing failing = { .for_good = for_good };
    JSRuntime *runtime = new_failing_runtime(&failing);
    JSContext *ctx = context_with_offices(runtime);
    JS_SetCanBlock(runtime, true);
    run(ctx, "fill(); here.flush(); fill()");
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        char source[300];
        snprintf(source, sizeof source, "globalThis.call = %s", calls[i]);
        run(ctx, source);
        run(ctx, "globalThis.receiver = call[0]; globalThis.method = receiver[call[1]]; call.splice(0, 2)");
        JSValue given = global_of(ctx, "call"), receiver = global_of(ctx, "receiver"), method = global_of(ctx, "method");
        JSValue arguments[] = { JS_GetPropertyUint32(ctx, given, 0), JS_GetPropertyUint32(ctx, given, 1) };
        int count = evaluate_int(ctx, "call.length");
        bool more = true;
        for (long n = 1; more; n += step) {
            failing.failed = false;
            failing.until = n;
            JSValue result = JS_Call(ctx, method, receiver, count, (JSValueConst *)arguments);
            failing.until = 0;
            more = failing.failed;
            if (JS_IsException(result))
                JS_FreeValue(ctx, JS_GetException(ctx));
            JS_FreeValue(ctx, result);
            check(evaluate_int(ctx, "here.counts().waiting === 1 && to.length + inbox.length <= 1 ? 1 : 0") == 1, calls[i], n);
        }
        JS_FreeValue(ctx, arguments[0]);
        JS_FreeValue(ctx, arguments[1]);
        JS_FreeValue(ctx, method);
        JS_FreeValue(ctx, receiver);
        JS_FreeValue(ctx, given);
    }
    run(ctx, "there.serve('inbox', inbox); inbox.take(20000); inbox.take(20000); here.close(20000); there.close(20000)");
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
    check(drystone_blobs_alive() == 0, "blobs alive after failed calls of offices", (long)drystone_blobs_alive());
}

void post_checks(bool quick) {
    waiting();
    offices_alive_at_the_end();
    for (int for_good = 0; for_good < 2; for_good++)
        calls_without_memory(quick ? 5 : 1, for_good);
}

#endif
