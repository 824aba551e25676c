/* Iteration over maps and sets, in the order of insertion. As with Map, what is changed meanwhile shows: entries
   that are deleted before their turn do not come, ones that are added do. */
#include "bucket.h"

struct table_iterator {
    struct walk walk;
    JSValue object; /* the map or set; undefined at the end */
    int what;
};

enum { KEYS, VALUES, ENTRIES };
/* A method's magic: its class, and above that what it gives. */
#define MAGIC(kind, what) ((kind) | (what) << 2)
#define KIND(magic) ((magic) & 3)
#define WHAT(magic) ((magic) >> 2)

drystone_status walk_begin(struct walk *walk, struct table *table) {
    *walk = (struct walk){ .table = table, .next = table->walks, .place = &table->walks };
    if (table->stone == NULL) {
        drystone_status status = bucket_walk_begin(table->memory, table->wrapper, &walk->at);
        if (status != DRYSTONE_OK) {
            walk->table = NULL;
            return status;
        }
    }
    if (walk->next != NULL)
        walk->next->place = &walk->next;
    table->walks = walk;
    return DRYSTONE_OK;
}

static drystone_status walk_next(struct walk *walk, struct bucket_value *key, struct bucket_value *value) {
    struct table *table = walk->table;
    if (table->stone == NULL)
        return bucket_walk_next(table->memory, walk->at, table->key_tag, table->value_tag, key,
                                table_is_set(table) ? NULL : value);
    return table_is_set(table) ? bucket_set_next(table->memory, table->wrapper, table->key_tag, &walk->at, key)
                               : bucket_map_next(table->memory, table->wrapper, table->key_tag, table->value_tag,
                                                 &walk->at, key, value);
}

void walk_end(struct walk *walk) {
    if (walk->table == NULL)
        return;
    *walk->place = walk->next;
    if (walk->next != NULL)
        walk->next->place = walk->place;
    if (walk->table->stone == NULL)
        bucket_walk_end(walk->table->memory, walk->at);
    walk->table = NULL;
}

void table_iterator_free(JSRuntime *runtime, struct table_iterator *iterator) {
    if (iterator == NULL)
        return;
    walk_end(&iterator->walk);
    JS_FreeValueRT(runtime, iterator->object);
    js_free_rt(runtime, iterator);
}

void table_iterator_mark(JSRuntime *runtime, struct table_iterator *iterator, JS_MarkFunc *mark) {
    if (iterator != NULL)
        JS_MarkValue(runtime, iterator->object, mark);
}

static JSValue pair(JSContext *ctx, JSValue first, JSValue second) {
    JSValue both[] = { first, second };
    if (!JS_IsException(first) && !JS_IsException(second))
        return new_array(ctx, 2, both); /* takes them over, also when it fails */
    JS_FreeValue(ctx, first);
    JS_FreeValue(ctx, second);
    return JS_EXCEPTION;
}

/* Of a set, the element is both. */
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

/* In the engine's own shape of such functions, for which `for` makes no object for each step. It has no data, so the
   runtime's class is in its magic. */
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
    struct table *table = this_table(ctx, module, this_value, KIND(magic));
    if (table == NULL)
        return JS_EXCEPTION;
    JSValue result =
        JS_NewObjectProtoClass(ctx, module->table_iterator_prototype, module->state->table_iterator_class);
    if (JS_IsException(result))
        return result;
    struct table_iterator *iterator = js_mallocz(ctx, sizeof *iterator);
    if (iterator == NULL) {
        JS_FreeValue(ctx, result);
        return JS_EXCEPTION;
    }
    iterator->object = JS_DupValue(ctx, this_value);
    iterator->what = WHAT(magic);
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

static const JSCFunctionListEntry map_alias[] = { JS_ALIAS_DEF("[Symbol.iterator]", "entries") };
static const JSCFunctionListEntry set_aliases[] = { JS_ALIAS_DEF("keys", "values"),
                                                    JS_ALIAS_DEF("[Symbol.iterator]", "values") };

