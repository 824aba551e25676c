/* Stone values in a host of its own: from C functions, in several contexts and runtimes, and when memory runs out. */
#include "host.h"

/* Nothing in it throws: without memory for an error's trace, engines use freed errors. */
static const char program[] =
    "import * as drystone from 'drystone';\n"
    "const { stone, isStone, wota, nota } = drystone;\n"
    "globalThis.drystone = drystone;\n"
    "const bytes = new Uint8Array([1, 2, 3]), long = 'x'.repeat(3000), longKey = 'k'.repeat(700), rows = [], many = {}, limit = { dialect: 'dec64' }, one = { value: 1 }, five = { value: 5 };\n"
    "for (let n = 0; n < 70; n++) { rows[n] = { n, text: 't' + n, list: [n, [n, { n }]] }; many['key' + n] = [n]; }\n"
    "const plain = { id: 7, long, rows, many, [longKey]: 1, 3: 'three', nothing: null, half: 0.5, big: 2n ** 54n + 1n, bytes };\n"
    "let made, read, letter, again, part;\n"
    "globalThis.clear = function () { made = read = letter = again = part = undefined; };\n"
    "globalThis.work = function () {\n"
    "  try {\n"
    "    let good = 0;\n"
    "    made = stone(plain);\n"
    "    good += isStone(made) && made.id === 7 && made.long === long && made[longKey] === 1 && made.big === plain.big;\n"
    "    good += made.rows[69].list[1][1].n === 69 && made.many.key69[0] === 69 && made.nope === undefined;\n"
    "    good += Object.keys(made)[0] === '3' && { ...made.rows[3] }.text === 't3' && 'half' in made && isStone(made.bytes);\n"
    "    part = made.rows[5];\n"
    "    letter = wota.encode({ made, part, rows: made.rows, list: [part, part] }, limit);\n"
    "    read = wota.view(letter);\n"
    "    good += read.made === made && read.part === part && read.rows === made.rows && read.list[1] === part;\n"
    "    again = wota.decode(letter);\n"
    "    good += again.list[0].text === 't5' && again.rows.length === 70 && again.made.rows[69].list[1][1].n === 69;\n"
    "    good += nota.decode(nota.encode([part, made.many]))[0].list[1][0] === 5;\n"
    "    good += stone([made, part])[1] === part && stone({ get part() { return stone({ part }).part; } }).part === part;\n"
    "    good += wota.view(wota.fromParts(wota.toParts(letter))).part.n === 5;\n"
    "    good += Object.isFrozen(read) && Object.isFrozen(read.list) && Object.keys(part).length === 3;\n"
    "    good += !Reflect.set(made, 'id', 5) && !Reflect.set(made.rows, 0, 5) && !Reflect.deleteProperty(read, 'made');\n"
    "    good += !Reflect.defineProperty(read, 'x', one) && !Reflect.setPrototypeOf(read, null) && Reflect.defineProperty(part, 'n', five);\n"
    "    return good;\n"
    "  } finally {\n"
    "    clear();\n"
    "  }\n"
    "};\n";
#define GOOD 11

static const struct work values = { program, GOOD, false };

/* Everything that can be alive when a runtime ends: parts without the whole, values read and not yet read, cycles. */
static const char keep[] =
    "globalThis.kept = [drystone.stone({ rows: [{ a: 1 }, { b: [2] }], more: { c: 3 } }), drystone.stone([[1], {}])];"
    "kept.push(kept[0].rows[1], drystone.wota.view(drystone.wota.encode({ x: kept[0].more, y: [kept[1]] })), kept);"
    "Object.keys(kept[0]); kept[3].y; kept.push(new Map([[kept[2], kept]])); 1";

