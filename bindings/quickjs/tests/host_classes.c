/* Hosts that keep their class ids in statics: the first runtime gives them, and they are registered under the same
   numbers in every later one. Before, after and between imports of the module, each in a process of its own, as both
   the host and the module remember what the first runtime gave. */
#include "host.h"
#include "host_engine.h"

#include <sys/wait.h>
#include <unistd.h>

#define CLASSES 20
#define RUNTIMES 12

static JSClassID host_ids[CLASSES];

static const JSClassDef host_class = { .class_name = "OfTheHost" };

/* Whether objects of them can be made in the context, which has the prototypes of its own classes only. */
static bool register_host_classes(JSContext *ctx, int from, int to) {
    JSRuntime *runtime = JS_GetRuntime(ctx);
    bool good = true;
    for (int i = from; i < to; i++) {
        take_class_id(runtime, &host_ids[i]);
        if (!JS_IsRegisteredClass(runtime, host_ids[i]))
            good = JS_NewClass(runtime, host_ids[i], &host_class) == 0 && good;
        JSValue object = JS_NewObjectClass(ctx, host_ids[i]);
        good = JS_GetClassID(object) == host_ids[i] && JS_GetOpaque(object, host_ids[i]) == NULL && good;
        JS_FreeValue(ctx, object);
    }
    return good;
}

static bool import_and_use(JSContext *ctx) {
    static const char program[] =
        "import { Blob, BucketMap, Mailbox, nota, stone, wota } from 'drystone';\n"
        "const data = stone(new Uint8Array([1, 2, 3])), map = new BucketMap('text', 'number', [['a', 1]]);\n"
        "const got = wota.decode(wota.encode({ data, table: map.toStone() }));\n"
        "if (!stone(data).equals(stone(got.data)) || [...map][0][1] !== 1 || !new nota.Feeder().feed(new Uint8Array([0x60])).complete)\n"
        "    throw new Error('wrong');\n"
        "Mailbox.open('classes').close();\n";
    return drystone_js_init(ctx, "drystone") == 0 && import_source(ctx, program);
}

struct order {
    const char *name;
    int before;   /* the number of the host's classes that exist before the import */
    bool without; /* the first runtime does not use the module */
    bool twice;   /* a second context imports it when the host has registered the rest */
};

static void in_order(const struct order *order) {
    for (int i = 0; i < RUNTIMES; i++) {
        JSRuntime *runtime = new_strict_runtime();
        JSContext *ctx = JS_NewContext(runtime);
        check(register_host_classes(ctx, 0, order->before), "classes before the import", i);
        if (!order->without || i > 0)
            check(import_and_use(ctx), "import among static class ids", i);
        check(register_host_classes(ctx, order->before, CLASSES), "classes after the import", i);
        if (order->twice) {
            JSContext *second = JS_NewContext(runtime);
            check(import_and_use(second), "the second import among static class ids", i);
            JS_FreeContext(second);
        }
        JS_FreeContext(ctx);
        JS_FreeRuntime(runtime);
    }
}

/* The error's message says what is missing. */
static void no_ids_left(void) {
    JSRuntime *runtime = new_strict_runtime();
    JSContext *ctx = JS_NewContext(runtime);
    for (JSClassID id = 0; id < 0xFFFF; id = 0)
        if (take_class_id(runtime, &id) >= 0xFFFF)
            break;
    blob *encoded = drystone_js_encode(ctx, JS_NULL, WOTA_CLASSIC);
    check(encoded == NULL, "encode without a class id", 0);
    JSValue error = JS_GetException(ctx);
    const char *text = JS_ToCString(ctx, error);
    check(text != NULL && strstr(text, "no class id left") != NULL, "the error without a class id", 0);
    JS_FreeCString(ctx, text);
    JS_FreeValue(ctx, error);
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
}

static void in_a_process(const struct order *order) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (order != NULL)
            in_order(order);
        else
            no_ids_left();
        fflush(stdout);
        _exit(checks_failed() ? 1 : 0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    check(status == 0, order != NULL ? order->name : "no class id left", status);
}

void class_checks(void) {
    static const struct order orders[] = {
        { "static class ids before the import", CLASSES, false, false },
        { "static class ids after the import", 0, false, false },
        { "static class ids before and after", CLASSES / 2, false, true },
        { "static class ids between imports", 0, false, true },
        { "static class ids from a runtime without the module, before", CLASSES, true, true },
        { "static class ids from a runtime without the module, after", 0, true, false },
    };
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        in_a_process(&orders[i]);
    in_a_process(NULL);
}
