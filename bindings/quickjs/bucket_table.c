/* Versions of maps and sets on the runtime's heap, one a table. The library knows which of them share what they have, and
   changes one in place or apart. */
#include "bucket.h"

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
    if (table == NULL)
        return;
    while (table->walks != NULL) /* iterators that go in the same collection */
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

drystone_status table_contains(const struct table *table, const struct field *key, bool *contains) {
    if (key->text != NULL)
        return table_is_set(table)
                   ? bucket_set_contains_text(table->memory, table->wrapper, key->text, key->length, contains)
                   : bucket_map_contains_text(table->memory, table->wrapper, key->text, key->length, contains);
    return table_is_set(table) ? bucket_set_contains(table->memory, table->wrapper, &key->value, contains)
                               : bucket_map_contains(table->memory, table->wrapper, &key->value, contains);
}

drystone_status table_size(const struct table *table, uint32_t *size) {
    return table_is_set(table) ? bucket_set_size(table->memory, table->wrapper, size)
                               : bucket_map_size(table->memory, table->wrapper, size);
}

static drystone_status new_empty(const struct table *table, uint32_t *made) {
    return table_is_set(table) ? bucket_set_new(table->memory, made) : bucket_map_new(table->memory, made);
}

drystone_status table_start(JSContext *ctx, struct table *table) {
    drystone_status status;
    COLLECT_AND_RETRY(ctx, status, new_empty(table, &table->wrapper));
    return status;
}

void table_adopt(struct table *table, uint32_t made) {
    bucket_release(table->memory, table->wrapper);
    table->wrapper = made;
}

static drystone_status put(struct table *table, const struct bucket_value *key, const struct bucket_value *value) {
    return table_is_set(table) ? bucket_set_put(table->memory, &table->wrapper, key)
                               : bucket_map_set(table->memory, &table->wrapper, key, value);
}

drystone_status table_put(JSContext *ctx, struct table *table, const struct bucket_value *key,
                          const struct bucket_value *value) {
    drystone_status status;
    COLLECT_AND_RETRY(ctx, status, put(table, key, value));
    return status;
}

static drystone_status delete_key(struct table *table, const struct field *key) {
    if (key->text != NULL)
        return table_is_set(table)
                   ? bucket_set_delete_text(table->memory, &table->wrapper, key->text, key->length)
                   : bucket_map_delete_text(table->memory, &table->wrapper, key->text, key->length);
    return table_is_set(table) ? bucket_set_delete(table->memory, &table->wrapper, &key->value)
                               : bucket_map_delete(table->memory, &table->wrapper, &key->value);
}

drystone_status table_delete(JSContext *ctx, struct table *table, const struct field *key) {
    drystone_status status;
    COLLECT_AND_RETRY(ctx, status, delete_key(table, key));
    return status;
}

static drystone_status clear(struct table *table) {
    return table_is_set(table) ? bucket_set_clear(table->memory, &table->wrapper)
                               : bucket_map_clear(table->memory, &table->wrapper);
}

drystone_status table_clear(JSContext *ctx, struct table *table) {
    drystone_status status;
    COLLECT_AND_RETRY(ctx, status, clear(table));
    return status;
}

drystone_status table_share(JSContext *ctx, const struct table *table, struct table *other) {
    drystone_status status;
    COLLECT_AND_RETRY(ctx, status, bucket_share(table->memory, table->wrapper, &other->wrapper));
    return status;
}
