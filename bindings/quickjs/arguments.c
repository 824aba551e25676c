#include "arguments.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

#define LARGEST_SAFE INT64_C(9007199254740991)

int refuse_argument(JSContext *ctx, const char *doing, const char *what) {
    char message[160];
    int length = snprintf(message, sizeof message, "%s: %s", doing, what);
    throw_status_message(ctx, DRYSTONE_INVALID_ARGUMENT, message, (size_t)length);
    return -1;
}

/* Of a Number only, so no JavaScript runs. */
static double plain_number(JSContext *ctx, JSValueConst value) {
    double number = NAN;
    JS_ToFloat64(ctx, &number, value);
    return number;
}

static bool is_whole(double number) { return number == trunc(number) && fabs(number) <= (double)LARGEST_SAFE; }

/* Whether two BigInts are equal; takes over the first one. */
static int is_same(JSContext *ctx, JSValue back, JSValueConst number) {
    if (JS_IsException(back))
        return -1;
    bool same = is_same_value(ctx, back, number);
    JS_FreeValue(ctx, back);
    return same;
}

/* The engine's conversion wraps around at 64 bits, so the way back must give the same number. */
int big_integer_of(JSContext *ctx, JSValueConst number, int64_t *integer) {
    if (JS_ToBigInt64(ctx, integer, number) < 0)
        return -1;
    return is_same(ctx, JS_NewBigInt64(ctx, *integer), number);
}

int integer_argument(JSContext *ctx, JSValueConst value, const char *doing, int64_t *integer) {
    if (JS_VALUE_GET_TAG(value) == JS_TAG_INT) {
        *integer = JS_VALUE_GET_INT(value);
        return 0;
    }
    if (JS_IsNumber(value)) {
        double number = plain_number(ctx, value);
        if (!is_whole(number))
            return refuse_argument(ctx, doing, "the number is not a safe integer");
        *integer = (int64_t)number;
        return 0;
    }
    if (!is_big_integer(ctx, value))
        return refuse_argument(ctx, doing, "neither an integer nor a BigInt");
    int exact = big_integer_of(ctx, value, integer);
    if (exact == 0)
        return refuse_argument(ctx, doing, "the BigInt has more than 64 bits");
    return exact < 0 ? -1 : 0;
}

JSValue integer_value(JSContext *ctx, int64_t integer) {
    bool safe = integer >= -LARGEST_SAFE && integer <= LARGEST_SAFE;
    return safe ? JS_NewInt64(ctx, integer) : JS_NewBigInt64(ctx, integer);
}

int word_argument(JSContext *ctx, JSValueConst value, const char *doing, int64_t *word) {
    if (!is_big_integer(ctx, value))
        return refuse_argument(ctx, doing, "the word is not a BigInt");
    int exact = big_integer_of(ctx, value, word);
    if (exact == 0)
        exact = is_same(ctx, JS_NewBigUint64(ctx, (uint64_t)*word), value);
    if (exact == 0)
        return refuse_argument(ctx, doing, "the word has more than 64 bits");
    return exact < 0 ? -1 : 0;
}

JSValue word_value(JSContext *ctx, int64_t word) { return JS_NewBigUint64(ctx, (uint64_t)word); }

int number_argument(JSContext *ctx, JSValueConst value, const char *doing, double *number) {
    if (!JS_IsNumber(value))
        return refuse_argument(ctx, doing, "not a number");
    *number = plain_number(ctx, value);
    return 0;
}

int count_argument(JSContext *ctx, JSValueConst value, const char *doing, size_t otherwise, size_t *count) {
    double number = 0;
    if (number_argument(ctx, value, doing, &number) < 0)
        return -1;
    *count = is_whole(number) && number >= 0 && number <= (double)(SIZE_MAX / 2) ? (size_t)number : otherwise;
    return 0;
}

int bit_argument(JSContext *ctx, JSValueConst value, const char *doing, bool *bit) {
    if (JS_IsBool(value)) {
        *bit = JS_VALUE_GET_BOOL(value);
        return 0;
    }
    double number = JS_IsNumber(value) ? plain_number(ctx, value) : NAN;
    if (number != 0 && number != 1)
        return refuse_argument(ctx, doing, "a bit must be true, false, 1 or 0");
    *bit = number == 1;
    return 0;
}

const char *string_argument(JSContext *ctx, JSValueConst value, const char *doing, size_t *length) {
    if (JS_IsString(value))
        return JS_ToCStringLen(ctx, length, value);
    refuse_argument(ctx, doing, "not a string");
    return NULL;
}

int dialect_argument(JSContext *ctx, JSValueConst value, const char *doing, wota_dialect *dialect) {
    size_t length;
    const char *name = string_argument(ctx, value, doing, &length);
    if (name == NULL)
        return -1;
    bool classic = strcmp(name, "classic") == 0, dec64 = strcmp(name, "dec64") == 0;
    JS_FreeCString(ctx, name);
    if (!classic && !dec64)
        return refuse_argument(ctx, doing, "the dialect must be \"classic\" or \"dec64\"");
    *dialect = dec64 ? WOTA_DEC64 : WOTA_CLASSIC;
    return 0;
}

JSValue option_of(JSContext *ctx, JSValueConst options, const char *name, const char *doing) {
    if (JS_IsUndefined(options) || JS_IsNumber(options))
        return JS_UNDEFINED;
    if (!JS_IsObject(options)) {
        refuse_argument(ctx, doing, "the options are not an object");
        return JS_EXCEPTION;
    }
    return JS_GetPropertyStr(ctx, options, name);
}

int dialect_option(JSContext *ctx, JSValueConst options, const char *doing, wota_dialect *dialect) {
    JSValue value = option_of(ctx, options, "dialect", doing);
    if (JS_IsUndefined(value))
        return 0;
    int result = JS_IsException(value) ? -1 : dialect_argument(ctx, value, doing, dialect);
    JS_FreeValue(ctx, value);
    return result;
}

int flag_option(JSContext *ctx, JSValueConst options, const char *name, const char *doing, bool *flag) {
    JSValue value = option_of(ctx, options, name, doing);
    if (JS_IsException(value))
        return -1;
    int result = JS_ToBool(ctx, value);
    JS_FreeValue(ctx, value);
    if (result < 0)
        return -1;
    *flag = result;
    return 0;
}

int count_option(JSContext *ctx, JSValueConst options, const char *name, const char *doing, uint64_t *count) {
    JSValue value = option_of(ctx, options, name, doing);
    if (JS_IsUndefined(value))
        return 0;
    if (JS_IsException(value))
        return -1;
    size_t given;
    int result = count_argument(ctx, value, doing, 0, &given);
    JS_FreeValue(ctx, value);
    if (result < 0)
        return -1;
    if (given == 0)
        return refuse_argument(ctx, doing, "a limit must be a whole number above 0");
    *count = given;
    return 0;
}
