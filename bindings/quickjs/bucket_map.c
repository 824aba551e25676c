/* The BucketMap class. */
#include "bucket_change.h"
#include "bucket_entries.h"
#include "bucket_iterator.h"
#include "bucket_read.h"
#include "bucket_values.h"
#include "define.h"
#include "error.h"
#include "part.h"

MODULE_FUNCTION(map_constructor) {
    static const char doing[] = "new BucketMap";
    uint8_t key_tag, value_tag;
    if (!JS_IsConstructor(ctx, this_value))
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "BucketMap must be called with new");
    if (type_argument(ctx, argv[0], doing, &key_tag) < 0 || type_argument(ctx, argv[1], doing, &value_tag) < 0)
        return JS_EXCEPTION;
    return bucket_new(ctx, module_of_data(data), this_value, key_tag, value_tag, argv[2], doing);
}

MODULE_FUNCTION(from_entries_function) {
    static const char doing[] = "BucketMap.fromEntries";
    uint8_t key_tag, value_tag;
    if (type_argument(ctx, argv[0], doing, &key_tag) < 0 || type_argument(ctx, argv[1], doing, &value_tag) < 0)
        return JS_EXCEPTION;
    if (JS_IsUndefined(argv[2]) || JS_IsNull(argv[2]))
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "BucketMap.fromEntries: no entries");
    return bucket_new(ctx, module_of_data(data), JS_UNDEFINED, key_tag, value_tag, argv[2], doing);
}

static const JSClassDef bucket_map_class = { .class_name = "BucketMap", .finalizer = table_finalizer };

static const struct method bucket_map_methods[] = {
    GETTER("size", get_size, BUCKET_MAP),
    METHOD("get", get_method, 1, BUCKET_MAP),
    METHOD("has", has_method, 1, BUCKET_MAP),
    METHOD("set", put_method, 2, BUCKET_MAP),
    METHOD("delete", delete_method, 1, BUCKET_MAP),
    METHOD("clear", clear_method, 0, BUCKET_MAP),
    METHOD("with", with_method, 2, BUCKET_MAP),
    METHOD("without", without_method, 1, BUCKET_MAP),
    METHOD("toStone", to_stone_method, 0, BUCKET_MAP),
    GETTER("keyType", get_key_type, BUCKET_MAP),
    GETTER("valueType", get_value_type, BUCKET_MAP),
    METHOD("keys", iterate_method, 0, ITERATION(BUCKET_MAP, KEYS)),
    METHOD("values", iterate_method, 0, ITERATION(BUCKET_MAP, VALUES)),
    METHOD("entries", iterate_method, 0, ITERATION(BUCKET_MAP, ENTRIES)),
    METHOD("forEach", for_each_method, 2, BUCKET_MAP),
    ALIAS("[Symbol.iterator]", "entries"),
};

static const struct method bucket_map_functions[] = {
    METHOD("fromEntries", from_entries_function, 3, 0),
};

static const struct shape bucket_map_shape = { .name = "BucketMap",
                                               METHODS(bucket_map_methods),
                                               .constructor = map_constructor,
                                               .length = 3,
                                               FUNCTIONS(bucket_map_functions) };

static int bucket_map_init(JSContext *ctx, JSValueConst module_object) {
    return export_class(ctx, module_object, BUCKET_MAP_CLASS, &bucket_map_shape);
}

static const struct part bucket_map_part = { .definition = &bucket_map_class,
                                             .class_index = BUCKET_MAP_CLASS,
                                             .init = bucket_map_init };
