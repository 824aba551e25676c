/* A host that links the module instead of loading it: several runtimes and contexts, on one thread and on
   eight, and memory that runs out at every place where it can. Prints how many checks ran; 1 on failure.

   Usage: host [--quick]    (--quick: fewer places, for runs under valgrind) */
#include "host.h"
#include "host_engine.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static atomic_int checks, failures;

void check(bool condition, const char *what, long detail) {
    atomic_fetch_add(&checks, 1);
    if (!condition) {
        atomic_fetch_add(&failures, 1);
        printf("FAILED: %s (%ld)\n", what, detail);
    }
}

bool checks_failed(void) { return failures != 0; }

/* Calls everything in the module, and returns whether all results are right. Its inputs are made beforehand, because
   several of the engine's own functions (Array.from is one) do not survive a lack of memory. */
static const char program[] =
    "import * as drystone from 'drystone';\n"
    "const { Blob, Mailbox, dec64, nota, stone, isStone, wota } = drystone;\n"
    "globalThis.drystone = drystone;\n"
    "globalThis.place = 'host';\n"
    "const bytes = new Uint8Array([1, 2, 3]), view = new DataView(bytes.buffer), cut = new Uint8Array(3), words = new Uint16Array([1, 2]);\n"
    "const many = Array.from({ length: 150 }, (_, n) => n < 30 ? { n, same: n, kind: n } : { n, ['key' + n]: 'v' + n }), long = 'x'.repeat(3000), text = 'na\\u00efve \\u{1f4a9}';\n"
    "let deep = 1;\n"
    "for (let depth = 0; depth < 40; depth++) deep = [deep];\n"
    "const value = { id: 7, text, long, list: [1, -2.5, null, true, [[], {}]], big: 2n ** 54n + 1n, copy: words, many, deep,\n"
    "  '\\u00e9\\u20ac': 1, get got() { return wota.decode(wota.encode([8]))[0]; } };\n"
    "const plain = { id: 7, text, long, list: [1, -2.5, null, true, [[], {}]], big: 2n ** 54n + 1n, copy: words, many, deep,\n"
    "  get got() { return nota.decode(nota.encode([8]))[0]; }, get also() { return wota.decode(wota.encode(0.5, second)); } };\n"
    "const second = { dialect: 'dec64' }, nearest = { dialect: 'dec64', nearest: true }, limits = { maxWords: 100, maxDepth: 5 };\n"
    "const json = '{\"a\":[1,2.5,\"x\",{\"$blob\":\"AQID\"}]}', half = new Uint8Array([0x22, 0x61]), rest = new Uint8Array([0x62, 0x63]);\n"
    "const wrong = [() => wota.encode({ a: [1, { f: isStone }] }), () => wota.decode(cut), () => new Blob('x'), () => box.post(1),\n"
    "  () => blob.writeBytes(bytes), () => Atomics.store(" PART("data.buffer", 0, 1) ", 0, 1),\n"
    "  () => nota.encode({ a: [1, NaN] }), () => nota.decode(cut), () => nota.encode([wota.encode(data)]), () => new Blob(8).write_fit(9, 3),\n"
    "  () => wota.fromJSON('{'), () => wota.encode([5e-324], second), () => new nota.Feeder().take(), () => dec64.fromText('x')];\n"
    "let blob, data, box, field, feeder;\n"
    "const forms = function () {\n"
    "  let good = 0;\n"
    "  const bytes = nota.encode(plain), got = nota.decode(bytes), message = nota.toMessage(bytes);\n"
    "  good += got.text === text && got.long === long && got.big === plain.big && got.many[149].key149 === 'v149' && got.also === 0.5;\n"
    "  good += wota.decode(message).copy.byteLength === 4 && " SIZE("nota.fromMessage(message)") " === " SIZE("bytes") ";\n"
    "  const other = wota.encode({ plain, data }, nearest), again = wota.transcode(other, 'classic');\n"
    "  good += wota.decode(other).data === data.buffer && wota.decode(again).plain.list[1] === -2.5;\n"
    "  good += wota.decode(wota.fromBytes(wota.toBytes(other), second)).plain.id === 7;\n"
    "  const known = wota.fromJSON(json);\n"
    "  good += wota.toJSON(known) === json && wota.toJSON(known, true).length > json.length && wota.dump(known).length > 50;\n"
    "  feeder = new nota.Feeder(limits);\n"
    "  const fed = [feeder.feed(half), feeder.feed(rest)];\n"
    "  good += fed[0].taken === 2 && !fed[0].complete && fed[1].taken === 1 && fed[1].complete && wota.decode(feeder.take())[1] === 2;\n"
    "  feeder.feed(half);\n"
    "  field = new Blob(3, true).write_bit(0).write_fit(-3, 5).write_kim(2n ** 60n).write_dec64(-1.01).write_text(long).write_blob(blob).write_pad(64);\n"
    "  stone(field);\n"
    "  const kim = 9 + field.kim_bits(9), end = kim + 64 + field.text_bits(kim + 64);\n"
    "  good += field.read_logical(2) && field.read_fit(4, 5) === 29 && field.read_kim(9) === 2n ** 60n && field.read_dec64(kim) === -1.01;\n"
    "  good += field.read_text(kim + 64) === long && field.read_blob(end, end + 48).equals(blob) && field.is_pad(end + 48, 64) && field.read_fit(0, 99) === null;\n"
    "  good += dec64.toText(dec64.fromText('12.5')) === '12.5' && dec64.toNumber(dec64.fromNumber(12.5)) === 12.5;\n"
    "  return good;\n"
    "};\n"
    /* by the host too, because `finally` does not run when a lack of memory ends a program */
    "globalThis.clear = function () {\n"
    "  blob = data = box = field = feeder = value.data = value.again = value.part = undefined;\n"
    "};\n"
    "globalThis.work = function () {\n"
    "  try {\n"
    "    let good = 0;\n"
    "    blob = new Blob(24).writeBytes(bytes);\n"
    "    data = stone(bytes);\n"
    "    good += stone(blob).buffer === blob.buffer && isStone(blob.buffer);\n"
    "    good += blob.slice(24).equals(stone(view));\n"
    "    value.data = data; value.again = data.buffer; value.part = " PART("data.buffer", 1, 2) ";\n"
    "    const message = wota.encode(value), got = wota.decode(message);\n"
    "    good += got.id === 7 && got.text === text && got.long === long && got.big === value.big && got.got === 8;\n"
    "    good += got.data === data.buffer && got.again === got.data && " SIZE("got.part") " === 2 && got.copy.byteLength === 4;\n"
    "    good += got.many.length === 150 && got.many[149].key149 === 'v149' && got.deep[0][0][0].length === 1;\n"
    "    const portable = wota.toBytes(message);\n"
    "    good += wota.decode(wota.fromBytes(portable)).id === 7 && wota.decode(portable).list.length === 5;\n"
    "    box = Mailbox.open(globalThis.place, 2);\n"
    "    box.post(message);\n"
    "    box.post(wota.encode([box.length, message]));\n"
    "    good += wota.decode(box.take()).id === 7;\n"
    "    good += forms();\n"
    "    for (let n = 0; n < wrong.length; n++)\n"
    "      try { wrong[n](); } catch (error) { if (error === null || error instanceof InternalError) throw error; good++; }\n"
    "    return good;\n"
    "  } finally {\n"
    "    clear();\n"
    "  }\n"
    "};\n";