static void kept_in_two_contexts(JSContext *first, JSContext *second) {
    /* one that never imports the module gets what the other one has, read and not read */
    JSValue from = JS_GetGlobalObject(first), to = JS_GetGlobalObject(second);
    JS_SetPropertyStr(second, to, "kept", JS_GetPropertyStr(first, from, "kept"));
    JS_FreeValue(first, from);
    JS_FreeContext(first);
    check(evaluate_int(second, "kept[2].b[0] + kept[3].x.c + kept[1][0][0] + kept[3].y[0][0][0]") == 7,
          "when the context that made them is gone", 0);
    check(import_source(second, program) && evaluate_int(second, "work()") == GOOD, "the other context", 0);
    check(evaluate_int(second, "drystone.wota.view(drystone.wota.encode([kept[2]]))[0] === kept[2] ? 1 : 0") == 1,
          "the same place", 0);
    JS_FreeValue(second, to);
    JS_FreeContext(second);
}

static const struct passing row = {
    .what = &values,
    .post = "globalThis.document = drystone.stone({ rows: [{ id: 1 }, { id: 2 }] });"
            "globalThis.b = drystone.Mailbox.open('values');"
            "b.post(drystone.wota.encode({ row: document.rows[1] })); b.length",
    .posted = 1,
    .take = "globalThis.r = drystone.wota.view(drystone.Mailbox.open('values').take(0)); 1",
    .taken = 1,
    .afterwards = "r.row.id",
    .left = 2,
};

static void text(wota_writer *writer, const char *words) { wota_write_text(writer, words, strlen(words)); }

/* A message as other languages may write one: a key twice, values that JavaScript has not. */
static blob *foreign_message(void) {
    wota_writer *writer = NULL;
    blob *message = NULL;
    check(wota_writer_new(WOTA_CLASSIC, &writer) == DRYSTONE_OK, "a writer", 0);
    wota_write_record(writer, 4);
    text(writer, "key");
    wota_write_integer(writer, 1);
    text(writer, "private");
    wota_write_symbol(writer, WOTA_PRIVATE);
    wota_write_integer(writer, 5);
    text(writer, "key");
    wota_write_integer(writer, 2);
    text(writer, "list");
    wota_write_array(writer, 2);
    wota_write_integer(writer, 8);
    wota_write_symbol(writer, WOTA_SYSTEM);
    wota_write_record(writer, 0);
    check(wota_writer_finish(writer, &message) == DRYSTONE_OK, "a message", 0);
    wota_writer_free(writer);
    return message;
}

static void from_c(void) {
    JSRuntime *runtime = new_strict_runtime();
    JSContext *ctx = JS_NewContext(runtime);
    blob *message = foreign_message(), *stone = blob_new(8), *antestone = blob_new(8);
    blob_make_stone(stone);
    JSValue value = drystone_js_view(ctx, message), global = JS_GetGlobalObject(ctx);
    check(message->refcount == 2, "a value has a count of its own", message->refcount);
    JS_SetPropertyStr(ctx, global, "v", value);
    check(evaluate_int(ctx, "v.key") == 1, "of equal keys the first one's", 0);
    check(evaluate_int(ctx, "try { v.private; 0 } catch (e) { e.code === 'UNSUPPORTED' ? 1 : 0 }") == 1, "no value", 0);
    check(evaluate_int(ctx, "try { v.list; 0 } catch (e) { e.code === 'UNSUPPORTED' ? 1 : 0 }") == 1, "in a list", 0);
    check(evaluate_int(ctx, "try { Object.keys(v); 0 } catch (e) { e.code === 'UNSUPPORTED' ? 1 : 0 }") == 1,
          "no level", 0);
    check(evaluate_int(ctx, "v.key + (v.nothing === undefined ? 1 : 0)") == 2, "the rest is there", 0);
    blob *sent = drystone_js_encode(ctx, value, WOTA_DEC64);
    check(sent != NULL && blob_length_bits(sent) == 2 * 64 && wota_held_count(sent) == 1, "a reference", 0);
    check(JS_IsException(drystone_js_decode(ctx, sent)) && threw(ctx, "UNSUPPORTED"), "decode through it", 0);
    JSValue same = drystone_js_view(ctx, sent);
    check(JS_VALUE_GET_PTR(same) == JS_VALUE_GET_PTR(value), "leads to the same object", 0);
    JS_FreeValue(ctx, same);
    check(JS_IsException(drystone_js_view(ctx, NULL)) && threw(ctx, "INVALID_ARGUMENT"), "NULL is not a message", 0);
    check(JS_IsException(drystone_js_view(ctx, stone)) && threw(ctx, "WRONG_TYPE"), "a stone is not a message", 0);
    check(JS_IsException(drystone_js_view(ctx, antestone)) && threw(ctx, "NOT_STONE"), "an antestone is none", 0);
    blob_destroy(sent);
    blob_destroy(stone);
    blob_destroy(antestone);
    JS_FreeValue(ctx, global);
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
    check(message->refcount == 1, "every count was dropped", message->refcount);
    blob_destroy(message);
}

