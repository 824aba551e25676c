#include "bucket_change.h"

#include "bucket_values.h"
#include "error.h"

/* A key's string that is not in the memory is copied there, if the table does not have it yet. */
static inline drystone_status put(struct table *table, const struct field *key, const struct bucket_value *value) {
    if (key->text != NULL)
        return table_is_set(table)
                   ? bucket_set_put_text(table->memory, &table->wrapper, key->text, key->length)
                   : bucket_map_set_text(table->memory, &table->wrapper, key->text, key->length, value);
    return table_is_set(table) ? bucket_set_put(table->memory, &table->wrapper, &key->value)
                               : bucket_map_set(table->memory, &table->wrapper, &key->value, value);
}

static inline drystone_status table_put(JSContext *ctx, struct table *table, const struct field *key,
                                 const struct bucket_value *value) {
    drystone_status status;
    COLLECT_AND_RETRY(ctx, status, put(table, key, value));
    return status;
}

static inline drystone_status delete_text(struct table *table, const char *key, size_t length) {
    return table_is_set(table) ? bucket_set_delete_text(table->memory, &table->wrapper, key, length)
                               : bucket_map_delete_text(table->memory, &table->wrapper, key, length);
}

static inline drystone_status delete_key(struct table *table, const struct field *key) {
    if (key->text != NULL)
        return delete_text(table, key->text, key->length);
    return table_is_set(table) ? bucket_set_delete(table->memory, &table->wrapper, &key->value)
                               : bucket_map_delete(table->memory, &table->wrapper, &key->value);
}

static inline drystone_status table_delete(JSContext *ctx, struct table *table, const struct field *key) {
    drystone_status status;
    COLLECT_AND_RETRY(ctx, status, delete_key(table, key));
    return status;
}

static drystone_status clear(struct table *table) {
    return table_is_set(table) ? bucket_set_clear(table->memory, &table->wrapper)
                               : bucket_map_clear(table->memory, &table->wrapper);
}

static drystone_status table_clear(JSContext *ctx, struct table *table) {
    drystone_status status;
    COLLECT_AND_RETRY(ctx, status, clear(table));
    return status;
}

static drystone_status table_share(JSContext *ctx, const struct table *table, struct table *other) {
    drystone_status status;
    COLLECT_AND_RETRY(ctx, status, bucket_share(table->memory, table->wrapper, &other->wrapper));
    return status;
}

/* A key and, in a map, its value, which is in the memory. */
struct entry {
    struct field key, value;
};

static void entry_free(JSContext *ctx, struct table *table, struct entry *entry) {
    key_free(ctx, &entry->key);
    if (!table_is_set(table))
        field_free(ctx, table, &entry->value);
}

static int entry_of(JSContext *ctx, struct table *table, JSValueConst *argv, const char *doing, struct entry *entry) {
    if (field_of(ctx, table, argv[0], AS_KEY, doing, &entry->key) < 0)
        return -1;
    if (table_is_set(table))
        return 0;
    if (field_of(ctx, table, argv[1], AS_VALUE, doing, &entry->value) == 0) {
        if (field_hold(ctx, table, doing, &entry->value) == 0)
            return 0;
        field_free(ctx, table, &entry->value);
    }
    key_free(ctx, &entry->key);
    return -1;
}

MODULE_FUNCTION(put_method) {
    static const char *const doing[] = { "BucketMap.prototype.set", "BucketSet.prototype.add" };
    struct table *self = this_table(ctx, module_of_data(data), this_value, magic);
    struct entry entry;
    if (self == NULL || entry_of(ctx, self, argv, doing[magic], &entry) < 0)
        return JS_EXCEPTION;
    drystone_status status = table_put(ctx, self, &entry.key, &entry.value.value);
    entry_free(ctx, self, &entry);
    return status == DRYSTONE_OK ? JS_DupValue(ctx, this_value) : throw_status(ctx, status, doing[magic]);
}

static inline JSValue deleted(JSContext *ctx, drystone_status status, const char *doing) {
    if (LIKELY(status == DRYSTONE_OK))
        return JS_TRUE;
    return status == DRYSTONE_NOT_FOUND ? JS_FALSE : throw_status(ctx, status, doing);
}

static APART JSValue delete_any(JSContext *ctx, struct table *table, JSValueConst value, const char *doing) {
    struct field key;
    if (field_of(ctx, table, value, AS_KEY, doing, &key) < 0)
        return JS_EXCEPTION;
    drystone_status status = table_delete(ctx, table, &key);
    key_free(ctx, &key);
    return deleted(ctx, status, doing);
}

MODULE_FUNCTION(delete_method) {
    static const char *const doing[] = METHOD_NAMES("delete");
    struct table *self = this_table(ctx, module_of_data(data), this_value, magic);
    if (self == NULL)
        return JS_EXCEPTION;
    if (self->key_tag != 's' || !JS_IsString(argv[0]))
        return delete_any(ctx, self, argv[0], doing[magic]);
    size_t length;
    const char *text = JS_ToCStringLen(ctx, &length, argv[0]);
    if (text == NULL)
        return JS_EXCEPTION;
    drystone_status status;
    COLLECT_AND_RETRY(ctx, status, delete_text(self, text, length));
    JS_FreeCString(ctx, text);
    return deleted(ctx, status, doing[magic]);
}

MODULE_FUNCTION(clear_method) {
    static const char *const doing[] = METHOD_NAMES("clear");
    struct table *self = this_table(ctx, module_of_data(data), this_value, magic);
    if (self == NULL)
        return JS_EXCEPTION;
    drystone_status status = table_clear(ctx, self);
    return status == DRYSTONE_OK ? JS_UNDEFINED : throw_status(ctx, status, doing[magic]);
}

/* An object for another variable with the table's content. NULL in `other`: an exception is pending. */
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
        object = changed(ctx, object, table_put(ctx, other, &entry.key, &entry.value.value), doing[magic]);
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
    key_free(ctx, &key);
    return object;
}
