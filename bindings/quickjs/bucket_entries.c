/* Filling a new map or set with what an iterable gives, in one go: all of it is gathered first, and nothing is in
   the map when something in it is wrong. */
#include "bucket.h"

struct gathered {
    struct bucket_value *keys, *values; /* strings among them are held in the memory */
    uint32_t count, capacity;
};

/* Room for one more. The values' array is there for sets too, where it stays as it is. */
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

/* A value as it is stored; a string among it is held until `release_value`. */
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
    /* both are asked for before either is stored: a getter may do anything */
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

/* 1: an item, 0: the end, -1: an exception is pending. */
static int next_item(JSContext *ctx, const struct module *module, JSValueConst iterator, JSValueConst next,
                     JSValue *item) {
    JSValue step = JS_Call(ctx, next, iterator, 0, NULL);
    if (JS_IsException(step))
        return -1;
    int result = -1;
    if (JS_IsObject(step)) {
        JSValue done = JS_GetProperty(ctx, step, module->done_atom);
        int ended = JS_IsException(done) ? -1 : JS_ToBool(ctx, done);
        JS_FreeValue(ctx, done);
        if (ended == 0) {
            *item = JS_GetProperty(ctx, step, module->value_atom);
            result = JS_IsException(*item) ? -1 : 1;
        } else {
            result = ended < 0 ? -1 : 0;
        }
    } else {
        throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "an iterator's next gave something that is not an object");
    }
    JS_FreeValue(ctx, step);
    return result;
}

/* Tells an iterator that no more is asked of it; the exception that is pending stays. */
static void close_iterator(JSContext *ctx, JSValueConst iterator) {
    JSValue error = JS_GetException(ctx);
    JSValue function = JS_GetPropertyStr(ctx, iterator, "return");
    JSValue answer = JS_UNDEFINED;
    if (JS_IsFunction(ctx, function))
        answer = JS_Call(ctx, function, iterator, 0, NULL);
    if (JS_IsException(function) || JS_IsException(answer))
        JS_FreeValue(ctx, JS_GetException(ctx));
    JS_FreeValue(ctx, answer);
    JS_FreeValue(ctx, function);
    JS_Throw(ctx, error);
}

static int gather_all(JSContext *ctx, struct module *module, struct table *table, JSValueConst iterator,
                      JSValueConst next, const char *doing, struct gathered *gathered) {
    for (;;) {
        JSValue item;
        int more = next_item(ctx, module, iterator, next, &item);
        if (more <= 0)
            return more;
        int result = gather(ctx, table, item, doing, gathered);
        JS_FreeValue(ctx, item);
        if (result < 0) {
            close_iterator(ctx, iterator);
            return -1;
        }
    }
}

static JSValue iterator_of(JSContext *ctx, struct module *module, JSValueConst iterable, const char *doing) {
    JSValue function = JS_GetProperty(ctx, iterable, module->iterator_symbol);
    if (JS_IsException(function))
        return function;
    JSValue iterator = JS_UNDEFINED;
    if (JS_IsFunction(ctx, function))
        iterator = JS_Call(ctx, function, iterable, 0, NULL);
    JS_FreeValue(ctx, function);
    if (JS_IsException(iterator) || JS_IsObject(iterator))
        return iterator;
    JS_FreeValue(ctx, iterator);
    char message[80];
    int length = snprintf(message, sizeof message, "%s: what is given is not iterable", doing);
    return throw_status_message(ctx, DRYSTONE_INVALID_ARGUMENT, message, (size_t)length);
}

static drystone_status build(struct table *table, const struct gathered *gathered, uint32_t *made) {
    if (table_is_set(table))
        return bucket_set_from_elements(table->memory, gathered->keys, gathered->count, made);
    return bucket_map_from_entries(table->memory, gathered->keys, gathered->values, gathered->count, made);
}

int table_fill(JSContext *ctx, struct module *module, struct table *table, JSValueConst iterable, const char *doing) {
    JSValue iterator = iterator_of(ctx, module, iterable, doing);
    if (JS_IsException(iterator))
        return -1;
    struct gathered gathered = { 0 };
    JSValue next = JS_GetProperty(ctx, iterator, module->next_atom);
    int result = -1;
    if (!JS_IsException(next))
        result = gather_all(ctx, module, table, iterator, next, doing, &gathered);
    JS_FreeValue(ctx, next);
    JS_FreeValue(ctx, iterator);
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
