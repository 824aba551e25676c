/* Maps and sets in a separate host: a heap for each runtime, stones between them, and memory that runs out. */
#include "host.h"

static const char program[] =
    "import * as drystone from 'drystone';\n"
    "const { BucketMap, BucketSet, StoneMap, StoneSet, wota } = drystone;\n"
    "globalThis.drystone = drystone;\n"
    "const pairs = [], numbers = [], long = 'x'.repeat(2000);\n"
    "for (let n = 0; n < 40; n++) { pairs[n] = ['key ' + n, n]; numbers[n] = n / 4; }\n"
    "const wrong = [() => new BucketMap('text', 'integer', [['a', 1], ['b', 'c']]), () => new BucketSet('x'),\n"
    "  () => new StoneMap(drystone.stone(cut)), () => map.set(1, 1), () => map.get(1), () => map.forEach(() => { throw new EvalError('mine'); })];\n"
    "const cut = new Uint8Array(30);\n"
    "let map, set, other, versions, iterator, got, sum;\n"
    "const add = (value, key) => { sum += value; };\n"
    "globalThis.clear = function () { map = set = other = versions = iterator = got = undefined; };\n"
    "globalThis.work = function () {\n"
    "  try {\n"
    "    let good = 0;\n"
    "    map = new BucketMap('text', 'integer', pairs);\n"
    "    set = new BucketSet('number');\n"
    "    for (let n = 0; n < 40; n++) set.add(numbers[n]);\n"
    "    good += map.size === 40 && set.size === 40 && map.get('key 7') === 7 && set.has(2.5) && !map.has('no');\n"
    "    versions = [map.with(long, 2n ** 60n), map.without('key 3'), set.with(NaN), set.without(0), map.with('key 0', 0)];\n"
    "    good += versions[0].get(long) === 2n ** 60n && !versions[1].has('key 3') && versions[2].has(NaN) && versions[3].size === 39;\n"
    "    map.set('key 0', 100).set(long, 5).delete('key 1');\n"
    "    good += map.size === 40 && versions[4].get('key 0') === 0 && versions[1].get('key 1') === 1;\n"
    "    iterator = map.keys();\n"
    "    iterator.next();\n"
    "    for (let n = 0; n < 30; n++) map.set('more ' + n, n);\n"
    "    map.delete('key 2');\n"
    "    good += iterator.next().value === 'key 3';\n"
    "    sum = 0;\n"
    "    map.forEach(add);\n"
    "    good += sum === 100 + 5 + 780 - 1 - 2 + 435;\n"
    "    got = wota.decode(wota.encode({ map: map.toStone(), set: set.toStone() }));\n"
    "    other = new StoneMap(got.map);\n"
    "    good += other.size === map.size && other.get(long) === 5 && new StoneSet(got.set).has(9.75);\n"
    "    sum = 0;\n"
    "    for (const value of other.values()) sum += value;\n"
    "    good += sum === 1317;\n"
    "    map.loop = [map, iterator, versions];\n"
    "    set.clear();\n"
    "    for (let n = 0; n < wrong.length; n++)\n"
    "      try { wrong[n](); } catch (error) { if (error === null || error instanceof InternalError) throw error; good++; }\n"
    "    return good;\n"
    "  } finally {\n"
    "    clear();\n"
    "  }\n"
    "};\n"
    /* a limit is refused while anything is alive */
    "globalThis.left = () => { try { drystone.bucketHeapLimit(2 ** 24); return drystone.bucketHeapUsed(); } catch { return 1; } };\n";
#define GOOD 13

static const struct work maps = { program, GOOD, true };

/* Everything that can be alive when a runtime ends: versions that share, iterations half done, cycles. */
static const char keep[] =
    "globalThis.kept = [new drystone.BucketMap('text', 'text', [['a', 'b'], ['c', 'd']]), new drystone.BucketSet('integer', [1, 2, 3])];"
    "kept.push(kept[0].with('e', 'f'), kept[0].without('x'), kept[1].with(4), kept[0].entries(), kept[1].values());"
    "kept[5].next(); kept[6].next(); kept[0].set('g', 'h'); kept[0].all = kept; kept[5].all = kept;"
    "kept.push(new drystone.StoneMap(kept[0].toStone()), new drystone.StoneSet(kept[1].toStone()), kept);"
    "kept[7].iterator = kept[7].keys(); kept[7].iterator.next(); kept[7].iterator.back = kept; 1";

static void kept_in_two_contexts(JSContext *first, JSContext *second) {
    check(import_source(second, program) && evaluate_int(second, keep) == 1, "kept in both", 0);
    check(evaluate_int(second, "drystone.bucketHeapUsed() > 0 && left() === 1 ? 1 : 0") == 1, "one heap", 0);
    JS_FreeContext(first);
    check(evaluate_int(second, "work()") == GOOD, "when the first context is gone", 0);
    JS_FreeContext(second);
}

static const struct passing map = {
    .what = &maps,
    .post = "globalThis.m = new drystone.BucketMap('text', 'number', [['pi', 3.25], ['e', 2.5]]);"
            "globalThis.b = drystone.Mailbox.open('maps');"
            "b.post(drystone.wota.encode([m.toStone()])); m.set('pi', 0); m.size",
    .posted = 2,
    .before_take = "left()", /* each runtime has its own heap */
    .take = "globalThis.r = new drystone.StoneMap(drystone.wota.decode(drystone.Mailbox.open('maps').take(0))[0]);"
            "globalThis.k = r.keys(); k.next(); r.size",
    .taken = 2,
    .afterwards = "r.get('pi') === 3.25 && k.next().value === 'e' ? 1 : 0",
    .left = 1,
};

/* A heap that is too small, at every size up to a sufficient one. */
static void work_in_small_heaps(int step) {
    JSRuntime *runtime = new_strict_runtime();
    JSContext *ctx = new_context(runtime);
    check(import_source(ctx, program), "import", 0);
    int done = 0;
    for (int room = 16; done != GOOD; room += step) {
        char script[100];
        snprintf(script, sizeof script, "drystone.bucketHeapLimit(%d); 1", room);
        check(evaluate_int(ctx, script) == 1, "nothing is left in a heap of", room);
        done = evaluate_int(ctx, "work()");
        JS_RunGC(runtime);
        check(drystone_blobs_alive() == 0, "blobs alive in a heap of", room);
    }
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
}

void bucket_checks(bool quick) {
    alive_at_the_end(&maps, keep, kept_in_two_contexts);
    between_runtimes(&map);
    work_in_small_heaps(quick ? 1000 : 50);
    work_without_memory(&maps, quick ? 41 : 1, false);
    work_without_memory(&maps, quick ? 61 : 1, true);
    work_within_a_limit(&maps, quick ? 4096 : 64);
}
