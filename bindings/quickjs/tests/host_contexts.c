/* Contexts that lack parts of the language: the module works there or throws, and leaks nothing. */
#include "host.h"
#include "host_engine.h"

enum part {
    DATE = 1,
    REGULAR_EXPRESSIONS = 2,
    JSON = 4,
    PROXY = 8,
    MAP_AND_SET = 16,
    TYPED_ARRAYS = 32,
    PROMISE = 64,
    BIG_INTEGERS = 128,
    WEAK_REFERENCES = 256,
    ALL_PARTS = 511,
};

static JSContext *context_with(JSRuntime *runtime, int parts) {
    JSContext *ctx = JS_NewContextRaw(runtime);
    bool good = JS_AddIntrinsicBaseObjects(ctx) == 0 && JS_AddIntrinsicEval(ctx) == 0;
    good = good && (!(parts & DATE) || JS_AddIntrinsicDate(ctx) == 0);
    good = good && (!(parts & REGULAR_EXPRESSIONS) || JS_AddIntrinsicRegExp(ctx) == 0);
    good = good && (!(parts & JSON) || JS_AddIntrinsicJSON(ctx) == 0);
    good = good && (!(parts & PROXY) || JS_AddIntrinsicProxy(ctx) == 0);
    good = good && (!(parts & MAP_AND_SET) || JS_AddIntrinsicMapSet(ctx) == 0);
    good = good && (!(parts & TYPED_ARRAYS) || JS_AddIntrinsicTypedArrays(ctx) == 0);
    good = good && (!(parts & PROMISE) || JS_AddIntrinsicPromise(ctx) == 0);
    good = good && (!(parts & WEAK_REFERENCES) || JS_AddIntrinsicWeakRef(ctx) == 0);
    /* they come with the base objects */
    good = good && ((parts & BIG_INTEGERS) || evaluate_int(ctx, "delete globalThis.BigInt, 1") == 1);
    check(good, "a context with parts", parts);
    return ctx;
}

/* Through C functions alone, which need no modules of the language. */
static void use_from_c(JSContext *ctx, int parts) {
    JSValue value = JS_NewObject(ctx);
    JS_SetPropertyStr(ctx, value, "n", JS_NewInt32(ctx, 7));
    blob *message = drystone_js_encode(ctx, value, WOTA_CLASSIC);
    JS_FreeValue(ctx, value);
    check(message != NULL, "encode in a context with parts", parts);
    if (message == NULL) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        return;
    }
    JSValue decoded = drystone_js_decode(ctx, message), number = JS_GetPropertyStr(ctx, decoded, "n");
    check(JS_VALUE_GET_TAG(number) == JS_TAG_INT && JS_VALUE_GET_INT(number) == 7, "decode in a context with parts",
          parts);
    JS_FreeValue(ctx, number);
    JS_FreeValue(ctx, decoded);

    JSValue stone = drystone_js_from_blob(ctx, message), held = JS_NewObject(ctx);
    JS_SetPropertyStr(ctx, held, "stone", stone);
    message = drystone_js_encode(ctx, held, WOTA_CLASSIC);
    JS_FreeValue(ctx, held);
    if (message == NULL) {
        check(false, "a stone in a message", parts);
        JS_FreeValue(ctx, JS_GetException(ctx));
        return;
    }
    /* is an ArrayBuffer, or an exception if the context has none */
    decoded = drystone_js_decode(ctx, message);
    if (JS_IsException(decoded))
        JS_FreeValue(ctx, JS_GetException(ctx));
    check(!JS_IsException(decoded) || !(parts & TYPED_ARRAYS), "a stone out of a message", parts);
    JS_FreeValue(ctx, decoded);
    blob_destroy(message);
}

static const char use[] =
    "import * as drystone from 'drystone';\n"
    "const { Blob, BucketMap, Mailbox, dec64, nota, stone, isStone, wota } = drystone;\n"
    "const tried = [\n"
    "  () => wota.decode(wota.encode({ a: [1, 'x', null, 1.5] })).a[1] === 'x',\n"
    "  () => nota.decode(nota.encode([1, 2]))[1] === 2, () => new Blob(8).write_text('x').length > 8, () => stone(new Blob(24)).buffer,\n"
    "  () => wota.decode(wota.encode([stone(new Blob(24))])), () => wota.toJSON(wota.encode([1])), () => wota.encode(new Blob(8)),\n"
    "  () => [...new BucketMap('text', 'number', [['a', 1]])], () => new BucketMap('integer', 'text').set(1, 'x').toStone(),\n"
    "  () => dec64.fromNumber(2.5), () => new Blob(64).write_kim(7), () => Mailbox.open('parts').close(), () => isStone({}),\n"
    "  () => stone(new ArrayBuffer(8)), () => wota.decode(new Uint8Array(8)), () => wota.encode(new Map()), () => wota.encode(() => 1),\n"
    "  () => new nota.Feeder().feed(new Uint8Array(1)), () => wota.encode(new DataView(new ArrayBuffer(8))), () => wota.encode(new Proxy({}, {})),\n"
    "];\n"
    "globalThis.done = 0;\n"
    "for (const attempt of tried)\n"
    "  try { attempt(); done++; } catch { }\n";

static void with_parts(int parts) {
    JSRuntime *runtime = new_strict_runtime();
    JSContext *ctx = context_with(runtime, parts);
    use_from_c(ctx, parts);
    /* the engine's modules need promises */
    if ((parts & PROMISE) && drystone_js_init(ctx, "drystone") == 0 && import_source(ctx, use)) {
        int done = evaluate_int(ctx, "done");
        check(done >= 8 && (parts != ALL_PARTS || done == 17), "what works in a context with parts", parts);
    } else {
        check(!(parts & PROMISE), "an import in a context with parts", parts);
    }
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
    check(drystone_blobs_alive() == 0, "blobs alive after a context with parts", parts);
}

void context_checks(bool quick) {
    for (int parts = 0; parts <= ALL_PARTS; parts += quick ? 73 : 1)
        with_parts(parts);
}
