/* Arguments from programs, checked strictly: nothing is converted. On failure each returns -1 with an exception
   pending; `doing` is the function's name for its message. */
#ifndef DRYSTONE_QUICKJS_ARGUMENTS_H
#define DRYSTONE_QUICKJS_ARGUMENTS_H

#include "compat.h"
#include "drystone.h"

/* Throws an error for the function's name and what is wrong; -1. */
static int refuse_argument(JSContext *ctx, const char *doing, const char *what);
/* A BigInt as 64 bits with sign: 1, or 0 for one that has more. */
static int big_integer_of(JSContext *ctx, JSValueConst number, int64_t *integer);
/* A whole Number that is safe, or a BigInt of 64 bits with sign. */
static int integer_argument(JSContext *ctx, JSValueConst value, const char *doing, int64_t *integer);
/* The reverse: a Number if it is a safe integer, else a BigInt. */
static JSValue integer_value(JSContext *ctx, int64_t integer);
/* The 64 bits of a DEC64 number as a BigInt, with sign or without. */
static int word_argument(JSContext *ctx, JSValueConst value, const char *doing, int64_t *word);
static JSValue word_value(JSContext *ctx, int64_t word);
static int number_argument(JSContext *ctx, JSValueConst value, const char *doing, double *number);
/* A Number; `otherwise` if it is negative, not whole or not safe. */
static int count_argument(JSContext *ctx, JSValueConst value, const char *doing, size_t otherwise, size_t *count);
/* true, false, 1 or 0. */
static int bit_argument(JSContext *ctx, JSValueConst value, const char *doing, bool *bit);
/* A string as UTF-8, to be freed with JS_FreeCString; NULL: an exception is pending. */
static const char *string_argument(JSContext *ctx, JSValueConst value, const char *doing, size_t *length);
/* "classic" or "dec64". */
static int dialect_argument(JSContext *ctx, JSValueConst value, const char *doing, wota_dialect *dialect);

/* Options that the object does not have leave `*…` as it is. A Number in place of the object has no options, so that
   values.map(wota.encode) works. */
static int dialect_option(JSContext *ctx, JSValueConst options, const char *doing, wota_dialect *dialect);
static int flag_option(JSContext *ctx, JSValueConst options, const char *name, const char *doing, bool *flag);
/* The value of an option; JS_UNDEFINED: there is no such option. */
static JSValue option_of(JSContext *ctx, JSValueConst options, const char *name, const char *doing);
static int count_option(JSContext *ctx, JSValueConst options, const char *name, const char *doing, uint64_t *count);

#endif
