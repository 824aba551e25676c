/* What changes BucketMaps and BucketSets, and what makes other versions of them. */
#include "bucket.h"

/* A key and, in a map, its value, both in the memory. */
struct entry {
    struct field key, value;
};

static void entry_free(JSContext *ctx, struct table *table, struct entry *entry) {
    field_free(ctx, table, &entry->key);
    if (!table_is_set(table))
        field_free(ctx, table, &entry->value);
}

static int entry_of(JSContext *ctx, struct table *table, JSValueConst *argv, const char *doing, struct entry *entry) {
    *entry = (struct entry){ 0 };
    if (field_of(ctx, table, argv[0], AS_KEY, doing, &entry->key) < 0)
        return -1;
    bool set = table_is_set(table);
    if ((set || field_of(ctx, table, argv[1], AS_VALUE, doing, &entry->value) == 0) &&
        field_hold(ctx, table, doing, &entry->key) == 0 &&
        (set || field_hold(ctx, table, doing, &entry->value) == 0))
        return 0;
    entry_free(ctx, table, entry);
    return -1;
}

MODULE_FUNCTION(put_method) {
    static const char *const doing[] = { "BucketMap.prototype.set", "BucketSet.prototype.add" };
    struct table *self = this_table(ctx, module_of_data(data), this_value, magic);
    struct entry entry;
    if (self == NULL || entry_of(ctx, self, argv, doing[magic], &entry) < 0)
        return JS_EXCEPTION;
    drystone_status status = table_put(ctx, self, &entry.key.value, &entry.value.value);
    entry_free(ctx, self, &entry);
    return status == DRYSTONE_OK ? JS_DupValue(ctx, this_value) : throw_status(ctx, status, doing[magic]);
}

MODULE_FUNCTION(delete_method) {
    static const char *const doing[] = METHOD_NAMES("delete");
    struct table *self = this_table(ctx, module_of_data(data), this_value, magic);
    struct field key;
    if (self == NULL || field_of(ctx, self, argv[0], AS_KEY, doing[magic], &key) < 0)
        return JS_EXCEPTION;
    drystone_status status = table_delete(ctx, self, &key);
    field_free(ctx, self, &key);
    bool is_gone = status == DRYSTONE_OK;
    return is_gone || status == DRYSTONE_NOT_FOUND ? JS_NewBool(ctx, is_gone)
                                                   : throw_status(ctx, status, doing[magic]);
}

MODULE_FUNCTION(clear_method) {
    static const char *const doing[] = METHOD_NAMES("clear");
    struct table *self = this_table(ctx, module_of_data(data), this_value, magic);
    if (self == NULL)
        return JS_EXCEPTION;
    drystone_status status = table_clear(ctx, self);
    return status == DRYSTONE_OK ? JS_UNDEFINED : throw_status(ctx, status, doing[magic]);
}

/* An object for another version, which has what the table has. NULL in `other`: an exception is pending. */
static JSValue sibling(JSContext *ctx, struct module *module, int kind, const struct table *table,
                       struct table **other, const char *doing) {
    *other = table_new(ctx, module->state, table->memory, table->key_tag, table->value_tag);
    if (*other == NULL)
        return JS_EXCEPTION;
    JSValue object = table_object(ctx, module, kind, JS_UNDEFINED, *other);
    if (JS_IsException(object)) {
        *other = NULL;
        return object;
    }
    drystone_status status = table_share(ctx, table, *other);
    if (status == DRYSTONE_OK)
        return object;
    JS_FreeValue(ctx, object);
    *other = NULL;
    return throw_status(ctx, status, doing);
}

static JSValue changed(JSContext *ctx, JSValue object, drystone_status status, const char *doing) {
    if (status == DRYSTONE_OK)
        return object;
    JS_FreeValue(ctx, object);
    return throw_status(ctx, status, doing);
}

MODULE_FUNCTION(with_method) {
    static const char *const doing[] = METHOD_NAMES("with");
    struct module *module = module_of_data(data);
    struct table *self = this_table(ctx, module, this_value, magic), *other;
    struct entry entry;
    if (self == NULL || entry_of(ctx, self, argv, doing[magic], &entry) < 0)
        return JS_EXCEPTION;
    JSValue object = sibling(ctx, module, magic, self, &other, doing[magic]);
    if (other != NULL)
        object = changed(ctx, object, table_put(ctx, other, &entry.key.value, &entry.value.value), doing[magic]);
    entry_free(ctx, self, &entry);
    return object;
}

MODULE_FUNCTION(without_method) {
    static const char *const doing[] = METHOD_NAMES("without");
    struct module *module = module_of_data(data);
    struct table *self = this_table(ctx, module, this_value, magic), *other;
    struct field key;
    if (self == NULL || field_of(ctx, self, argv[0], AS_KEY, doing[magic], &key) < 0)
        return JS_EXCEPTION;
    JSValue object = sibling(ctx, module, magic, self, &other, doing[magic]);
    if (other != NULL) {
        drystone_status status = table_delete(ctx, other, &key);
        object = changed(ctx, object, status == DRYSTONE_NOT_FOUND ? DRYSTONE_OK : status, doing[magic]);
    }
    field_free(ctx, self, &key);
    return object;
}

int table_changes_define(JSContext *ctx, JSValueConst prototype, JSValueConst module_object, int kind) {
    bool set = kind == BUCKET_SET;
    if (define_method(ctx, prototype, module_object, set ? "add" : "set", put_method, set ? 1 : 2, kind) < 0 ||
        define_method(ctx, prototype, module_object, "delete", delete_method, 1, kind) < 0 ||
        define_method(ctx, prototype, module_object, "clear", clear_method, 0, kind) < 0 ||
        define_method(ctx, prototype, module_object, "with", with_method, set ? 1 : 2, kind) < 0 ||
        define_method(ctx, prototype, module_object, "without", without_method, 1, kind) < 0)
        return -1;
    return 0;
}
