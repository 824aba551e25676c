/* Each of the module's functions by itself, called from C, with memory that fails at every place in it. Where programs
   survive that, host.c has them; single calls survive it on every engine. Texts are ASCII here: Bellard's JS_ToCString
   keeps others for ever when it lacks memory. */
#include "host.h"
#include "host_engine.h"

#define MOST_ARGUMENTS 3

/* `calls` has them; `settle` makes everything as it was before a call. Nothing a call is given is JavaScript to be run. */
static const char program[] =
    "import { Blob, BucketMap, BucketSet, Mailbox, Outbox, StoneMap, StoneSet, dec64, isStone, nota, stone, wota } from 'drystone';\n"
    "const bytes = new Uint8Array([1, 2, 3]), odd = stone(new Blob(13, true)), data = stone(bytes), large = stone(new Uint8Array(4000)), long = 'x'.repeat(3000);\n"
    "const keys = {};\n"
    "for (let n = 0; n < 60; n++) keys['key' + n] = [n, 'v' + n, n / 4];\n"
    "const plain = { id: 7, text: 'text', long, list: [1, -2.5, null, true, [[], {}]], big: 2n ** 54n + 1n, keys };\n"
    "const value = { ...plain, data, part: " PART("data.buffer", 1, 2) ", view: new DataView(bytes.buffer), again: data.buffer, large };\n"
    "const message = wota.encode(value), portable = wota.toBytes(message), encoded = nota.encode(plain), second = { dialect: 'dec64' };\n"
    "const text = wota.toJSON(wota.encode(plain)), fields = stone(new Blob().write_kim(2n ** 60n).write_text(long)), open = new Blob();\n"
    "const box = Mailbox.open('calls'), outbox = new Outbox(), feeder = new nota.Feeder();\n"
    /* the first array of a runtime compiles, which several engines do not survive without memory */
    "wota.view(message).list;\n"
    "const pairs = Array.from({ length: 40 }, (_, n) => ['key ' + n, n]), map = new BucketMap('text', 'integer', pairs), set = new BucketSet('number', [1, 2.5]);\n"
    "const read = new StoneMap(map.toStone()), iterator = read.entries(), nothing = () => {};\n"
    "const loop = [];\n"
    "loop.push({ loop });\n"
    "globalThis.settle = () => {\n"
    "  box.sweep(); box.post(message); box.post(data); outbox.discard(); feeder.reset(); map.delete(long);\n"
    "  return 1;\n"
    "};\n"
    "globalThis.calls = [\n"
    "  [wota, 'encode', value], [wota, 'encode', value, second], [wota, 'decode', message], [wota, 'decode', portable],\n"
    "  [wota, 'view', message], [{ stone }, 'stone', value], [Reflect, 'get', wota.view(message), 'keys'], [Reflect, 'ownKeys', wota.view(wota.encode(keys))],\n"
    "  [wota, 'toBytes', message], [wota, 'fromBytes', portable], [wota, 'transcode', message, 'dec64'], [wota, 'toJSON', message, true],\n"
    "  [wota, 'fromJSON', text], [wota, 'dump', message], [nota, 'encode', plain], [nota, 'decode', encoded], [nota, 'fromMessage', message],\n"
    "  [nota, 'toMessage', encoded], [feeder, 'feed', encoded], [feeder, 'reset'], [dec64, 'fromText', '12.5'], [dec64, 'toText', 0x7dffn],\n"
    "  [dec64, 'fromNumber', 0.1], [dec64, 'toNumber', 0x7dffn], [{ stone }, 'stone', bytes], [{ stone }, 'stone', " PART("data.buffer", 1, 2) "],\n"
    "  [{ isStone }, 'isStone', data.buffer], [data, 'slice', 8, 16], [odd, 'slice', 3, 7], [data, 'equals', odd], [data, 'at', 1], [data, 'copyTo', bytes],\n"
    "  [open, 'writeBytes', bytes], [open, 'write_text', long], [open, 'write_kim', 2n ** 60n], [open, 'write_fit', -3, 5], [open, 'write_blob', large],\n"
    "  [open, 'write_dec64', 0.1], [open, 'write_bit', 1], [open, 'write_pad', 64], [fields, 'read_kim', 0], [fields, 'read_text', 72],\n"
    "  [fields, 'read_blob', 3, 70], [Mailbox, 'open', 'another'], [Mailbox, 'open', 'another', { maxLetters: 3, maxBytes: 5000 }], [Mailbox, 'find', 'calls'],\n"
    "  [box, 'post', message], [box, 'postUrgent', message], [box, 'take', 0], [box, 'takeMany', 5, 0], [box, 'statistics'], [box, 'sweep'],\n"
    "  [box, Symbol.asyncIterator], [outbox, 'post', box, message], [outbox, 'commit'], [map, 'set', long, 1], [map, 'set', 'key 1', 1],\n"
    "  [map, 'with', long, 1], [map, 'with', 'key 1', 5], [map, 'without', 'key 3'], [map, 'get', 'key 9'], [map, 'has', long], [map, 'delete', 'none'],\n"
    "  [map, 'toStone'], [map, 'keys'], [map, 'entries'], [set, 'add', 2.5], [set, 'with', 9], [set, 'toStone'], [read, 'get', 'key 9'], [read, 'toStone'],\n"
    "  [iterator, 'next'],\n"
    "].map(([receiver, name, ...given]) => ({ name: String(name), function: receiver[name], receiver, given }));\n"
    "for (const [constructor, ...given] of [\n"
    "  [Blob], [Blob, 80, true], [Blob, bytes], [Blob, data], [Outbox], [nota.Feeder], [nota.Feeder, { maxWords: 100, maxDepth: 5 }],\n"
    "  [BucketMap, 'text', 'integer', pairs], [BucketSet, 'number', [1, 2.5]], [StoneMap, map.toStone()], [StoneSet, set.toStone()],\n"
    "])\n"
    "  calls.push({ name: 'new ' + constructor.name, function: constructor, constructs: true, given });\n"
    /* errors need memory too */
    "for (const [receiver, name, ...given] of [\n"
    "  [wota, 'encode', { a: [1, { f: isStone }] }], [wota, 'encode', loop], [wota, 'encode', { n: [5e-324] }, second], [wota, 'decode', bytes],\n"
    "  [wota, 'fromJSON', '{'], [nota, 'encode', [NaN]], [nota, 'decode', bytes], [feeder, 'take'], [data, 'write_bit', 1], [open, 'write_fit', 9, 3],\n"
    "  [open, 'slice', 9], [data, 'copyTo', data.buffer], [Mailbox, 'find', 'nobody'], [box, 'post', 1], [box, 'take', NaN], [map, 'set', 1, 1],\n"
    "  [map, 'get', 1], [Mailbox, 'open', 'another', { maxLetters: 0 }], [dec64, 'fromText', 'x'], [Blob, 'call', {}],\n"
    "])\n"
    "  calls.push({ name: name + ' in vain', function: receiver[name], receiver, given, fails: true });\n";

