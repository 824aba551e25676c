#include "bucket_table.h"

#include "define.h"
#include "error.h"
#include "weight.h"

struct table *table_new(JSContext *ctx, struct runtime_state *state, struct bucket_memory *memory, uint8_t key_tag,
                        uint8_t value_tag) {
    struct table *table = js_mallocz(ctx, sizeof *table);
    if (table == NULL)
        return NULL;
    table->state = state;
    table->memory = memory;
    table->key_tag = key_tag;
    table->value_tag = value_tag;
    state->tables++;
    return table;
}

void table_free(JSRuntime *runtime, struct table *table) {
    while (table->walks != NULL) /* iterators that are freed in the same collection */
        walk_end(table->walks);
    if (table->stone != NULL) {
        weight_remove(runtime, table->stone);
        blob_destroy(table->stone);
        js_free_rt(runtime, table->memory);
    } else {
        if (table->wrapper != 0)
            bucket_release(table->memory, table->wrapper);
        table->state->tables--;
        runtime_state_leave(table->state);
    }
    js_free_rt(runtime, table);
}

void table_adopt(struct table *table, uint32_t made) {
    bucket_release(table->memory, table->wrapper);
    table->wrapper = made;
}

struct table *this_table(JSContext *ctx, struct module *module, JSValueConst this_value, int kind) {
    static const char *const complaints[] = { "this is not a BucketMap", "this is not a BucketSet",
                                              "this is not a StoneMap", "this is not a StoneSet" };
    struct table *self = JS_GetOpaque(this_value, module->state->class_ids[TABLE_CLASS(kind)]);
    if (self == NULL)
        throw_status(ctx, DRYSTONE_WRONG_TYPE, complaints[kind]);
    return self;
}

JSValue table_object(JSContext *ctx, struct module *module, int kind, JSValueConst target, struct table *owned) {
    enum our_class which = TABLE_CLASS(kind);
    JSValue object = JS_IsUndefined(target)
                         ? JS_NewObjectProtoClass(ctx, module->prototypes[which], module->state->class_ids[which])
                         : object_of_target(ctx, module, target, which);
    if (JS_IsException(object))
        table_free(JS_GetRuntime(ctx), owned);
    else
        JS_SetOpaque(object, owned);
    return object;
}

void table_finalizer(JSRuntime *runtime, JSValueConst value) {
    JSClassID class_id;
    struct table *table = JS_GetAnyOpaque(value, &class_id);
    if (table != NULL)
        table_free(runtime, table);
}

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

drystone_status walk_next(struct walk *walk, struct bucket_value *key, struct bucket_value *value) {
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