#define GOOD 30

static const struct work everything = { program, GOOD, false };

JSContext *new_context(JSRuntime *runtime) {
    JSContext *ctx = JS_NewContext(runtime);
    if (ctx != NULL && drystone_js_init(ctx, "drystone") < 0) {
        JS_FreeContext(ctx);
        return NULL;
    }
    return ctx;
}

void run_jobs(JSRuntime *runtime) {
    JSContext *ctx;
    while (JS_ExecutePendingJob(runtime, &ctx) != 0) {}
}

static JSValue compile(JSContext *ctx, const char *source) {
    return JS_Eval(ctx, source, strlen(source), "program.mjs", JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
}

/* Links and runs a module. False: an exception, which is dropped. */
static bool run_module(JSContext *ctx, JSValue compiled) {
    JSValue result = JS_EvalFunction(ctx, compiled);
    run_jobs(JS_GetRuntime(ctx));
    bool good = !JS_IsException(result) && JS_PromiseState(ctx, result) == JS_PROMISE_FULFILLED;
    JS_FreeValue(ctx, result);
    if (!good)
        JS_FreeValue(ctx, JS_GetException(ctx));
    return good;
}

bool import_source(JSContext *ctx, const char *source) { return run_module(ctx, compile(ctx, source)); }

static bool import_program(JSContext *ctx) { return import_source(ctx, program); }

static JSValue evaluate(JSContext *ctx, const char *source) {
    return JS_Eval(ctx, source, strlen(source), "<host>", JS_EVAL_TYPE_GLOBAL);
}

/* -1: an exception, which is dropped. */
int evaluate_int(JSContext *ctx, const char *source) {
    JSValue result = evaluate(ctx, source);
    int32_t number = -1;
    if (JS_IsException(result) || JS_ToInt32(ctx, &number, result) < 0) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        number = -1;
    }
    JS_FreeValue(ctx, result);
    return number;
}

