/* New maps and sets from an iterable, in one step: all entries are collected first, and an invalid one leaves the map
   empty. */
#include "bucket_entries.h"

#include <stdio.h>

#include "bucket_heap.h"
#include "bucket_values.h"
#include "error.h"
#include "iteration.h"

struct gathered {
    struct bucket_value *keys, *values; /* strings among them are held in the memory */
    uint32_t count, capacity;
};

/* Makes room for one more entry. Sets have an array of values too, which is not used. */
static int make_room(JSContext *ctx, struct gathered *gathered) {
    if (gathered->count < gathered->capacity)
        return 0;
    uint32_t capacity = gathered->capacity == 0 ? 16 : gathered->capacity * 2;
    if (capacity > UINT32_MAX / 2) {
        throw_status(ctx, DRYSTONE_LIMIT_EXCEEDED, "too many entries");
        return -1;
    }
    struct bucket_value *keys = js_realloc(ctx, gathered->keys, capacity * sizeof *keys);
    if (keys == NULL)
        return -1;
    gathered->keys = keys;
    struct bucket_value *values = js_realloc(ctx, gathered->values, capacity * sizeof *values);
    if (values == NULL)
        return -1;
    gathered->values = values;
    gathered->capacity = capacity;
    return 0;
}

/* A value in its stored form; a string is held until `release_value`. */
static int store(JSContext *ctx, struct table *table, JSValueConst value, int as, const char *doing,
                 struct bucket_value *to) {
    struct field field;
    if (field_of(ctx, table, value, as, doing, &field) < 0)
        return -1;
    int result = field_hold(ctx, table, doing, &field);
    *to = field.value;
    field.held = false;
    field_free(ctx, table, &field);
    return result;
}

static void release_value(struct table *table, const struct bucket_value *value) {
    if (value->tag == 's')
        bucket_string_release(table->memory, value);
}

static int gather(JSContext *ctx, struct table *table, JSValueConst item, const char *doing,
                  struct gathered *gathered) {
    if (make_room(ctx, gathered) < 0)
        return -1;
    struct bucket_value key, value;
    if (table_is_set(table)) {
        if (store(ctx, table, item, AS_KEY, doing, &key) < 0)
            return -1;
        gathered->keys[gathered->count++] = key;
        return 0;
    }
    if (!JS_IsObject(item)) {
        char message[100];
        int length = snprintf(message, sizeof message, "%s: an entry is not an array of a key and a value", doing);
        throw_status_message(ctx, DRYSTONE_INVALID_ARGUMENT, message, (size_t)length);
        return -1;
    }
    /* both are read before either is stored, because a getter may do anything */
    JSValue first = JS_GetPropertyUint32(ctx, item, 0);
    JSValue second = JS_IsException(first) ? JS_EXCEPTION : JS_GetPropertyUint32(ctx, item, 1);
    int result = -1;
    if (!JS_IsException(second) && store(ctx, table, first, AS_KEY, doing, &key) == 0) {
        result = store(ctx, table, second, AS_VALUE, doing, &value);
        if (result == 0) {
            gathered->keys[gathered->count] = key;
            gathered->values[gathered->count++] = value;
        } else {
            release_value(table, &key);
        }
    }
    JS_FreeValue(ctx, first);
    JS_FreeValue(ctx, second);
    return result;
}

static int gather_all(JSContext *ctx, struct module *module, struct table *table, struct iteration *iteration,
                      const char *doing, struct gathered *gathered) {
    for (;;) {
        JSValue item;
        int more = iteration_step(ctx, module, iteration, &item);
        if (more <= 0)
            return more;
        int result = gather(ctx, table, item, doing, gathered);
        JS_FreeValue(ctx, item);
        if (result < 0) {
            iteration_close(ctx, iteration);
            return -1;
        }
    }
}

static drystone_status build(struct table *table, const struct gathered *gathered, uint32_t *made) {
    if (table_is_set(table))
        return bucket_set_from_elements(table->memory, gathered->keys, gathered->count, made);
    return bucket_map_from_entries(table->memory, gathered->keys, gathered->values, gathered->count, made);
}

static int fill_table(JSContext *ctx, struct module *module, struct table *table, JSValueConst iterable,
                      const char *doing) {
    struct iteration iteration;
    if (iteration_begin(ctx, module, iterable, doing, &iteration) < 0)
        return -1;
    struct gathered gathered = { 0 };
    int result = gather_all(ctx, module, table, &iteration, doing, &gathered);
    iteration_end(ctx, &iteration);
    if (result == 0 && gathered.count != 0) {
        uint32_t made;
        drystone_status status;
        COLLECT_AND_RETRY(ctx, status, build(table, &gathered, &made));
        if (status == DRYSTONE_OK) {
            table_adopt(table, made);
        } else {
            throw_status(ctx, status, doing);
            result = -1;
        }
    }
    for (uint32_t i = 0; i < gathered.count; i++) {
        release_value(table, &gathered.keys[i]);
        if (!table_is_set(table))
            release_value(table, &gathered.values[i]);
    }
    js_free(ctx, gathered.keys);
    js_free(ctx, gathered.values);
    return result;
}

static drystone_status new_empty(const struct table *table, uint32_t *made) {
    return table_is_set(table) ? bucket_set_new(table->memory, made) : bucket_map_new(table->memory, made);
}

JSValue bucket_new(JSContext *ctx, struct module *module, JSValueConst target, uint8_t key_tag,
                         uint8_t value_tag, JSValueConst entries, const char *doing) {
    struct bucket_memory *memory = heap_memory(ctx, module->state, doing);
    struct table *table =
        memory == NULL ? NULL : table_new(ctx, module->state, memory, key_tag, value_tag);
    if (table == NULL)
        return JS_EXCEPTION;
    JSValue object = table_object(ctx, module, value_tag == 0 ? BUCKET_SET : BUCKET_MAP, target, table);
    if (JS_IsException(object))
        return object;
    drystone_status status;
    COLLECT_AND_RETRY(ctx, status, new_empty(table, &table->wrapper));
    if (status != DRYSTONE_OK)
        throw_status(ctx, status, doing);
    else if (JS_IsUndefined(entries) || JS_IsNull(entries) || fill_table(ctx, module, table, entries, doing) == 0)
        return object;
    JS_FreeValue(ctx, object);
    return JS_EXCEPTION;
}
