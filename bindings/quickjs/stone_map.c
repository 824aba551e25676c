/* The StoneMap class. */
#include "bucket_iterator.h"
#include "bucket_read.h"
#include "define.h"
#include "error.h"
#include "part.h"
#include "stone_table.h"

MODULE_FUNCTION(stone_map_constructor) {
    if (!JS_IsConstructor(ctx, this_value))
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "StoneMap must be called with new");
    return stone_table_new(ctx, module_of_data(data), this_value, argv[0], STONE_MAP);
}

static const JSClassDef stone_map_class = { .class_name = "StoneMap", .finalizer = table_finalizer };

static const struct method stone_map_methods[] = {
    GETTER("size", get_size, STONE_MAP),
    METHOD("get", get_method, 1, STONE_MAP),
    METHOD("has", has_method, 1, STONE_MAP),
    METHOD("toStone", to_stone_method, 0, STONE_MAP),
    GETTER("keyType", get_key_type, STONE_MAP),
    GETTER("valueType", get_value_type, STONE_MAP),
    METHOD("keys", iterate_method, 0, ITERATION(STONE_MAP, KEYS)),
    METHOD("values", iterate_method, 0, ITERATION(STONE_MAP, VALUES)),
    METHOD("entries", iterate_method, 0, ITERATION(STONE_MAP, ENTRIES)),
    METHOD("forEach", for_each_method, 2, STONE_MAP),
    ALIAS("[Symbol.iterator]", "entries"),
};

static const struct shape stone_map_shape = { .name = "StoneMap",
                                              METHODS(stone_map_methods),
                                              .constructor = stone_map_constructor,
                                              .length = 1 };

static int stone_map_init(JSContext *ctx, JSValueConst module_object) {
    return export_class(ctx, module_object, STONE_MAP_CLASS, &stone_map_shape);
}

static const struct part stone_map_part = { .definition = &stone_map_class,
                                            .class_index = STONE_MAP_CLASS,
                                            .init = stone_map_init };