static const char import[] = "import * as drystone from 'drystone'; globalThis.drystone = drystone;"
                             "globalThis.letter = drystone.wota.encode; globalThis.read = drystone.wota.decode;"
                             "globalThis.thrown = null; globalThis.log = [];"
                             "globalThis.code = f => { try { f(); return 'none'; } catch (e) { return e.code; } };";

JSContext *context_with_module(JSRuntime *runtime) {
    JSContext *ctx = new_context(runtime);
    check(import_source(ctx, import), "import", 0);
    return ctx;
}

void expect(JSContext *ctx, const char *condition) {
    char source[512];
    snprintf(source, sizeof source, "(%s) ? 1 : 0", condition);
    check(evaluate_int(ctx, source) == 1, condition, 0);
}

void run(JSContext *ctx, const char *source) {
    char whole[1024];
    snprintf(whole, sizeof whole, "%s; 1", source);
    check(evaluate_int(ctx, whole) == 1, source, 0);
    run_jobs(JS_GetRuntime(ctx));
}

/* The code of the pending exception is this one; it is dropped. */
bool threw(JSContext *ctx, const char *code) {
    JSValue error = JS_GetException(ctx);
    JSValue found = JS_IsObject(error) ? JS_GetPropertyStr(ctx, error, "code") : JS_UNDEFINED;
    const char *text = JS_ToCString(ctx, found);
    bool same = text != NULL && strcmp(text, code) == 0;
    JS_FreeCString(ctx, text);
    JS_FreeValue(ctx, found);
    JS_FreeValue(ctx, error);
    return same;
}

/* A runtime that ends the process when it is freed with anything left over. */
JSRuntime *new_strict_runtime(void) {
    JSRuntime *runtime = JS_NewRuntime();
    be_strict(runtime);
    return runtime;
}

static void one_runtime(void) {
    JSRuntime *runtime = new_strict_runtime();
    JSContext *ctx = new_context(runtime);
    check(import_program(ctx), "import", 0);
    check(evaluate_int(ctx, "work()") == GOOD, "work", 0);
    /* objects that are alive when the runtime ends */
    check(
        evaluate_int(
            ctx,
            "globalThis.kept = [drystone.stone(new Uint8Array(9)).buffer, new drystone.Blob(8), drystone.Mailbox.open('kept'), new drystone.nota.Feeder()];"
            "kept[2].post(drystone.wota.encode(kept[0])); kept[3].feed(new Uint8Array([0x21])); kept.push(kept); 1") == 1,
        "kept", 0);
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
    check(drystone_blobs_alive() == 0, "blobs alive after a runtime", (long)drystone_blobs_alive());
}

static void two_runtimes_on_one_thread(void) {
    JSRuntime *runtimes[2];
    JSContext *contexts[2];
    for (int i = 0; i < 2; i++) {
        runtimes[i] = new_strict_runtime();
        if (i == 1) { /* other classes first, so that the ids differ */
            for (int n = 0; n < 5; n++) {
                JSClassID id = 0;
                const JSClassDef other = { .class_name = "Other" };
                take_class_id(runtimes[i], &id);
                JS_NewClass(runtimes[i], id, &other);
            }
        }
        contexts[i] = new_context(runtimes[i]);
        check(import_program(contexts[i]), "import", i);
    }
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 2; i++)
            check(evaluate_int(contexts[i], "work()") == GOOD, "work in two runtimes", i);
    /* a stone is sent from one to the other */
    check(
        evaluate_int(
            contexts[0],
            "globalThis.s = drystone.stone(new Uint8Array([4, 2])); globalThis.b = drystone.Mailbox.open('between'); b.post(drystone.wota.encode({ s })); 1") ==
            1,
        "post", 0);
    check(
        evaluate_int(
            contexts[1],
            "globalThis.r = drystone.wota.decode(drystone.Mailbox.open('between').take(0)).s; " BYTE("r", 1)) ==
            2,
        "take", 0);
    JS_FreeContext(contexts[0]);
    JS_FreeRuntime(runtimes[0]);
    check(evaluate_int(contexts[1], BYTE("r", 0)) == 4, "a stone outlives the runtime that made it", 0);
    check(evaluate_int(contexts[1], "work()") == GOOD, "the other runtime goes on", 0);
    JS_FreeContext(contexts[1]);
    JS_FreeRuntime(runtimes[1]);
    check(drystone_blobs_alive() == 0, "blobs alive after two runtimes", (long)drystone_blobs_alive());
}

