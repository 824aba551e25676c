/* The BucketSet class. */
#include "bucket_change.h"
#include "bucket_entries.h"
#include "bucket_iterator.h"
#include "bucket_read.h"
#include "bucket_values.h"
#include "define.h"
#include "error.h"
#include "part.h"

MODULE_FUNCTION(set_constructor) {
    static const char doing[] = "new BucketSet";
    uint8_t tag;
    if (!JS_IsConstructor(ctx, this_value))
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "BucketSet must be called with new");
    if (type_argument(ctx, argv[0], doing, &tag) < 0)
        return JS_EXCEPTION;
    return bucket_new(ctx, module_of_data(data), this_value, tag, 0, argv[1], doing);
}

static const JSClassDef bucket_set_class = { .class_name = "BucketSet", .finalizer = table_finalizer };

static const struct method bucket_set_methods[] = {
    GETTER("size", get_size, BUCKET_SET),
    METHOD("has", has_method, 1, BUCKET_SET),
    METHOD("add", put_method, 1, BUCKET_SET),
    METHOD("delete", delete_method, 1, BUCKET_SET),
    METHOD("clear", clear_method, 0, BUCKET_SET),
    METHOD("with", with_method, 1, BUCKET_SET),
    METHOD("without", without_method, 1, BUCKET_SET),
    METHOD("toStone", to_stone_method, 0, BUCKET_SET),
    GETTER("elementType", get_key_type, BUCKET_SET),
    METHOD("values", iterate_method, 0, ITERATION(BUCKET_SET, VALUES)),
    METHOD("entries", iterate_method, 0, ITERATION(BUCKET_SET, ENTRIES)),
    METHOD("forEach", for_each_method, 2, BUCKET_SET),
    ALIAS("keys", "values"),
    ALIAS("[Symbol.iterator]", "values"),
};

static const struct shape bucket_set_shape = { .name = "BucketSet",
                                               METHODS(bucket_set_methods),
                                               .constructor = set_constructor,
                                               .length = 2 };

static int bucket_set_init(JSContext *ctx, JSValueConst module_object) {
    return export_class(ctx, module_object, BUCKET_SET_CLASS, &bucket_set_shape);
}

static const struct part bucket_set_part = { .definition = &bucket_set_class,
                                             .class_index = BUCKET_SET_CLASS,
                                             .init = bucket_set_init };
