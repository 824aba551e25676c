/* A small engine that links the binding: a script posts a message that holds a stone, C takes it and answers. */
#include <stdio.h>
#include <string.h>

#include <drystone_quickjs.h>

static const char script[] = "import { stone, wota } from 'drystone';\n"
                             "box.post(wota.encode({ data: stone(new Uint8Array([4, 2])) }));\n"
                             "globalThis.answer = letter => new Uint8Array(letter.data)[0] * 10 + letter.more;\n";

static int run(JSContext *ctx, mailbox *box) {
    mailbox_incref(box);
    JSValue global = JS_GetGlobalObject(ctx);
    JS_SetPropertyStr(ctx, global, "box", drystone_js_from_mailbox(ctx, box));
    JS_FreeValue(ctx, JS_Eval(ctx, script, strlen(script), "script.mjs", JS_EVAL_TYPE_MODULE));

    blob *letter = NULL;
    int32_t number = -1;
    if (mailbox_take(box, 0, &letter) == DRYSTONE_OK) {
        JSValue value = drystone_js_decode(ctx, letter);
        JS_SetPropertyStr(ctx, value, "more", JS_NewInt32(ctx, 2));
        JSValue answer = JS_GetPropertyStr(ctx, global, "answer");
        JSValue result = JS_Call(ctx, answer, JS_UNDEFINED, 1, (JSValueConst *)&value);
        JS_ToInt32(ctx, &number, result);
        JS_FreeValue(ctx, result);
        JS_FreeValue(ctx, answer);
        JS_FreeValue(ctx, value);
        blob_destroy(letter);
    }
    JS_FreeValue(ctx, global);
    return number;
}

int main(void) {
    JSRuntime *runtime = JS_NewRuntime();
    JSContext *ctx = JS_NewContext(runtime);
    mailbox *box = NULL;
    if (drystone_js_init(ctx, "drystone") < 0 || mailbox_new(0, &box) != DRYSTONE_OK)
        return 1;
    int number = run(ctx, box);
    mailbox_destroy(box);
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
    printf("quickjs with drystone %s: %d, blobs alive %zu\n", drystone_version(), number, drystone_blobs_alive());
    return number == 42 ? 0 : 1;
}
