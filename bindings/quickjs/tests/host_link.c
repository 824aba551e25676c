/* Links in a host of its own: turns that wait, with an interrupt handler and collections in them, a peer that writes what
   no link does, and memory that fails in every call. */
#include "host.h"
#include "host_engine.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef __linux__

/* The number of open descriptors. */
static int open_descriptors(void) {
    int count = 0;
    for (int descriptor = 0; descriptor < 256; descriptor++)
        count += fcntl(descriptor, F_GETFD) >= 0;
    return count;
}

static bool is_open(int descriptor) { return fcntl(descriptor, F_GETFD) >= 0; }

/* A context with two links of one socket, `one` and `other`, which serves `inbox` as "inbox", and a proxy for it, `to`. */
static JSContext *context_with_links(JSRuntime *runtime) {
    JSContext *ctx = context_with_module(runtime);
    run(ctx, "const [first, second] = drystone.Link.pair(); globalThis.one = new drystone.Link(first);"
             "globalThis.other = drystone.Mailbox.link(second); globalThis.inbox = drystone.Mailbox.open('host link')");
    run(ctx, "other.serve('inbox', inbox); globalThis.to = one.mailbox('inbox')");
    run(ctx, "globalThis.settle = () => { while ([one.turn(), other.turn()].includes(true)); }; settle()");
    return ctx;
}

/* What the interrupt handler does while a call waits: a script, or the end of the program. */
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
    JSContext *ctx = context_with_links(runtime);
    expect(ctx, "code(() => one.turn(1)) === 'UNSUPPORTED' && code(() => one.run()) === 'UNSUPPORTED' && one.turn() === false");
    JS_SetCanBlock(runtime, true);
    JS_SetInterruptHandler(runtime, interrupt, NULL);
    handler.ctx = ctx;
    expect(ctx, "one.turn(1) === false && one.turn(45) === false");
    /* the peer's letter comes while it waits, and the link that waits is not to be used */
    handler.script = "(() => { const busy = [() => other.close(), () => other.turn(), () => other.fd, () => other.mailbox('a'),"
                     " () => other.serve('a', inbox), () => other.statistics(), () => other.run()].every(call => code(call) === 'BUSY');"
                     " to.post(letter([1, 2])); one.turn(); return busy ? 1 : 0; })()";
    handler.calls = 0;
    run(ctx, "while (inbox.length === 0) other.turn(-1)");
    check(handler.calls > 0, "the interrupt handler ran in a turn", handler.calls);
    expect(ctx, "read(inbox.take(0))[1] === 2");
    run(ctx, "inbox.sweep()");
    /* it ends the program */
    handler.script = NULL;
    handler.calls = 0;
    handler.ends_at = 2;
    check(evaluate_int(ctx, "try { other.turn(-1); log.push('over'); } catch { log.push('caught'); }") == -1, "ended", 0);
    check(handler.calls == 2, "by the handler", handler.calls);
    handler.ends_at = 0;
    expect(ctx, "log.length === 0");
    run(ctx, "to.post(letter(5)); settle()");
    expect(ctx, "read(inbox.take(0)) === 5");
    /* it closes the other end */
    handler.script = "one.close(); 1";
    run(ctx, "other.run()");
    expect(ctx, "code(() => other.turn(-1)) === 'CLOSED' && code(() => to.post(letter(1))) === 'CLOSED'");
    handler.script = NULL;
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
}

/* Links that are alive when the runtime ends, in cycles and during exchanges. */
static void links_alive_at_the_end(void) {
    JSRuntime *runtime = new_strict_runtime();
    JSContext *ctx = context_with_links(runtime);
    run(ctx, "to.post(letter(drystone.stone(new Uint8Array(100000)))); to.post(letter(1)); settle(); to.post(letter(2));"
             "one.other = other; other.one = one; inbox.links = [one, other]; one.self = one");
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
    check(drystone_blobs_alive() == 0, "blobs alive after links", (long)drystone_blobs_alive());
}

/* A peer that breaks the protocol: packets of all lengths, of one byte and of many. */
static void hostile_peer(void) {
    JSRuntime *runtime = new_strict_runtime();
    JSContext *ctx = context_with_module(runtime);
    for (int round = 0; round < 60; round++) {
        int ends[2];
        check(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0, "a socket", round);
        uint8_t packet[600];
        for (size_t i = 0; i < sizeof packet; i++)
            packet[i] = (uint8_t)(round % 3 == 0 ? 0 : round % 3 == 1 ? 255 : (i * 131 + (size_t)round) % 256);
        check(send(ends[1], packet, 1 + (size_t)round * 10, 0) > 0, "send", round);
        char source[300];
        snprintf(source, sizeof source,
                 "globalThis.link = new drystone.Link(%d); globalThis.box = drystone.Mailbox.open('hostile'); link.serve('a', box);"
                 "link.mailbox('b').post(letter(1)); log.length = 0; for (let n = 0; n < 5; n++) log.push(code(() => link.turn()))",
                 ends[0]);
        run(ctx, source);
        expect(ctx, "box.length === 0 && log.some(code => code === 'MALFORMED' || code === 'LIMIT_EXCEEDED') && log[4] === 'CLOSED'");
        run(ctx, "link.close()");
        check(!is_open(ends[0]), "the socket goes with the link", round);
        close(ends[1]);
    }
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
}

static JSValue global_of(JSContext *ctx, const char *name) {
    JSValue global = JS_GetGlobalObject(ctx), value = JS_GetPropertyStr(ctx, global, name);
    JS_FreeValue(ctx, global);
    return value;
}