static void two_contexts_of_one_runtime(void) {
    JSRuntime *runtime = new_strict_runtime();
    JSContext *first = new_context(runtime), *second = new_context(runtime);
    check(import_program(first) && import_program(second), "import twice", 0);
    check(evaluate_int(first, "work()") == GOOD && evaluate_int(second, "work()") == GOOD, "work in two contexts", 0);
    check(evaluate_int(
              first,
              "globalThis.s = drystone.stone(new Uint8Array([1, 2, 3])); globalThis.e = drystone.wota.encode; 1") == 1,
          "make", 0);
    /* objects of one context in the other */
    JSValue from = JS_GetGlobalObject(first), to = JS_GetGlobalObject(second);
    JS_SetPropertyStr(second, to, "blob", JS_GetPropertyStr(first, from, "s"));
    JS_SetPropertyStr(second, to, "encode", JS_GetPropertyStr(first, from, "e"));
    JSValue buffer = evaluate(first, "s.buffer");
    JS_SetPropertyStr(second, to, "buffer", JS_DupValue(second, buffer));
    check(evaluate_int(second,
                       "drystone.isStone(buffer) && drystone.isStone(blob) && blob.buffer === buffer ? 1 : 0") == 1,
          "a stone of the other context", 0);
    check(evaluate_int(second, "drystone.wota.decode(drystone.wota.encode({ buffer })).buffer === buffer ? 1 : 0") == 1,
          "goes by reference", 0);
    JS_FreeValue(first, from);
    JS_FreeContext(first);
    check(evaluate_int(
              second,
              "drystone.wota.decode(encode([blob, buffer]))[1] === buffer && encode([1]).length === 128 ? 1 : 0") == 1,
          "a function of a context that is gone", 0);
    check(evaluate_int(second, "work()") == GOOD, "work when the first context is gone", 0);
    JS_FreeValue(second, buffer);
    JS_FreeValue(second, to);
    JS_FreeContext(second);
    /* a later context, after the first module objects are freed */
    JS_RunGC(runtime);
    JSContext *third = new_context(runtime);
    check(import_program(third) && evaluate_int(third, "work()") == GOOD, "a later context", 0);
    JS_FreeContext(third);
    JS_FreeRuntime(runtime);
    check(drystone_blobs_alive() == 0, "blobs alive after contexts", (long)drystone_blobs_alive());
}

static void a_host_that_detaches(void) {
    JSRuntime *runtime = new_strict_runtime();
    JSContext *ctx = new_context(runtime);
    check(import_program(ctx), "import", 0);
    JSValue buffer =
        evaluate(ctx, "globalThis.s = drystone.stone(new Uint8Array([1, 2])); globalThis.old = s.buffer; s.buffer");
    JS_DetachArrayBuffer(ctx, buffer);
    JS_FreeValue(ctx, buffer);
    if (DETACHES) {
        check(evaluate_int(ctx, "!drystone.isStone(old) && s.buffer !== old ? 1 : 0") == 1,
              "a detached buffer is let go", 0);
        check(evaluate_int(
                  ctx, "try { drystone.wota.encode(old); 0 } catch (e) { e.code === 'INVALID_ARGUMENT' ? 1 : 0 }") == 1,
              "and not sent", 0);
    } else {
        check(evaluate_int(ctx, "drystone.isStone(old) && s.buffer === old ? 1 : 0") == 1, "nothing is detached", 0);
    }
    check(evaluate_int(ctx, BYTE("s.buffer", 1)) == 2, "the stone has its bytes", 0);
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
    check(drystone_blobs_alive() == 0, "blobs alive after detaching", (long)drystone_blobs_alive());
}

