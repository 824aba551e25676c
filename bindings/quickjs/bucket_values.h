/* Keys, values and elements: from JavaScript by the type of the map or set, and back. */
#ifndef DRYSTONE_QUICKJS_BUCKET_VALUES_H
#define DRYSTONE_QUICKJS_BUCKET_VALUES_H

#include "bucket_table.h"

struct field {
    struct bucket_value value;
    const char *text; /* of a string that is not in the memory yet */
    size_t length;
    bool held;        /* the value is a string that we hold in the memory */
};
/* The tag for the name of a type. */
static int type_argument(JSContext *ctx, JSValueConst word, const char *doing, uint8_t *tag);
static const char *type_word(uint8_t tag);
enum { AS_VALUE, AS_KEY };
static int any_field_of(JSContext *ctx, const struct table *table, JSValueConst value, int as, const char *doing,
                        struct field *field);
static int hold_text(JSContext *ctx, struct table *table, const char *doing, struct field *field);
static void field_free_text(JSContext *ctx, struct table *table, struct field *field);

/* A key or value of the table, to be freed with key_free or field_free. -1: an exception is pending. */
static inline int field_of(JSContext *ctx, const struct table *table, JSValueConst value, int as, const char *doing,
                           struct field *field) {
    uint8_t tag = as == AS_KEY ? table->key_tag : table->value_tag;
    field->held = false;
    if (tag == 'i' && JS_VALUE_GET_TAG(value) == JS_TAG_INT) {
        field->value.tag = 'i';
        field->value.as.i = JS_VALUE_GET_INT(value);
        field->text = NULL;
        return 0;
    }
    if (tag == 's' && JS_IsString(value)) {
        field->text = JS_ToCStringLen(ctx, &field->length, value);
        return field->text == NULL ? -1 : 0;
    }
    return any_field_of(ctx, table, value, as, doing, field);
}

/* Puts a string into the memory, where changes need it. */
static inline int field_hold(JSContext *ctx, struct table *table, const char *doing, struct field *field) {
    return field->text == NULL || field->held ? 0 : hold_text(ctx, table, doing, field);
}

static inline void field_free(JSContext *ctx, struct table *table, struct field *field) {
    if (field->text != NULL)
        field_free_text(ctx, table, field);
}

/* For a key, which is never held in the memory. */
static inline void key_free(JSContext *ctx, const struct field *key) {
    if (key->text != NULL)
        JS_FreeCString(ctx, key->text);
}

static JSValue field_value(JSContext *ctx, const struct table *table, uint8_t tag, const struct bucket_value *value,
                           const char *doing);

#endif
