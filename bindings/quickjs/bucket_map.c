/* The BucketMap and BucketSet classes, and what the module has for maps and sets. */
#include "bucket.h"

/* A map (with a value tag) or set of these types with the entries, if there are any. */
static JSValue new_table(JSContext *ctx, struct module *module, JSValueConst target, uint8_t key_tag,
                         uint8_t value_tag, JSValueConst entries, const char *doing) {
    struct bucket_memory *memory = heap_memory(ctx, module->state, doing);
    struct table *table =
        memory == NULL ? NULL : table_new(ctx, module->state, memory, key_tag, value_tag);
    if (table == NULL)
        return JS_EXCEPTION;
    JSValue object = table_object(ctx, module, value_tag == 0 ? BUCKET_SET : BUCKET_MAP, target, table);
    if (JS_IsException(object))
        return object;
    drystone_status status = table_start(ctx, table);
    if (status != DRYSTONE_OK)
        throw_status(ctx, status, doing);
    else if (JS_IsUndefined(entries) || JS_IsNull(entries) || table_fill(ctx, module, table, entries, doing) == 0)
        return object;
    JS_FreeValue(ctx, object);
    return JS_EXCEPTION;
}

MODULE_FUNCTION(map_constructor) {
    static const char doing[] = "new BucketMap";
    uint8_t key_tag, value_tag;
    if (!JS_IsConstructor(ctx, this_value))
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "BucketMap must be called with new");
    if (type_argument(ctx, argv[0], doing, &key_tag) < 0 || type_argument(ctx, argv[1], doing, &value_tag) < 0)
        return JS_EXCEPTION;
    return new_table(ctx, module_of_data(data), this_value, key_tag, value_tag, argv[2], doing);
}

MODULE_FUNCTION(set_constructor) {
    static const char doing[] = "new BucketSet";
    uint8_t tag;
    if (!JS_IsConstructor(ctx, this_value))
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "BucketSet must be called with new");
    if (type_argument(ctx, argv[0], doing, &tag) < 0)
        return JS_EXCEPTION;
    return new_table(ctx, module_of_data(data), this_value, tag, 0, argv[1], doing);
}

MODULE_FUNCTION(from_entries_function) {
    static const char doing[] = "BucketMap.fromEntries";
    uint8_t key_tag, value_tag;
    if (type_argument(ctx, argv[0], doing, &key_tag) < 0 || type_argument(ctx, argv[1], doing, &value_tag) < 0)
        return JS_EXCEPTION;
    if (JS_IsUndefined(argv[2]) || JS_IsNull(argv[2]))
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "BucketMap.fromEntries: no entries");
    return new_table(ctx, module_of_data(data), JS_UNDEFINED, key_tag, value_tag, argv[2], doing);
}

static const JSCFunctionListEntry bucket_map_tag[] = CLASS_TAG("BucketMap"), bucket_set_tag[] = CLASS_TAG("BucketSet");

static JSValue class_new(JSContext *ctx, JSValueConst module_object, int kind) {
    JSValue prototype = module_of(module_object)->table_prototypes[kind] = JS_NewObject(ctx);
    if (JS_IsException(prototype) || table_reading_define(ctx, prototype, module_object, kind) < 0 ||
        table_changes_define(ctx, prototype, module_object, kind) < 0)
        return JS_EXCEPTION;
    if (kind == BUCKET_SET)
        return define_class(ctx, prototype, module_object, "BucketSet", bucket_set_tag, set_constructor, 2);
    JSValue constructor = define_class(ctx, prototype, module_object, "BucketMap", bucket_map_tag, map_constructor, 3);
    if (!JS_IsException(constructor) &&
        define_method(ctx, constructor, module_object, "fromEntries", from_entries_function, 3, 0) < 0) {
        JS_FreeValue(ctx, constructor);
        return JS_EXCEPTION;
    }
    return constructor;
}

int bucket_module_init(JSContext *ctx, JSValueConst module_object) {
    if (table_iterator_init(ctx, module_object) < 0 ||
        export_value(ctx, module_object, "BucketMap", class_new(ctx, module_object, BUCKET_MAP)) < 0 ||
        export_value(ctx, module_object, "BucketSet", class_new(ctx, module_object, BUCKET_SET)) < 0 ||
        export_value(ctx, module_object, "StoneMap", stone_table_class_new(ctx, module_object, STONE_MAP)) < 0 ||
        export_value(ctx, module_object, "StoneSet", stone_table_class_new(ctx, module_object, STONE_SET)) < 0)
        return -1;
    return bucket_heap_define(ctx, module_object);
}