static void *thread_body(void *argument) {
    int rounds = *(int *)argument;
    JSRuntime *runtime = new_strict_runtime();
    JSContext *ctx = new_context(runtime);
    check(import_program(ctx), "import on a thread", 0);
    char place[64];
    snprintf(place, sizeof place, "globalThis.place = 'thread %p'; 1", (void *)runtime);
    check(evaluate_int(ctx, place) == 1, "place", 0);
    for (int round = 0; round < rounds; round++) {
        check(evaluate_int(ctx, "work()") == GOOD, "work on a thread", round);
        check(
            evaluate_int(
                ctx,
                "drystone.Mailbox.open('threads').post(drystone.wota.encode(drystone.stone(new Uint8Array(100)))); drystone.Mailbox.open('threads').take(0); 1") ==
                1,
            "exchange", round);
    }
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
    return NULL;
}

#define THREADS 8

static void many_threads(int rounds) {
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, thread_body, &rounds);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    check(drystone_blobs_alive() == 0, "blobs alive after threads", (long)drystone_blobs_alive());
}

/* The n-th allocation of the first call of a context fails, for every n; what comes later succeeds. */
static void first_calls_without_memory(long step) {
    bool more = true;
    for (long n = 1; more; n += step) {
        struct failing failing = { 0 };
        JSRuntime *runtime = new_failing_runtime(&failing);
        JSContext *ctx = JS_NewContext(runtime);
        make_late_globals(ctx);
        failing.until = n;
        blob *message = drystone_js_encode(ctx, JS_TRUE, WOTA_CLASSIC);
        failing.until = 0;
        more = failing.failed;
        if (message == NULL)
            JS_FreeValue(ctx, JS_GetException(ctx));
        blob_destroy(message);
        message = drystone_js_encode(ctx, JS_TRUE, WOTA_CLASSIC);
        check(message != NULL, "encode after a failed one, allocation", n);
        blob_destroy(message);
        check(drystone_js_init(ctx, "drystone") == 0 && import_program(ctx) && evaluate_int(ctx, "work()") == GOOD,
              "import after a failed call, allocation", n);
        JS_FreeContext(ctx);
        JS_FreeRuntime(runtime);
        check(drystone_blobs_alive() == 0, "blobs alive after a failed call, allocation", n);
    }
}

/* The same for an import, without compiling: the engine's compiler does not survive a lack of memory. */
static void imports_without_memory(long step) {
    bool more = true;
    for (long n = 1; more; n += step) {
        struct failing failing = { 0 };
        JSRuntime *runtime = new_failing_runtime(&failing);
        JSContext *ctx = new_context(runtime);
        make_late_globals(ctx);
        JSValue compiled = compile(ctx, "import * as drystone from 'drystone'; globalThis.drystone = drystone;");
        failing.until = n;
        run_module(ctx, compiled);
        failing.until = 0;
        more = failing.failed;
        JS_FreeContext(ctx);
        JS_RunGC(runtime);
        ctx = new_context(runtime);
        check(import_program(ctx) && evaluate_int(ctx, "work()") == GOOD, "import after a failed one, allocation", n);
        JS_FreeContext(ctx);
        JS_FreeRuntime(runtime);
        check(drystone_blobs_alive() == 0, "blobs alive after a failed import, allocation", n);
    }
}

int main(int argc, char **argv) {
    bool quick = argc > 1 && strcmp(argv[1], "--quick") == 0;
#ifdef DRYSTONE_QUICKJS_POST
    /* The other checks are made without the offices. */
    post_checks(quick);
    printf("%d checks, %d failed\n", checks, failures);
    return failures == 0 ? 0 : 1;
#endif
    class_checks();
    one_runtime();
    two_runtimes_on_one_thread();
    two_contexts_of_one_runtime();
    a_host_that_detaches();
    many_threads(quick ? 3 : 20);
    first_calls_without_memory(quick ? 37 : 1);
    if (IMPORTS_SURVIVE_NO_MEMORY)
        imports_without_memory(quick ? 37 : 1);
    else
        printf("this engine's modules do not survive a lack of memory: only first calls were tried without\n");
    if (!PROGRAMS_SURVIVE_NO_MEMORY)
        printf("this engine's programs do not survive a lack of memory: only single calls were tried without\n");
    work_without_memory(&everything, quick ? 41 : 1, false);
    work_without_memory(&everything, quick ? 61 : 1, true);
    work_within_a_limit(&everything, quick ? 4096 : 64);
    context_checks(quick);
    interface_checks(quick);
    call_checks(quick);
    bucket_checks(quick);
    value_checks(quick);
    record_checks();
    wait_checks(quick);
    link_checks(quick);
    check(drystone_blobs_created() == drystone_blobs_released() && drystone_blobs_created() > 0,
          "every blob was released once", 0);
    printf("%d checks, %d failed\n", checks, failures);
    return failures == 0 ? 0 : 1;
}
