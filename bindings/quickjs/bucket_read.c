/* What maps and sets can be asked, on the heap and in stones. */
#include "bucket.h"

struct table *this_table(JSContext *ctx, struct module *module, JSValueConst this_value, int kind) {
    static const char *const complaints[] = { "this is not a BucketMap", "this is not a BucketSet",
                                              "this is not a StoneMap", "this is not a StoneSet" };
    struct table *self = JS_GetOpaque(this_value, module->state->table_classes[kind]);
    if (self == NULL)
        throw_status(ctx, DRYSTONE_WRONG_TYPE, complaints[kind]);
    return self;
}

JSValue table_object(JSContext *ctx, struct module *module, int kind, JSValueConst target, struct table *owned) {
    JSValue prototype = JS_IsUndefined(target) ? JS_UNDEFINED : JS_GetPropertyStr(ctx, target, "prototype");
    JSValue object = JS_EXCEPTION;
    if (!JS_IsException(prototype))
        object = JS_NewObjectProtoClass(ctx, JS_IsObject(prototype) ? prototype : module->table_prototypes[kind],
                                        module->state->table_classes[kind]);
    JS_FreeValue(ctx, prototype);
    if (JS_IsException(object))
        table_free(JS_GetRuntime(ctx), owned);
    else
        JS_SetOpaque(object, owned);
    return object;
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
    field_free(ctx, self, &key);
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
    field_free(ctx, self, &key);
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

int table_reading_define(JSContext *ctx, JSValueConst prototype, JSValueConst module_object, int kind) {
    bool set = kind == BUCKET_SET || kind == STONE_SET;
    if (define_getter(ctx, prototype, module_object, "size", get_size, kind) < 0 ||
        define_method(ctx, prototype, module_object, "has", has_method, 1, kind) < 0 ||
        define_method(ctx, prototype, module_object, "toStone", to_stone_method, 0, kind) < 0 ||
        define_getter(ctx, prototype, module_object, set ? "elementType" : "keyType", get_key_type, kind) < 0)
        return -1;
    if (!set && (define_getter(ctx, prototype, module_object, "valueType", get_value_type, kind) < 0 ||
                 define_method(ctx, prototype, module_object, "get", get_method, 1, kind) < 0))
        return -1;
    return table_iteration_define(ctx, prototype, module_object, kind);
}
