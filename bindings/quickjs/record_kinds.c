#include "record_kinds.h"

/* Small messages have fewer records; their kinds are not counted. */
#define RECORDS_BEFORE_COUNTING 16
#define OFTEN 8
/* Making the objects takes time in proportion to the square of the number of keys. */
#define MOST_KEYS 32

/* An object that has the first keys and keeps another value. Takes over the value. */
static JSValue with_first_keys(JSContext *ctx, const JSPropertyEnum *names, uint32_t count, JSValue keeps) {
    JSValue object = JS_NewObject(ctx);
    if (JS_IsException(object))
        JS_FreeValue(ctx, keeps);
    for (uint32_t i = 0; i < count && !JS_IsException(object); i++)
        if (JS_DefinePropertyValue(ctx, object, names[i].atom, i == 0 ? keeps : JS_NULL, JS_PROP_C_W_E) < 0) {
            JS_FreeValue(ctx, object);
            return JS_EXCEPTION;
        }
    return object;
}

/* Objects with 1, 2, ... of the record's keys, each kept by the next one; JS_EXCEPTION. */
static JSValue all_first_keys(JSContext *ctx, JSValueConst record) {
    JSPropertyEnum *names;
    uint32_t count;
    if (JS_GetOwnPropertyNames(ctx, &names, &count, record, JS_GPN_STRING_MASK) < 0)
        return JS_EXCEPTION;
    JSValue kept = JS_NULL;
    if (count <= MOST_KEYS)
        for (uint32_t i = 1; i < count && !JS_IsException(kept); i++)
            kept = with_first_keys(ctx, names, i, kept);
    JS_FreePropertyEnum(ctx, names, count);
    return kept;
}

void record_kinds_begin(struct record_kinds *kinds) { kinds->records = 0; }

void record_kinds_end(JSContext *ctx, struct record_kinds *kinds) {
    for (size_t i = 0; kinds->records >= RECORDS_BEFORE_COUNTING && i < RECORD_KINDS; i++)
        JS_FreeValue(ctx, kinds->met[i].kept);
}

int record_kind_met(JSContext *ctx, struct record_kinds *kinds, uint32_t kind, JSValueConst record) {
    if (kinds->records < RECORDS_BEFORE_COUNTING) {
        if (++kinds->records == RECORDS_BEFORE_COUNTING)
            for (size_t i = 0; i < RECORD_KINDS; i++) {
                kinds->met[i].count = 0;
                kinds->met[i].kept = JS_UNDEFINED;
            }
        return 0;
    }
    size_t slot = kind >> 16 & (RECORD_KINDS - 1);
    if (kinds->met[slot].count >= OFTEN)
        return 0; /* also when it is of another kind */
    if (kinds->met[slot].count == 0 || kinds->met[slot].kind != kind) {
        kinds->met[slot].kind = kind;
        kinds->met[slot].count = 0;
    }
    if (++kinds->met[slot].count < OFTEN)
        return 0;
    JSValue kept = all_first_keys(ctx, record);
    if (JS_IsException(kept))
        return -1;
    kinds->met[slot].kept = kept;
    return 0;
}