int table_iteration_define(JSContext *ctx, JSValueConst prototype, JSValueConst module_object, int kind) {
    bool set = kind == BUCKET_SET || kind == STONE_SET;
    if (define_method(ctx, prototype, module_object, "values", iterate_method, 0, MAGIC(kind, VALUES)) < 0 ||
        define_method(ctx, prototype, module_object, "entries", iterate_method, 0, MAGIC(kind, ENTRIES)) < 0 ||
        define_method(ctx, prototype, module_object, "forEach", for_each_method, 2, kind) < 0)
        return -1;
    if (set)
        return JS_SetPropertyFunctionList(ctx, prototype, set_aliases, 2);
    if (define_method(ctx, prototype, module_object, "keys", iterate_method, 0, MAGIC(kind, KEYS)) < 0)
        return -1;
    return JS_SetPropertyFunctionList(ctx, prototype, map_alias, 1);
}

JSValue itself(JSContext *ctx, JSValueConst this_value, UNUSED int argc, UNUSED JSValueConst *argv) {
    return JS_DupValue(ctx, this_value);
}

static const JSCFunctionListEntry iterator_properties[] = {
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "Bucket Iterator", JS_PROP_CONFIGURABLE),
    JS_CFUNC_DEF("[Symbol.iterator]", 0, itself),
};

/* With the engine's own iterator helpers where it has them. */
static JSValue iterator_parent(JSContext *ctx) {
    JSValue global = JS_GetGlobalObject(ctx), parent = JS_UNDEFINED;
    JSValue constructor = JS_GetPropertyStr(ctx, global, "Iterator");
    JS_FreeValue(ctx, global);
    if (JS_IsObject(constructor))
        parent = JS_GetPropertyStr(ctx, constructor, "prototype");
    else if (JS_IsException(constructor))
        parent = JS_EXCEPTION;
    JS_FreeValue(ctx, constructor);
    return parent;
}

static int learn_atoms(JSContext *ctx, struct module *module) {
    module->next_atom = JS_NewAtom(ctx, "next");
    module->value_atom = JS_NewAtom(ctx, "value");
    module->done_atom = JS_NewAtom(ctx, "done");
    if (module->next_atom == JS_ATOM_NULL || module->value_atom == JS_ATOM_NULL || module->done_atom == JS_ATOM_NULL)
        return -1;
    JSValue global = JS_GetGlobalObject(ctx), constructor = JS_GetPropertyStr(ctx, global, "Symbol");
    JS_FreeValue(ctx, global);
    if (JS_IsException(constructor))
        return -1;
    JSValue symbol = JS_GetPropertyStr(ctx, constructor, "iterator");
    JS_FreeValue(ctx, constructor);
    if (!JS_IsException(symbol))
        module->iterator_symbol = JS_ValueToAtom(ctx, symbol);
    JS_FreeValue(ctx, symbol);
    return module->iterator_symbol == JS_ATOM_NULL ? -1 : 0;
}

int table_iterator_init(JSContext *ctx, JSValueConst module_object) {
    struct module *module = module_of(module_object);
    if (learn_atoms(ctx, module) < 0)
        return -1;
    JSValue parent = iterator_parent(ctx);
    if (JS_IsException(parent))
        return -1;
    JSValue prototype = JS_IsObject(parent) ? JS_NewObjectProto(ctx, parent) : JS_NewObject(ctx);
    JS_FreeValue(ctx, parent);
    module->table_iterator_prototype = prototype;
    if (JS_IsException(prototype) || JS_SetPropertyFunctionList(ctx, prototype, iterator_properties, 2) < 0)
        return -1;
    JSCFunctionType next = { .iterator_next = iterator_next };
    JSValue function =
        JS_NewCFunction2(ctx, next.generic, "next", 0, JS_CFUNC_iterator_next, module->state->table_iterator_class);
    if (JS_IsException(function))
        return -1;
    return JS_DefinePropertyValueStr(ctx, prototype, "next", function, JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
}
