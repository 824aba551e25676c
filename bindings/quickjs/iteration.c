#include "iteration.h"

#include "builtin.h"
#include "error.h"
#include "part.h"

JSValue iterator_of(JSContext *ctx, struct module *module, JSValueConst iterable, const char *doing) {
    JSValue function = JS_GetProperty(ctx, iterable, module->atoms[ITERATOR_SYMBOL]);
    if (JS_IsException(function))
        return function;
    JSValue iterator = JS_UNDEFINED;
    if (JS_IsFunction(ctx, function))
        iterator = JS_Call(ctx, function, iterable, 0, NULL);
    JS_FreeValue(ctx, function);
    if (JS_IsException(iterator) || JS_IsObject(iterator))
        return iterator;
    JS_FreeValue(ctx, iterator);
    char message[80];
    int length = snprintf(message, sizeof message, "%s: the argument is not iterable", doing);
    return throw_status_message(ctx, DRYSTONE_INVALID_ARGUMENT, message, (size_t)length);
}

int iterator_step(JSContext *ctx, const struct module *module, JSValueConst iterator, JSValueConst next,
                  JSValue *item) {
    JSValue step = JS_Call(ctx, next, iterator, 0, NULL);
    if (JS_IsException(step))
        return -1;
    int result = -1;
    if (JS_IsObject(step)) {
        JSValue done = JS_GetProperty(ctx, step, module->atoms[DONE_ATOM]);
        int ended = JS_IsException(done) ? -1 : JS_ToBool(ctx, done);
        JS_FreeValue(ctx, done);
        if (ended == 0) {
            *item = JS_GetProperty(ctx, step, module->atoms[VALUE_ATOM]);
            result = JS_IsException(*item) ? -1 : 1;
        } else {
            result = ended < 0 ? -1 : 0;
        }
    } else {
        throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "an iterator's next returned something that is not an object");
    }
    JS_FreeValue(ctx, step);
    return result;
}

void iterator_close(JSContext *ctx, JSValueConst iterator) {
    JSValue error = JS_GetException(ctx);
    JSValue function = JS_GetPropertyStr(ctx, iterator, "return");
    JSValue answer = JS_UNDEFINED;
    if (JS_IsFunction(ctx, function))
        answer = JS_Call(ctx, function, iterator, 0, NULL);
    if (JS_IsException(function) || JS_IsException(answer))
        JS_FreeValue(ctx, JS_GetException(ctx));
    JS_FreeValue(ctx, answer);
    JS_FreeValue(ctx, function);
    JS_Throw(ctx, error);
}

JSValue iteration_result(JSContext *ctx, struct module *module, JSValueConst value, bool done) {
    JSValue result = JS_NewObject(ctx);
    if (JS_IsException(result))
        return result;
    if (JS_DefinePropertyValue(ctx, result, module->atoms[VALUE_ATOM], JS_DupValue(ctx, value), JS_PROP_C_W_E) >= 0 &&
        JS_DefinePropertyValue(ctx, result, module->atoms[DONE_ATOM], JS_NewBool(ctx, done), JS_PROP_C_W_E) >= 0)
        return result;
    JS_FreeValue(ctx, result);
    return JS_EXCEPTION;
}

JSValue iterator_parent(JSContext *ctx) {
    JSValue parent = global_property(ctx, "Iterator", "prototype");
    if (JS_IsException(parent) || JS_IsObject(parent))
        return parent;
    JS_FreeValue(ctx, parent);
    return JS_UNDEFINED;
}

MODULE_FUNCTION(itself) { return JS_DupValue(ctx, this_value); }

static int iteration_init(JSContext *ctx, JSValueConst module_object) {
    static const struct {
        enum kept_atom which;
        const char *name;
    } names[] = { { NEXT_ATOM, "next" }, { VALUE_ATOM, "value" }, { DONE_ATOM, "done" } };
    struct module *module = module_of(module_object);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if ((module->atoms[names[i].which] = JS_NewAtom(ctx, names[i].name)) == JS_ATOM_NULL)
            return -1;
    if (symbol_atom(ctx, "iterator", &module->atoms[ITERATOR_SYMBOL]) < 0)
        return -1;
    if (module->atoms[ITERATOR_SYMBOL] != JS_ATOM_NULL)
        return 0;
    throw_status(ctx, DRYSTONE_UNSUPPORTED, "the context has no Symbol.iterator");
    return -1;
}

static const struct part iteration_part = { .init = iteration_init };
