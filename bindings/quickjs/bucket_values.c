#include "bucket_values.h"

#include <string.h>

#include "arguments.h"
#include "error.h"

struct type {
    const char *word;
    uint8_t tag;
};

static const struct type types[] = { { "integer", 'i' }, { "number", 'f' }, { "text", 's' }, { "logical", 'b' } };

#define TYPES (sizeof types / sizeof types[0])

const char *type_word(uint8_t tag) {
    for (size_t i = 0; i < TYPES; i++)
        if (types[i].tag == tag)
            return types[i].word;
    return NULL;
}

int type_argument(JSContext *ctx, JSValueConst word, const char *doing, uint8_t *tag) {
    static const char known[] = "a type must be \"integer\", \"number\", \"text\" or \"logical\"";
    if (!JS_IsString(word))
        return refuse_argument(ctx, doing, known);
    size_t length;
    const char *given = JS_ToCStringLen(ctx, &length, word);
    if (given == NULL)
        return -1;
    *tag = 0;
    for (size_t i = 0; i < TYPES; i++)
        if (strlen(types[i].word) == length && memcmp(given, types[i].word, length) == 0)
            *tag = types[i].tag;
    JS_FreeCString(ctx, given);
    return *tag == 0 ? refuse_argument(ctx, doing, known) : 0;
}

/* Our own logical fields are true and false. In a stone from elsewhere the same tag may mean bytes and addresses,
   which are Numbers. */
static int bits_of(JSContext *ctx, const struct table *table, JSValueConst value, const char *doing, uint32_t *bits) {
    if (JS_IsBool(value)) {
        *bits = JS_VALUE_GET_BOOL(value);
        return 0;
    }
    if (table->stone == NULL || !JS_IsNumber(value))
        return refuse_argument(ctx, doing, "neither true nor false");
    double number = 0;
    if (number_argument(ctx, value, doing, &number) < 0)
        return -1;
    if (!(number >= 0 && number <= UINT32_MAX && number == (double)(uint32_t)number))
        return refuse_argument(ctx, doing, "neither true nor false nor a 32-bit integer");
    *bits = (uint32_t)number;
    return 0;
}

int any_field_of(JSContext *ctx, const struct table *table, JSValueConst value, int as, const char *doing,
                 struct field *field) {
    struct bucket_value *to = &field->value;
    *field = (struct field){ .value.tag = as == AS_KEY ? table->key_tag : table->value_tag };
    switch (to->tag) {
    case 'i':
        return integer_argument(ctx, value, doing, &to->as.i);
    case 'f':
        if (number_argument(ctx, value, doing, &to->as.f) < 0)
            return -1;
        if (as == AS_KEY)
            to->as.f += 0.0; /* a new key is never -0, as with Map */
        return 0;
    case 's':
        field->text = string_argument(ctx, value, doing, &field->length);
        return field->text == NULL ? -1 : 0;
    default:
        return bits_of(ctx, table, value, doing, &to->as.b);
    }
}

int hold_text(JSContext *ctx, struct table *table, const char *doing, struct field *field) {
    drystone_status status = DRYSTONE_LIMIT_EXCEEDED;
    if (field->length <= UINT32_MAX)
        COLLECT_AND_RETRY(ctx, status,
                          bucket_string_new(table->memory, field->text, (uint32_t)field->length, &field->value));
    if (status != DRYSTONE_OK) {
        throw_status(ctx, status, doing);
        return -1;
    }
    field->held = true;
    return 0;
}

void field_free_text(JSContext *ctx, struct table *table, struct field *field) {
    if (field->held)
        bucket_string_release(table->memory, &field->value);
    JS_FreeCString(ctx, field->text);
}

JSValue field_value(JSContext *ctx, const struct table *table, uint8_t tag, const struct bucket_value *value,
                    const char *doing) {
    switch (tag) {
    case 'i':
        return integer_value(ctx, value->as.i);
    case 'f':
        return JS_NewFloat64(ctx, value->as.f);
    case 's': {
        const char *text;
        uint32_t length;
        drystone_status status = bucket_string_data(table->memory, value, &text, &length);
        /* keeps lone surrogates */
        return status == DRYSTONE_OK ? JS_NewStringLen(ctx, text, length) : throw_status(ctx, status, doing);
    }
    default:
        return value->as.b <= 1 ? JS_NewBool(ctx, value->as.b != 0) : JS_NewInt64(ctx, value->as.b);
    }
}
