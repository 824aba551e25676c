#include "loop.h"

#include <stdio.h>

#include "error.h"

/* An export of a module of quickjs-libc, even if the program has redefined its names. JS_UNDEFINED: the context has no
   such module, or cannot compile. */
static JSValue import_read_handler(JSContext *ctx, const char *module_name) {
    char source[64];
    int length = snprintf(source, sizeof source, "export { setReadHandler } from \"%s\";", module_name);
    JSValue compiled = JS_Eval(ctx, source, (size_t)length, "<drystone>",
                               JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    JSValue result = compiled, found = JS_UNDEFINED;
    if (!JS_IsException(compiled)) {
        JSModuleDef *definition = JS_VALUE_GET_PTR(compiled); /* the context has it */
        result = JS_EvalFunction(ctx, compiled);
        if (!JS_IsException(result)) {
            JSValue names = JS_GetModuleNamespace(ctx, definition);
            found = JS_IsException(names) ? names : JS_GetPropertyStr(ctx, names, "setReadHandler");
            JS_FreeValue(ctx, names);
        }
    }
    JS_FreeValue(ctx, result);
    if (JS_IsException(result) || JS_IsException(found))
        JS_FreeValue(ctx, JS_GetException(ctx));
    if (JS_IsFunction(ctx, found))
        return found;
    JS_FreeValue(ctx, found);
    return JS_UNDEFINED;
}

int loop_needed(JSContext *ctx, struct module *module, const char *doing) {
    static const char *const names[] = { "qjs:os", "os" };
    if (module->state->watch != NULL)
        return 0;
    for (size_t i = 0; JS_IsUndefined(module->values[SET_READ_HANDLER]) && i < sizeof names / sizeof names[0]; i++)
        module->values[SET_READ_HANDLER] = import_read_handler(ctx, names[i]);
    if (!JS_IsUndefined(module->values[SET_READ_HANDLER]))
        return 0;
    char message[200];
    int length = snprintf(message, sizeof message,
                          "%s: the host has no event loop: neither os.setReadHandler of quickjs-libc nor one set by "
                          "drystone_js_set_wait",
                          doing);
    throw_status_message(ctx, DRYSTONE_UNSUPPORTED, message, (size_t)length);
    return -1;
}

static int set_read_handler(JSContext *ctx, struct module *module, int32_t descriptor, JSValueConst handler) {
    JSValueConst arguments[] = { JS_NewInt32(ctx, descriptor), handler };
    JSValue answer = JS_Call(ctx, module->values[SET_READ_HANDLER], JS_UNDEFINED, 2, arguments);
    JS_FreeValue(ctx, answer);
    return JS_IsException(answer) ? -1 : 0;
}

int watch_start(JSContext *ctx, struct module *module, struct watch *watch, drystone_js_ready ready, void *data) {
    if (watch->on)
        return 0;
    watch->host = module->state->watch;
    watch->host_context = module->state->watch_context;
    if (watch->host == NULL) {
        if (set_read_handler(ctx, module, watch->descriptor, watch->function) < 0)
            return -1;
    } else if (watch->host(watch->host_context, ctx, watch->descriptor, ready, data) < 0) {
        throw_status(ctx, DRYSTONE_UNSUPPORTED, "Mailbox: the host's loop cannot watch the descriptor");
        return -1;
    }
    watch->on = true;
    return 0;
}

void watch_stop(JSContext *ctx, struct module *module, struct watch *watch) {
    if (!watch->on)
        return;
    watch->on = false;
    if (watch->host != NULL) {
        watch->host(watch->host_context, ctx, watch->descriptor, NULL, NULL);
        return;
    }
    /* an interrupt handler may stop this call: a function that is called later without a reason removes itself */
    if (set_read_handler(ctx, module, watch->descriptor, JS_NULL) < 0)
        JS_FreeValue(ctx, JS_GetException(ctx));
}

void watch_end(struct watch *watch) {
    if (watch->on && watch->host != NULL)
        watch->host(watch->host_context, NULL, watch->descriptor, NULL, NULL);
    watch->on = false;
}
