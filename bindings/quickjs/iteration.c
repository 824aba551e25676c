#include "iteration.h"

#include "builtin.h"
#include "error.h"
#include "part.h"

/* The iterator that an iterable's `function` returns. JS_EXCEPTION. */
static JSValue iterator_of(JSContext *ctx, JSValueConst function, JSValueConst iterable, const char *doing) {
    JSValue iterator = JS_UNDEFINED;
    if (JS_IsFunction(ctx, function))
        iterator = JS_Call(ctx, function, iterable, 0, NULL);
    if (JS_IsException(iterator) || JS_IsObject(iterator))
        return iterator;
    JS_FreeValue(ctx, iterator);
    char message[80];
    int length = snprintf(message, sizeof message, "%s: the argument is not iterable", doing);
    return throw_status_message(ctx, DRYSTONE_INVALID_ARGUMENT, message, (size_t)length);
}

/* Whether these are the language's own functions for arrays. For typed arrays they do more than read the length and
   the elements. */
static bool is_of_array(JSContext *ctx, const struct module *module, JSValueConst iterable, JSValueConst function,
                        JSValueConst next) {
    return JS_IsObject(iterable) && is_same_value(ctx, function, module->values[ARRAY_VALUES]) &&
           is_same_value(ctx, next, module->values[ARRAY_NEXT]) &&
           !is_typed_array(&module->state->classes, iterable);
}

int iteration_begin(JSContext *ctx, struct module *module, JSValueConst iterable, const char *doing,
                    struct iteration *iteration) {
    JSValue function = JS_GetProperty(ctx, iterable, module->atoms[ITERATOR_SYMBOL]);
    if (JS_IsException(function))
        return -1;
    JSValue iterator = iterator_of(ctx, function, iterable, doing);
    JSValue next = JS_IsException(iterator) ? iterator : JS_GetProperty(ctx, iterator, module->atoms[NEXT_ATOM]);
    bool failed = JS_IsException(next), is_array = !failed && is_of_array(ctx, module, iterable, function, next);
    JS_FreeValue(ctx, function);
    if (failed) {
        JS_FreeValue(ctx, iterator);
        return -1;
    }
    *iteration = (struct iteration){ .iterator = iterator,
                                     .next = next,
                                     .elements = is_array ? iterable : JS_UNDEFINED };
    return 0;
}

static int element_step(JSContext *ctx, struct iteration *iteration, JSValue *item) {
    int64_t length;
    if (get_length(ctx, iteration->elements, &length) < 0)
        return -1;
    if (iteration->index >= length)
        return 0;
    *item = get_element(ctx, iteration->elements, iteration->index++);
    return JS_IsException(*item) ? -1 : 1;
}

int iteration_step(JSContext *ctx, const struct module *module, struct iteration *iteration, JSValue *item) {
    if (!JS_IsUndefined(iteration->elements))
        return element_step(ctx, iteration, item);
    JSValue step = JS_Call(ctx, iteration->next, iteration->iterator, 0, NULL);
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

void iteration_close(JSContext *ctx, const struct iteration *iteration) {
    JSValue error = JS_GetException(ctx);
    JSValue function = JS_GetPropertyStr(ctx, iteration->iterator, "return");
    JSValue answer = JS_UNDEFINED;
    if (JS_IsFunction(ctx, function))
        answer = JS_Call(ctx, function, iteration->iterator, 0, NULL);
    if (JS_IsException(function) || JS_IsException(answer))
        JS_FreeValue(ctx, JS_GetException(ctx));
    JS_FreeValue(ctx, answer);
    JS_FreeValue(ctx, function);
    JS_Throw(ctx, error);
}

void iteration_end(JSContext *ctx, const struct iteration *iteration) {
    JS_FreeValue(ctx, iteration->next);
    JS_FreeValue(ctx, iteration->iterator);
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

/* The language's own functions for arrays, used as a shortcut. Without memory there is no shortcut. */
static void keep_array_functions(JSContext *ctx, struct module *module) {
    JSValue prototype = global_property(ctx, "Array", "prototype"), array = JS_NewArray(ctx);
    JSValue values = JS_IsObject(prototype) && JS_IsObject(array) ? own_value(ctx, prototype, "values") : JS_UNDEFINED;
    JSValue iterator = JS_IsFunction(ctx, values) ? JS_Call(ctx, values, array, 0, NULL) : JS_UNDEFINED;
    JSValue next = JS_IsObject(iterator) ? JS_GetProperty(ctx, iterator, module->atoms[NEXT_ATOM]) : JS_UNDEFINED;
    if (JS_IsFunction(ctx, next)) {
        module->values[ARRAY_VALUES] = JS_DupValue(ctx, values);
        module->values[ARRAY_NEXT] = JS_DupValue(ctx, next);
    } else {
        JS_FreeValue(ctx, JS_GetException(ctx));
    }
    JS_FreeValue(ctx, next);
    JS_FreeValue(ctx, iterator);
    JS_FreeValue(ctx, values);
    JS_FreeValue(ctx, array);
    JS_FreeValue(ctx, prototype);
}

static int iteration_init(JSContext *ctx, JSValueConst module_object) {
    static const struct {
        enum kept_atom which;
        const char *name;
    } names[] = { { NEXT_ATOM, "next" }, { VALUE_ATOM, "value" }, { DONE_ATOM, "done" }, { LENGTH_ATOM, "length" } };
    struct module *module = module_of(module_object);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if ((module->atoms[names[i].which] = JS_NewAtom(ctx, names[i].name)) == JS_ATOM_NULL)
            return -1;
    if (symbol_atom(ctx, "iterator", &module->atoms[ITERATOR_SYMBOL]) < 0)
        return -1;
    if (module->atoms[ITERATOR_SYMBOL] == JS_ATOM_NULL) {
        throw_status(ctx, DRYSTONE_UNSUPPORTED, "the context has no Symbol.iterator");
        return -1;
    }
    if (LAZY_PROPERTIES_SURVIVE)
        keep_array_functions(ctx, module);
    return 0;
}

static const struct part iteration_part = { .init = iteration_init };
