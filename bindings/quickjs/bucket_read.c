#include "bucket_read.h"

#include "blob_object.h"
#include "bucket_values.h"
#include "error.h"

static drystone_status table_contains(const struct table *table, const struct field *key, bool *contains) {
    if (key->text != NULL)
        return table_is_set(table)
                   ? bucket_set_contains_text(table->memory, table->wrapper, key->text, key->length, contains)
                   : bucket_map_contains_text(table->memory, table->wrapper, key->text, key->length, contains);
    return table_is_set(table) ? bucket_set_contains(table->memory, table->wrapper, &key->value, contains)
                               : bucket_map_contains(table->memory, table->wrapper, &key->value, contains);
}

static drystone_status table_size(const struct table *table, uint32_t *size) {
    return table_is_set(table) ? bucket_set_size(table->memory, table->wrapper, size)
                               : bucket_map_size(table->memory, table->wrapper, size);
}

MODULE_FUNCTION(get_size) {
    static const char *const doing[] = METHOD_NAMES("size");
    struct table *self = this_table(ctx, module_of_data(data), this_value, magic);
    uint32_t size;
    if (self == NULL)
        return JS_EXCEPTION;
    drystone_status status = table_size(self, &size);
    return status == DRYSTONE_OK ? JS_NewInt64(ctx, size) : throw_status(ctx, status, doing[magic]);
}

MODULE_FUNCTION(get_method) {
    static const char *const doing[] = METHOD_NAMES("get");
    struct table *self = this_table(ctx, module_of_data(data), this_value, magic);
    struct field key;
    if (self == NULL || field_of(ctx, self, argv[0], AS_KEY, doing[magic], &key) < 0)
        return JS_EXCEPTION;
    struct bucket_value found;
    drystone_status status =
        key.text != NULL
            ? bucket_map_get_text(self->memory, self->wrapper, key.text, key.length, self->value_tag, &found)
            : bucket_map_get(self->memory, self->wrapper, &key.value, self->value_tag, &found);
    key_free(ctx, &key);
    if (status == DRYSTONE_NOT_FOUND)
        return JS_UNDEFINED;
    if (status != DRYSTONE_OK)
        return throw_status(ctx, status, doing[magic]);
    return field_value(ctx, self, self->value_tag, &found, doing[magic]);
}

MODULE_FUNCTION(has_method) {
    static const char *const doing[] = METHOD_NAMES("has");
    struct table *self = this_table(ctx, module_of_data(data), this_value, magic);
    struct field key;
    if (self == NULL || field_of(ctx, self, argv[0], AS_KEY, doing[magic], &key) < 0)
        return JS_EXCEPTION;
    bool contains;
    drystone_status status = table_contains(self, &key, &contains);
    key_free(ctx, &key);
    return status == DRYSTONE_OK ? JS_NewBool(ctx, contains) : throw_status(ctx, status, doing[magic]);
}

MODULE_FUNCTION(get_key_type) {
    struct table *self = this_table(ctx, module_of_data(data), this_value, magic);
    return self == NULL ? JS_EXCEPTION : JS_NewString(ctx, type_word(self->key_tag));
}

MODULE_FUNCTION(get_value_type) {
    struct table *self = this_table(ctx, module_of_data(data), this_value, magic);
    return self == NULL ? JS_EXCEPTION : JS_NewString(ctx, type_word(self->value_tag));
}

MODULE_FUNCTION(to_stone_method) {
    static const char *const doing[] = METHOD_NAMES("toStone");
    struct module *module = module_of_data(data);
    struct table *self = this_table(ctx, module, this_value, magic);
    if (self == NULL)
        return JS_EXCEPTION;
    blob *stone = self->stone;
    drystone_status status = DRYSTONE_OK;
    if (stone != NULL)
        blob_incref(stone);
    else if (table_is_set(self))
        status = bucket_set_to_stone(self->memory, self->wrapper, self->key_tag, &stone);
    else
        status = bucket_map_to_stone(self->memory, self->wrapper, self->key_tag, self->value_tag, &stone);
    return status == DRYSTONE_OK ? blob_object_new(ctx, module, stone) : throw_status(ctx, status, doing[magic]);
}