/* Both that a constructor's socket is its own whatever the outcome, and that a pair is not left half made. */
static void descriptors_without_memory(long step, bool for_good) {
    struct failing failing = { .for_good = for_good };
    JSRuntime *runtime = new_failing_runtime(&failing);
    JSContext *ctx = context_with_module(runtime);
    run(ctx, "globalThis.Link = drystone.Link; globalThis.pair = Link.pair; globalThis.make = drystone.Mailbox.link");
    JSValue constructor = global_of(ctx, "Link"), pair = global_of(ctx, "pair"), make = global_of(ctx, "make");
    int before = open_descriptors();
    bool more = true;
    for (long n = 1; more; n += step) {
        more = false;
        for (int how = 0; how < 2; how++) {
            int ends[2];
            check(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0, "a socket", n);
            JSValueConst end = JS_NewInt32(ctx, ends[0]), arguments[] = { end, JS_UNDEFINED };
            failing.failed = false;
            failing.until = n;
            JSValue link = how == 0 ? JS_CallConstructor(ctx, constructor, 1, arguments)
                                    : JS_Call(ctx, make, JS_UNDEFINED, 2, arguments);
            failing.until = 0;
            more = more || failing.failed;
            check(failing.failed || !JS_IsException(link), "a link", n);
            if (JS_IsException(link))
                JS_FreeValue(ctx, JS_GetException(ctx));
            else
                check(is_open(ends[0]), "the link has its socket", n);
            JS_FreeValue(ctx, link);
            JS_RunGC(runtime);
            check(!is_open(ends[0]), "the socket went with the link", n);
            close(ends[1]);
        }
        failing.failed = false;
        failing.until = n;
        JSValue both = JS_Call(ctx, pair, JS_UNDEFINED, 0, NULL);
        failing.until = 0;
        more = more || failing.failed;
        if (JS_IsException(both))
            JS_FreeValue(ctx, JS_GetException(ctx));
        for (uint32_t i = 0; !JS_IsException(both) && i < 2; i++) {
            JSValue end = JS_GetPropertyUint32(ctx, both, i);
            check(close(JS_VALUE_GET_INT(end)) == 0, "an end", n);
        }
        JS_FreeValue(ctx, both);
        check(open_descriptors() == before, "descriptors left open", n);
    }
    JS_FreeValue(ctx, make);
    JS_FreeValue(ctx, pair);
    JS_FreeValue(ctx, constructor);
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
}

/* Each method separately: nothing is lost, and the links work afterwards. */
static void methods_without_memory(long step, bool for_good) {
    /* called from C: the engine's own stack traces do not survive a lack of memory everywhere */
    static const char *const calls[] = {
        "[one, 'mailbox', 'inbox']", "[one, 'mailbox', 'another']", "[other, 'serve', 'another', inbox]", "[one, 'turn']",
        "[other, 'turn']", "[Reflect, 'get', one, 'fd']", "[one, 'statistics']", "[stone, 'toShared']",
        "[one, 'turn', -1]", "[one, 'serve', 'x'.repeat(300), inbox]", "[one.close, 'call', {}]",
    };
    struct failing failing = { .for_good = for_good };
    JSRuntime *runtime = new_failing_runtime(&failing);
    JSContext *ctx = context_with_links(runtime);
    run(ctx, "globalThis.stone = drystone.stone(new Uint8Array(100000)); globalThis.message = letter({ stone, n: 5 })");
    run(ctx, "to.post(message); settle(); inbox.take(0)");
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        char source[100];
        snprintf(source, sizeof source, "globalThis.call = %s", calls[i]);
        run(ctx, source);
        run(ctx, "globalThis.receiver = call[0]; globalThis.method = receiver[call[1]]; call.splice(0, 2)");
        JSValue given = global_of(ctx, "call"), receiver = global_of(ctx, "receiver"), method = global_of(ctx, "method");
        JSValue arguments[] = { JS_GetPropertyUint32(ctx, given, 0), JS_GetPropertyUint32(ctx, given, 1) };
        int count = evaluate_int(ctx, "call.length");
        bool more = true;
        for (long n = 1; more; n += step) {
            run(ctx, "to.post(message)");
            failing.failed = false;
            failing.until = n;
            JSValue result = JS_Call(ctx, method, receiver, count, (JSValueConst *)arguments);
            failing.until = 0;
            more = failing.failed;
            if (JS_IsException(result))
                JS_FreeValue(ctx, JS_GetException(ctx));
            JS_FreeValue(ctx, result);
            run(ctx, "settle()");
            check(evaluate_int(ctx, "inbox.length === 1 && read(inbox.take(0)).n === 5 ? 1 : 0") == 1, calls[i], n);
        }
        JS_FreeValue(ctx, arguments[0]);
        JS_FreeValue(ctx, arguments[1]);
        JS_FreeValue(ctx, method);
        JS_FreeValue(ctx, receiver);
        JS_FreeValue(ctx, given);
    }
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
    check(drystone_blobs_alive() == 0, "blobs alive after failed calls of links", (long)drystone_blobs_alive());
}

void link_checks(bool quick) {
    int before = open_descriptors();
    waiting();
    links_alive_at_the_end();
    hostile_peer();
    for (int for_good = 0; for_good < 2; for_good++) {
        descriptors_without_memory(quick ? 3 : 1, for_good);
        methods_without_memory(quick ? 5 : 1, for_good);
    }
    check(open_descriptors() == before, "descriptors left open after links", open_descriptors() - before);
}

#else

void link_checks(bool quick) {
    (void)quick;
    JSRuntime *runtime = new_strict_runtime();
    JSContext *ctx = context_with_module(runtime);
    expect(ctx, "code(() => drystone.Link.pair()) === 'UNSUPPORTED' && code(() => new drystone.Link(0)) === 'UNSUPPORTED'");
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
}

#endif
