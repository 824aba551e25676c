/* The StoneSet class. */
#include "bucket_iterator.h"
#include "bucket_read.h"
#include "define.h"
#include "error.h"
#include "part.h"
#include "stone_table.h"

MODULE_FUNCTION(stone_set_constructor) {
    if (!JS_IsConstructor(ctx, this_value))
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "StoneSet must be called with new");
    return stone_table_new(ctx, module_of_data(data), this_value, argv[0], STONE_SET);
}

static const JSClassDef stone_set_class = { .class_name = "StoneSet", .finalizer = table_finalizer };

static const struct method stone_set_methods[] = {
    GETTER("size", get_size, STONE_SET),
    METHOD("has", has_method, 1, STONE_SET),
    METHOD("toStone", to_stone_method, 0, STONE_SET),
    GETTER("elementType", get_key_type, STONE_SET),
    METHOD("values", iterate_method, 0, ITERATION(STONE_SET, VALUES)),
    METHOD("entries", iterate_method, 0, ITERATION(STONE_SET, ENTRIES)),
    METHOD("forEach", for_each_method, 2, STONE_SET),
    ALIAS("keys", "values"),
    ALIAS("[Symbol.iterator]", "values"),
};

static const struct shape stone_set_shape = { .name = "StoneSet",
                                              METHODS(stone_set_methods),
                                              .constructor = stone_set_constructor,
                                              .length = 1 };

static int stone_set_init(JSContext *ctx, JSValueConst module_object) {
    return export_class(ctx, module_object, STONE_SET_CLASS, &stone_set_shape);
}

static const struct part stone_set_part = { .definition = &stone_set_class,
                                            .class_index = STONE_SET_CLASS,
                                            .init = stone_set_init };