/* [[1], "x"], and around it that many nested arrays [a, a] whose two elements are one value. */
static blob *nested_message(int levels) {
    wota_writer *writer = NULL;
    blob *message = NULL;
    check(wota_writer_new(WOTA_CLASSIC, &writer) == DRYSTONE_OK, "a writer", 0);
    wota_write_array(writer, 2);
    wota_write_array(writer, 1);
    wota_write_integer(writer, 1);
    text(writer, "x");
    check(wota_writer_finish(writer, &message) == DRYSTONE_OK, "a message", 0);
    for (int level = 0; level < levels; level++) {
        blob *before = message;
        wota_write_array(writer, 2);
        wota_write_value(writer, before, 0);
        wota_write_value(writer, before, 0);
        check(wota_writer_finish(writer, &message) == DRYSTONE_OK, "a message of messages", level);
        blob_destroy(before);
    }
    wota_writer_free(writer);
    return message;
}

/* If the engine cannot compile, arrays have no place in the message, and everything else is the same. */
static void without_a_compiler(void) {
    JSRuntime *runtime = new_strict_runtime();
    JSContext *ctx = JS_NewContextRaw(runtime);
    check(JS_AddIntrinsicBaseObjects(ctx) == 0, "a context that compiles nothing", 0);
    blob *message = nested_message(60); /* 2^60 arrays if they were not shared */
    JSValue value = drystone_js_view(ctx, message), inner = JS_DupValue(ctx, value);
    for (int level = 0; level < 60 && JS_IsObject(inner); level++) {
        JSValue next = JS_GetPropertyUint32(ctx, inner, (uint32_t)level % 2);
        JS_FreeValue(ctx, inner);
        inner = next;
    }
    JSValue last = JS_GetPropertyUint32(ctx, inner, 1);
    check(JS_IsString(last), "arrays", 0);
    check(JS_IsExtensible(ctx, inner) == 0, "that are frozen", 0);
    blob *sent = drystone_js_encode(ctx, inner, WOTA_CLASSIC);
    check(sent != NULL && wota_held_count(sent) == 0, "and travel by value", 0);
    blob_destroy(sent);
    JS_FreeValue(ctx, last);
    JS_FreeValue(ctx, inner);
    JS_FreeValue(ctx, value);
    /* which takes nothing from the other contexts */
    JSContext *full = JS_NewContext(runtime);
    JSValue one = drystone_js_view(full, message), other = drystone_js_view(full, message);
    sent = drystone_js_encode(full, one, WOTA_CLASSIC);
    check(JS_IsObject(one) && JS_VALUE_GET_PTR(one) == JS_VALUE_GET_PTR(other), "a place in another context", 0);
    check(sent != NULL && wota_held_count(sent) == 1, "and by reference from there", 0);
    blob_destroy(sent);
    JS_FreeValue(full, one);
    JS_FreeValue(full, other);
    JS_FreeContext(full);
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
    blob_destroy(message);
    check(drystone_blobs_alive() == 0, "blobs alive without a compiler", (long)drystone_blobs_alive());
}

void value_checks(bool quick) {
    alive_at_the_end(&values, keep, kept_in_two_contexts);
    between_runtimes(&row);
    from_c();
    without_a_compiler();
    work_without_memory(&values, quick ? 61 : 1, false);
    work_without_memory(&values, quick ? 97 : 1, true);
    work_within_a_limit(&values, quick ? 8192 : 128);
}
