/* The iterators of maps and sets, and their methods that iterate. */
#include "bucket_iterator.h"

#include <stdio.h>

#include "bucket_values.h"
#include "define.h"
#include "error.h"
#include "iteration.h"
#include "part.h"

struct table_iterator {
    struct walk walk;
    JSValue object; /* the map or set; undefined at the end */
    int what;
};

static void table_iterator_finalizer(JSRuntime *runtime, JSValueConst value) {
    JSClassID class_id;
    struct table_iterator *iterator = JS_GetAnyOpaque(value, &class_id);
    if (iterator == NULL)
        return;
    walk_end(&iterator->walk);
    JS_FreeValueRT(runtime, iterator->object);
    js_free_rt(runtime, iterator);
}

static void table_iterator_mark(JSRuntime *runtime, JSValueConst value, JS_MarkFunc *mark) {
    JSClassID class_id;
    struct table_iterator *iterator = JS_GetAnyOpaque(value, &class_id);
    if (iterator != NULL)
        JS_MarkValue(runtime, iterator->object, mark);
}

static const JSClassDef table_iterator_class = { .class_name = "Bucket Iterator",
                                                 .finalizer = table_iterator_finalizer,
                                                 .gc_mark = table_iterator_mark };

static JSValue pair(JSContext *ctx, JSValue first, JSValue second) {
    JSValue both[] = { first, second };
    if (!JS_IsException(first) && !JS_IsException(second))
        return new_array(ctx, 2, both); /* takes them over, even on failure */
    JS_FreeValue(ctx, first);
    JS_FreeValue(ctx, second);
    return JS_EXCEPTION;
}

/* For a set, the element is key and value. */
static JSValue key_of(JSContext *ctx, const struct table *table, const struct bucket_value *key, const char *doing) {
    return field_value(ctx, table, table->key_tag, key, doing);
}

static JSValue value_of(JSContext *ctx, const struct table *table, const struct bucket_value *key,
                        const struct bucket_value *value, const char *doing) {
    return table_is_set(table) ? key_of(ctx, table, key, doing)
                               : field_value(ctx, table, table->value_tag, value, doing);
}

static JSValue item_of(JSContext *ctx, const struct table *table, int what, const struct bucket_value *key,
                       const struct bucket_value *value, const char *doing) {
    if (what == KEYS)
        return key_of(ctx, table, key, doing);
    if (what == VALUES)
        return value_of(ctx, table, key, value, doing);
    JSValue first = key_of(ctx, table, key, doing);
    return pair(ctx, first, JS_IsException(first) ? JS_UNDEFINED : value_of(ctx, table, key, value, doing));
}

/* With the engine's own signature for such functions, for which `for` makes no object at each step. It has no data, so
   the runtime's class is in its magic. */
static JSValue iterator_next(JSContext *ctx, JSValueConst this_value, UNUSED int argc, UNUSED JSValueConst *argv,
                             int *done, int magic) {
    static const char doing[] = "Bucket Iterator.prototype.next";
    struct table_iterator *self = JS_GetOpaque(this_value, (uint16_t)magic);
    *done = false;
    if (self == NULL)
        return throw_status(ctx, DRYSTONE_WRONG_TYPE, "this is not an iterator of a map or set");
    struct table *table = self->walk.table;
    drystone_status status = DRYSTONE_END;
    struct bucket_value key, value;
    if (table != NULL)
        status = walk_next(&self->walk, &key, &value);
    if (status == DRYSTONE_OK)
        return item_of(ctx, table, self->what, &key, &value, doing);
    JSValue object = self->object;
    walk_end(&self->walk);
    self->object = JS_UNDEFINED;
    JS_FreeValue(ctx, object);
    *done = status == DRYSTONE_END;
    return *done ? JS_UNDEFINED : throw_status(ctx, status, doing);
}

