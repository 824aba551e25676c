#include "define.h"

#include <stdio.h>
#include <string.h>

#include "builtin.h"

static JSValue new_function(JSContext *ctx, JSValueConst module_object, const char *name, JSCFunctionData *function,
                            int length, int magic) {
    JSValueConst data[] = { module_object, value_of_address(module_of(module_object)) };
    return new_function_with_data(ctx, function, name, length, magic, 2, data);
}

static JSValue method_function(JSContext *ctx, JSValueConst target, JSValueConst module_object,
                               const struct method *method) {
    return method->function == NULL
               ? JS_GetPropertyStr(ctx, target, method->alias_of)
               : new_function(ctx, module_object, method->name, method->function, method->length, method->magic);
}

static int define_function(JSContext *ctx, JSValueConst target, JSAtom name, JSValueConst module_object,
                           const struct method *method) {
    JSValue function = method_function(ctx, target, module_object, method);
    if (JS_IsException(function))
        return -1;
    return JS_DefinePropertyValue(ctx, target, name, function, JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
}

static int define_accessor(JSContext *ctx, JSValueConst target, JSAtom name, JSValueConst module_object,
                           const struct method *method) {
    JSValue getter = new_function(ctx, module_object, method->name, method->function, 0, method->magic);
    JSValue setter = JS_UNDEFINED;
    if (!JS_IsException(getter) && method->setter != NULL)
        setter = new_function(ctx, module_object, method->name, method->setter, 1, method->magic);
    if (!JS_IsException(getter) && !JS_IsException(setter))
        return JS_DefinePropertyGetSet(ctx, target, name, getter, setter, JS_PROP_CONFIGURABLE);
    JS_FreeValue(ctx, getter);
    return -1;
}

/* JS_ATOM_NULL with 0: a symbol that the context does not have. */
static int name_atom(JSContext *ctx, const char *name, JSAtom *atom) {
    static const char prefix[] = "[Symbol.";
    size_t length = sizeof prefix - 1;
    char symbol[32];
    if (strncmp(name, prefix, length) == 0) {
        snprintf(symbol, sizeof symbol, "%.*s", (int)(strlen(name) - length - 1), name + length);
        return symbol_atom(ctx, symbol, atom);
    }
    *atom = JS_NewAtom(ctx, name);
    return *atom == JS_ATOM_NULL ? -1 : 0;
}

static int define_line(JSContext *ctx, JSValueConst target, JSValueConst module_object, const struct method *method) {
    JSAtom name;
    if (name_atom(ctx, method->name, &name) < 0)
        return -1;
    if (name == JS_ATOM_NULL)
        return 0;
    int result = method->length < 0 ? define_accessor(ctx, target, name, module_object, method)
                                    : define_function(ctx, target, name, module_object, method);
    JS_FreeAtom(ctx, name);
    return result < 0 ? -1 : 0;
}

int define_methods(JSContext *ctx, JSValueConst target, JSValueConst module_object, const struct method *methods,
                   size_t count) {
    for (size_t i = 0; i < count; i++)
        if (define_line(ctx, target, module_object, &methods[i]) < 0)
            return -1;
    return 0;
}

int define_tag(JSContext *ctx, JSValueConst target, const char *name) {
    JSAtom tag;
    if (name_atom(ctx, "[Symbol.toStringTag]", &tag) < 0)
        return -1;
    if (tag == JS_ATOM_NULL)
        return 0;
    JSValue text = JS_NewString(ctx, name);
    int result = JS_IsException(text) ? -1 : JS_DefinePropertyValue(ctx, target, tag, text, JS_PROP_CONFIGURABLE);
    JS_FreeAtom(ctx, tag);
    return result < 0 ? -1 : 0;
}

int define_prototype(JSContext *ctx, JSValueConst module_object, enum our_class which, const struct shape *shape) {
    JSValue prototype = module_of(module_object)->prototypes[which] = JS_NewObject(ctx);
    return JS_IsException(prototype) || define_tag(ctx, prototype, shape->name) < 0
               ? -1
               : define_methods(ctx, prototype, module_object, shape->methods, shape->method_count);
}

JSValue define_class(JSContext *ctx, JSValueConst module_object, enum our_class which, const struct shape *shape) {
    if (define_prototype(ctx, module_object, which, shape) < 0)
        return JS_EXCEPTION;
    JSValue constructor = new_function(ctx, module_object, shape->name, shape->constructor, shape->length, 0);
    if (JS_IsException(constructor))
        return constructor;
    JS_SetConstructorBit(ctx, constructor, true);
    if (JS_SetConstructor(ctx, constructor, module_of(module_object)->prototypes[which]) >= 0 &&
        define_methods(ctx, constructor, module_object, shape->functions, shape->function_count) == 0)
        return constructor;
    JS_FreeValue(ctx, constructor);
    return JS_EXCEPTION;
}

int export_class(JSContext *ctx, JSValueConst module_object, enum our_class which, const struct shape *shape) {
    return export_value(ctx, module_object, shape->name, define_class(ctx, module_object, which, shape));
}

JSValue define_object(JSContext *ctx, JSValueConst module_object, const char *name, const struct method *functions,
                      size_t count) {
    JSValue object = JS_NewObject(ctx);
    if (JS_IsException(object) || (define_tag(ctx, object, name) == 0 &&
                                   define_methods(ctx, object, module_object, functions, count) == 0))
        return object;
    JS_FreeValue(ctx, object);
    return JS_EXCEPTION;
}

int export_value(JSContext *ctx, JSValueConst module_object, const char *name, JSValue value) {
    if (JS_IsException(value))
        return -1;
    return JS_DefinePropertyValueStr(ctx, module_of(module_object)->exports, name, value, JS_PROP_C_W_E) < 0 ? -1 : 0;
}

int export_functions(JSContext *ctx, JSValueConst module_object, const struct method *functions, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (export_value(ctx, module_object, functions[i].name,
                         new_function(ctx, module_object, functions[i].name, functions[i].function,
                                      functions[i].length, functions[i].magic)) < 0)
            return -1;
    return 0;
}

JSValue object_of_target(JSContext *ctx, struct module *module, JSValueConst new_target, enum our_class which) {
    JSValue prototype = JS_GetPropertyStr(ctx, new_target, "prototype");
    if (JS_IsException(prototype))
        return prototype;
    JSValue object = JS_NewObjectProtoClass(ctx, JS_IsObject(prototype) ? prototype : module->prototypes[which],
                                            module->state->class_ids[which]);
    JS_FreeValue(ctx, prototype);
    return object;
}
