#include "bucket_walk.h"

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
