/* The smallest host: two runtimes on two threads, each with the module linked in. One sends a record with a large buffer,
 * the other one reads a field. A module that throws rejects its promise, and is reported.
 *
 * prints: received "sea" and 1000000 bytes
 * prints: blobs alive: 0
 */
#include <drystone_quickjs.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static const char sender[] = "import { stone, wota } from 'drystone';\n"
                             "const picture = stone(new Uint8Array(1000000));\n"
                             "inbox.post(wota.encode({ title: 'sea', picture }));\n";
static const char receiver[] = "import { wota } from 'drystone';\n"
                               "const { title, picture } = wota.decode(inbox.take(10000));\n"
                               "print(`received \"${title}\" and ${picture.byteLength} bytes`);\n";

struct actor {
    const char *script;
    mailbox *inbox;
    bool failed;
};

static JSValue print(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)this_value, (void)argc;
    const char *text = JS_ToCString(ctx, argv[0]);
    puts(text == NULL ? "?" : text);
    JS_FreeCString(ctx, text);
    return JS_UNDEFINED;
}

/* Runs the script as a module, and all jobs that follow. False when something was thrown. */
static bool run(JSRuntime *runtime, JSContext *ctx, const char *script) {
    JSContext *job;
    JSValue error = JS_UNDEFINED;
    JSValue result = JS_Eval(ctx, script, strlen(script), "script", JS_EVAL_TYPE_MODULE);
    while (JS_ExecutePendingJob(runtime, &job) > 0) {}
    if (JS_IsException(result))
        error = JS_GetException(ctx);
    else if (JS_PromiseState(ctx, result) == JS_PROMISE_REJECTED)
        error = JS_PromiseResult(ctx, result);
    JS_FreeValue(ctx, result);
    if (JS_IsUndefined(error))
        return true;
    print(ctx, JS_UNDEFINED, 1, &error);
    JS_FreeValue(ctx, error);
    return false;
}

static void *act(void *context) {
    struct actor *actor = context;
    JSRuntime *runtime = JS_NewRuntime();
    JS_SetCanBlock(runtime, true); /* for take, on a thread that may wait */
    JSContext *ctx = JS_NewContext(runtime);
    JSValue global = JS_GetGlobalObject(ctx);
    JS_SetPropertyStr(ctx, global, "print", JS_NewCFunction(ctx, print, "print", 1));
    mailbox_incref(actor->inbox); /* the count that the object takes over */
    JS_SetPropertyStr(ctx, global, "inbox", drystone_js_from_mailbox(ctx, actor->inbox));
    actor->failed = drystone_js_init(ctx, "drystone") < 0 || !run(runtime, ctx, actor->script);
    JS_FreeValue(ctx, global);
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
    return NULL;
}

int main(void) {
    mailbox *inbox;
    pthread_t thread;
    if (mailbox_new(0, &inbox) != DRYSTONE_OK)
        return 1;
    struct actor painter = {receiver, inbox, true}, director = {sender, inbox, true};
    pthread_create(&thread, NULL, act, &painter);
    act(&director);
    pthread_join(thread, NULL);
    mailbox_destroy(inbox);
    printf("blobs alive: %d\n", (int)drystone_blobs_alive());
    return painter.failed || director.failed;
}
