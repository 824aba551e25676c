/* Versions of maps and sets on the runtime's heap. An object changes its version in place while no other object
   has the same bucket; otherwise it takes a new version and releases the old one, so that the others see nothing.

   Three words of the library's layout are read here: a wrapper's view and bucket, a bucket's capacity, and how many
   of its slots were used. */
#include "bucket.h"

/* Of the heap's memory, whose content is only ours. */
static uint32_t word_at(const struct table *table, size_t offset) {
    uint8_t bytes[4];
    if (offset > table->memory->length || table->memory->length - offset < sizeof bytes)
        return 0;
    memcpy(bytes, table->memory->base + offset, sizeof bytes);
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static uint32_t bucket_of(const struct table *table, uint32_t wrapper) { return word_at(table, (size_t)wrapper + 8); }

static bool is_alone(const struct table *table) { return table->next == table; }

static void join(struct table *table, struct table *other) {
    table->next = other->next;
    table->previous = other;
    other->next->previous = table;
    other->next = table;
}

static void leave(struct table *table) {
    table->next->previous = table->previous;
    table->previous->next = table->next;
    table->next = table->previous = table;
}

struct table *table_new(JSContext *ctx, struct runtime_state *state, struct bucket_memory *memory, uint8_t key_tag,
                        uint8_t value_tag) {
    struct table *table = js_mallocz(ctx, sizeof *table);
    if (table == NULL)
        return NULL;
    table->state = state;
    table->memory = memory;
    table->next = table->previous = table;
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
        leave(table);
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

drystone_status table_next(const struct table *table, uint32_t wrapper, uint32_t *cursor, struct bucket_value *key,
                           struct bucket_value *value) {
    return table_is_set(table)
               ? bucket_set_next(table->memory, wrapper, table->key_tag, cursor, key)
               : bucket_map_next(table->memory, wrapper, table->key_tag, table->value_tag, cursor, key, value);
}

drystone_status table_size(const struct table *table, uint32_t *size) {
    return table_is_set(table) ? bucket_set_size(table->memory, table->wrapper, size)
                               : bucket_map_size(table->memory, table->wrapper, size);
}

static drystone_status has(const struct table *table, uint32_t wrapper, const struct bucket_value *key,
                           bool *contains) {
    return table_is_set(table) ? bucket_set_contains(table->memory, wrapper, key, contains)
                               : bucket_map_contains(table->memory, wrapper, key, contains);
}

static drystone_status insert(const struct table *table, const struct bucket_value *key,
                              const struct bucket_value *value, uint32_t *made) {
    return table_is_set(table) ? bucket_set_add(table->memory, table->wrapper, key, made)
                               : bucket_map_insert(table->memory, table->wrapper, key, value, made);
}

static drystone_status insert_in_place(const struct table *table, const struct bucket_value *key,
                                       const struct bucket_value *value) {
    return table_is_set(table) ? bucket_set_add_in_place(table->memory, table->wrapper, key)
                               : bucket_map_insert_in_place(table->memory, table->wrapper, key, value);
}

static drystone_status take_out(const struct table *table, const struct bucket_value *key, uint32_t *made) {
    return table_is_set(table) ? bucket_set_remove(table->memory, table->wrapper, key, made)
                               : bucket_map_remove(table->memory, table->wrapper, key, made);
}

static drystone_status take_out_in_place(const struct table *table, const struct bucket_value *key) {
    return table_is_set(table) ? bucket_set_remove_in_place(table->memory, table->wrapper, key)
                               : bucket_map_remove_in_place(table->memory, table->wrapper, key);
}

static drystone_status new_empty(const struct table *table, uint32_t *made) {
    return table_is_set(table) ? bucket_set_new(table->memory, made) : bucket_map_new(table->memory, made);
}

/* A new bucket is packed: its slots up to the cursor are the entries before it that are still there. */
static void move_walks(const struct table *table, uint32_t made) {
    for (struct walk *walk = table->walks; walk != NULL; walk = walk->next) {
        struct bucket_value key, value;
        uint32_t cursor = 0, passed = 0;
        while (table_next(table, table->wrapper, &cursor, &key, &value) == DRYSTONE_OK && cursor <= walk->cursor) {
            bool stays = false;
            if (has(table, made, &key, &stays) == DRYSTONE_OK && stays)
                passed++;
        }
        walk->cursor = passed;
    }
}

void table_adopt(struct table *table, uint32_t made) {
    uint32_t old = table->wrapper;
    if (old != 0 && made != old) {
        uint32_t bucket = bucket_of(table, made);
        if (bucket == 0 || bucket != bucket_of(table, old)) {
            move_walks(table, made);
            leave(table);
        }
    }
    table->wrapper = made;
    if (old != 0) /* also when it is the same one, which is counted once more then */
        bucket_release(table->memory, old);
}

/* Whether an entry more goes into the bucket as it is, with no slot getting another number. The library fills one
   with an index up to seven eighths. */
static bool has_room(const struct table *table) {
    uint32_t view = word_at(table, (size_t)table->wrapper + 4) & INT32_MAX, bucket = bucket_of(table, table->wrapper);
    uint32_t capacity = bucket == 0 ? 0 : word_at(table, bucket);
    if (capacity <= 8)
        return false;
    uint32_t used = word_at(table, (size_t)bucket + 8 + (size_t)24 * capacity + 8);
    return used == view && view < capacity - capacity / 8;
}

/* Growing in place would give slots other numbers unseen, so under an iteration it is done by a new version. */
static bool can_insert_in_place(const struct table *table, const struct bucket_value *key) {
    bool contains;
    if (!is_alone(table))
        return false;
    return table->walks == NULL || has_room(table) ||
           (has(table, table->wrapper, key, &contains) == DRYSTONE_OK && contains);
}

static drystone_status put(struct table *table, const struct bucket_value *key, const struct bucket_value *value) {
    if (LIKELY(can_insert_in_place(table, key)))
        return insert_in_place(table, key, value);
    uint32_t made;
    drystone_status status = insert(table, key, value, &made);
    if (status == DRYSTONE_OK)
        table_adopt(table, made);
    return status;
}

drystone_status table_put(JSContext *ctx, struct table *table, const struct bucket_value *key,
                          const struct bucket_value *value) {
    drystone_status status;
    COLLECT_AND_RETRY(ctx, status, put(table, key, value));
    return status;
}

static drystone_status remove_key(struct table *table, const struct bucket_value *key) {
    if (is_alone(table))
        return take_out_in_place(table, key);
    uint32_t made;
    drystone_status status = take_out(table, key, &made);
    if (status == DRYSTONE_OK)
        table_adopt(table, made);
    return status;
}

drystone_status table_remove(JSContext *ctx, struct table *table, const struct bucket_value *key) {
    drystone_status status;
    COLLECT_AND_RETRY(ctx, status, remove_key(table, key));
    return status;
}

drystone_status table_make_empty(JSContext *ctx, struct table *table) {
    uint32_t made;
    drystone_status status;
    COLLECT_AND_RETRY(ctx, status, new_empty(table, &made));
    if (status == DRYSTONE_OK)
        table_adopt(table, made);
    return status;
}

drystone_status table_branch(JSContext *ctx, struct table *table, struct table *other, const struct bucket_value *key,
                             const struct bucket_value *value) {
    uint32_t made;
    drystone_status status;
    COLLECT_AND_RETRY(ctx, status,
                      value == NULL ? take_out(table, key, &made) : insert(table, key, value, &made));
    if (status != DRYSTONE_OK)
        return status;
    other->wrapper = made;
    uint32_t bucket = bucket_of(table, made);
    if (made == table->wrapper || (bucket != 0 && bucket == bucket_of(table, table->wrapper)))
        join(other, table);
    return status;
}
