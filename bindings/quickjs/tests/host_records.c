/* Kinds of records: engines describe a record's keys once as long as an object with these keys, and with each of the
   first ones, is alive. Such objects are kept for kinds that come often, and only for so many. */
#include "host.h"

static JSMemoryUsage memory_after(JSContext *ctx, const char *source) {
    JSMemoryUsage usage;
    run(ctx, source);
    JS_RunGC(JS_GetRuntime(ctx));
    JS_ComputeMemoryUsage(JS_GetRuntime(ctx), &usage);
    return usage;
}

static void often(JSContext *ctx) {
    run(ctx, "globalThis.bytes = letter({ kind: 1, from: 2, text: 3, done: 4 });"
             "globalThis.again = count => { for (let i = 0; i < count; i++) read(bytes); }; again(3)");
    JSMemoryUsage before = memory_after(ctx, "1"), after = memory_after(ctx, "again(20)");
    check(after.shape_count >= before.shape_count + 3, "descriptions kept after a kind has come often",
          (long)(after.shape_count - before.shape_count));
    expect(ctx, "Object.keys(read(bytes)).join() === 'kind,from,text,done' && read(bytes).done === 4");
}

static void of_a_large_message(JSContext *ctx) {
    run(ctx, "bytes = letter(Array.from({ length: 2000 }, (_, n) => ({ large: n, message: 1, of: 2, many: 3 })))");
    JSMemoryUsage before = memory_after(ctx, "1"), after = memory_after(ctx, "again(20)");
    check(after.shape_count == before.shape_count, "descriptions kept after a large message was decoded",
          (long)(after.shape_count - before.shape_count));
}

/* Of values to which a small message refers: the context keeps kinds of small messages only. */
static void long_keys(JSContext *ctx) {
    JSMemoryUsage before = memory_after(ctx, "bytes = undefined");
    run(ctx, "for (let n = 0; n < 20; n++) {"
             "  const value = drystone.stone({ ['n' + n + 'x'.repeat(200000)]: 1, short: 2 });"
             "  bytes = letter([value]); again(20); }");
    expect(ctx, "bytes.length < 8 * 1000 && Object.keys(read(bytes)[0])[0].length > 200000");
    JSMemoryUsage after = memory_after(ctx, "bytes = undefined");
    check(after.malloc_size < before.malloc_size + 300000, "memory after kinds with long keys",
          (long)(after.malloc_size - before.malloc_size));
}

static void too_many(JSContext *ctx) {
    run(ctx, "globalThis.many = count => { for (let n = 0; n < count; n++) {"
             "  const record = {}; for (let i = 0; i < 30; i++) record['k' + (n * 7 + i * (n % 5 + 1)) % 400] = i;"
             "  globalThis.bytes = letter([record, { ['only' + n]: {} }]); again(20);"
             "  } globalThis.bytes = undefined; }; many(60)");
    JSMemoryUsage before = memory_after(ctx, "1"), after = memory_after(ctx, "many(2000)");
    check(after.malloc_size < before.malloc_size + 300000, "memory after many kinds",
          (long)(after.malloc_size - before.malloc_size));
    check(after.shape_count < before.shape_count + 300, "descriptions kept of many kinds",
          (long)(after.shape_count - before.shape_count));
    expect(ctx, "read(letter({ z: 1, y: [{ x: 2 }] })).y[0].x === 2");
}

void record_checks(void) {
    JSRuntime *runtime = new_strict_runtime();
    JSContext *ctx = context_with_module(runtime), *other = context_with_module(runtime);
    often(ctx);
    often(other);
    JS_FreeContext(other);
    of_a_large_message(ctx);
    long_keys(ctx);
    too_many(ctx);
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
}