struct call {
    JSValue function, receiver, arguments[MOST_ARGUMENTS];
    int count;
    bool constructs, fails;
    const char *name;
};

static bool flag_of(JSContext *ctx, JSValueConst object, const char *name) {
    JSValue value = JS_GetPropertyStr(ctx, object, name);
    bool set = JS_ToBool(ctx, value) == 1;
    JS_FreeValue(ctx, value);
    return set;
}

static struct call call_of(JSContext *ctx, JSValueConst entry) {
    struct call call = { .constructs = flag_of(ctx, entry, "constructs"), .fails = flag_of(ctx, entry, "fails") };
    call.function = JS_GetPropertyStr(ctx, entry, "function");
    call.receiver = JS_GetPropertyStr(ctx, entry, "receiver");
    JSValue name = JS_GetPropertyStr(ctx, entry, "name"), given = JS_GetPropertyStr(ctx, entry, "given");
    JSValue length = JS_GetPropertyStr(ctx, given, "length");
    call.name = JS_ToCString(ctx, name);
    call.count = JS_VALUE_GET_INT(length);
    for (int i = 0; i < call.count; i++)
        call.arguments[i] = JS_GetPropertyUint32(ctx, given, (uint32_t)i);
    JS_FreeValue(ctx, length);
    JS_FreeValue(ctx, given);
    JS_FreeValue(ctx, name);
    return call;
}

static void call_free(JSContext *ctx, struct call *call) {
    for (int i = 0; i < call->count; i++)
        JS_FreeValue(ctx, call->arguments[i]);
    JS_FreeCString(ctx, call->name);
    JS_FreeValue(ctx, call->receiver);
    JS_FreeValue(ctx, call->function);
}

/* Whether the call threw. */
static bool make_call(JSContext *ctx, struct call *call, struct failing *failing, long until) {
    failing->failed = false;
    failing->until = until;
    JSValue result = call->constructs
                         ? JS_CallConstructor(ctx, call->function, call->count, (JSValueConst *)call->arguments)
                         : JS_Call(ctx, call->function, call->receiver, call->count, (JSValueConst *)call->arguments);
    failing->until = 0;
    bool threw = JS_IsException(result);
    if (threw)
        JS_FreeValue(ctx, JS_GetException(ctx));
    JS_FreeValue(ctx, result);
    return threw;
}

/* The n-th allocation in it fails, for every n. */
static void one_call(JSContext *ctx, struct call *call, struct failing *failing, long step) {
    size_t alive = drystone_blobs_alive();
    bool more = true;
    for (long n = 1; more; n += step) {
        bool threw = make_call(ctx, call, failing, n);
        more = failing->failed;
        check(more || threw == call->fails, call->name, n);
        check(evaluate_int(ctx, "settle()") == 1, "settle", n);
        JS_RunGC(JS_GetRuntime(ctx));
        if (drystone_blobs_alive() != alive)
            check(false, call->name, (long)drystone_blobs_alive() - (long)alive);
    }
    check(make_call(ctx, call, failing, 0) == call->fails, call->name, 0);
    check(evaluate_int(ctx, "settle()") == 1, "settle", 0);
}

static void all_calls(bool for_good, long step) {
    struct failing failing = { .for_good = for_good };
    JSRuntime *runtime = new_failing_runtime(&failing);
    JSContext *ctx = new_context(runtime);
    check(import_source(ctx, program) && evaluate_int(ctx, "settle()") == 1, "import", 0);
    JSValue global = JS_GetGlobalObject(ctx), calls = JS_GetPropertyStr(ctx, global, "calls");
    int count = evaluate_int(ctx, "calls.length");
    check(count > 90, "calls", count);
    for (int i = 0; i < count; i++) {
        JSValue entry = JS_GetPropertyUint32(ctx, calls, (uint32_t)i);
        struct call call = call_of(ctx, entry);
        one_call(ctx, &call, &failing, step);
        call_free(ctx, &call);
        JS_FreeValue(ctx, entry);
    }
    JS_FreeValue(ctx, calls);
    JS_FreeValue(ctx, global);
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
    check(drystone_blobs_alive() == 0, "blobs alive after single calls", (long)drystone_blobs_alive());
}

void call_checks(bool quick) {
    all_calls(false, quick ? 7 : 1);
    all_calls(true, quick ? 7 : 1);
}