MODULE_FUNCTION(iterate_method) {
    struct module *module = module_of_data(data);
    struct table *table = this_table(ctx, module, this_value, KIND_OF(magic));
    if (table == NULL)
        return JS_EXCEPTION;
    JSValue result =
        JS_NewObjectProtoClass(ctx, module->prototypes[BUCKET_ITERATOR_CLASS],
                               module->state->class_ids[BUCKET_ITERATOR_CLASS]);
    if (JS_IsException(result))
        return result;
    struct table_iterator *iterator = js_mallocz(ctx, sizeof *iterator);
    if (iterator == NULL) {
        JS_FreeValue(ctx, result);
        return JS_EXCEPTION;
    }
    iterator->object = JS_DupValue(ctx, this_value);
    iterator->what = WHAT_OF(magic);
    JS_SetOpaque(result, iterator);
    drystone_status status = walk_begin(&iterator->walk, table);
    if (status == DRYSTONE_OK)
        return result;
    JS_FreeValue(ctx, result);
    return throw_status(ctx, status, "an iteration of a map or set");
}

/* One call of forEach's function; -1: an exception is pending. */
static int visit(JSContext *ctx, JSValueConst function, JSValueConst receiver, JSValueConst object, JSValue key,
                 JSValue value) {
    int result = -1;
    if (!JS_IsException(key) && !JS_IsException(value)) {
        JSValueConst arguments[] = { value, key, object };
        JSValue answer = JS_Call(ctx, function, receiver, 3, arguments);
        result = JS_IsException(answer) ? -1 : 0;
        JS_FreeValue(ctx, answer);
    }
    JS_FreeValue(ctx, key);
    JS_FreeValue(ctx, value);
    return result;
}

MODULE_FUNCTION(for_each_method) {
    static const char *const doing[] = METHOD_NAMES("forEach");
    struct table *table = this_table(ctx, module_of_data(data), this_value, magic);
    if (table == NULL)
        return JS_EXCEPTION;
    if (!JS_IsFunction(ctx, argv[0])) {
        char message[80];
        int length = snprintf(message, sizeof message, "%s: not a function", doing[magic]);
        return throw_status_message(ctx, DRYSTONE_INVALID_ARGUMENT, message, (size_t)length);
    }
    struct walk walk;
    drystone_status status = walk_begin(&walk, table);
    if (status != DRYSTONE_OK)
        return throw_status(ctx, status, doing[magic]);
    JSValue object = JS_DupValue(ctx, this_value);
    struct bucket_value key, value;
    int result = 0;
    while (result == 0 && (status = walk_next(&walk, &key, &value)) != DRYSTONE_END) {
        if (status != DRYSTONE_OK) {
            throw_status(ctx, status, doing[magic]);
            result = -1;
        } else {
            result = visit(ctx, argv[0], argv[1], object, key_of(ctx, table, &key, doing[magic]),
                           value_of(ctx, table, &key, &value, doing[magic]));
        }
    }
    walk_end(&walk);
    JS_FreeValue(ctx, object);
    return result < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

static const struct method iterator_methods[] = { METHOD("[Symbol.iterator]", itself, 0, 0) };

static int table_iterator_init(JSContext *ctx, JSValueConst module_object) {
    struct module *module = module_of(module_object);
    JSValue parent = iterator_parent(ctx);
    if (JS_IsException(parent))
        return -1;
    JSValue prototype = JS_IsObject(parent) ? JS_NewObjectProto(ctx, parent) : JS_NewObject(ctx);
    JS_FreeValue(ctx, parent);
    module->prototypes[BUCKET_ITERATOR_CLASS] = prototype;
    if (JS_IsException(prototype) || define_tag(ctx, prototype, "Bucket Iterator") < 0 ||
        define_methods(ctx, prototype, module_object, iterator_methods, COUNT_OF(iterator_methods)) < 0)
        return -1;
    JSCFunctionType next = { .iterator_next = iterator_next };
    JSValue function = JS_NewCFunction2(ctx, next.generic, "next", 0, JS_CFUNC_iterator_next,
                                        module->state->class_ids[BUCKET_ITERATOR_CLASS]);
    if (JS_IsException(function))
        return -1;
    return JS_DefinePropertyValueStr(ctx, prototype, "next", function, JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
}

static const struct part table_iterator_part = { .definition = &table_iterator_class,
                                                 .class_index = BUCKET_ITERATOR_CLASS,
                                                 .init = table_iterator_init };
