/* Messages and Nota to JavaScript values. */
#ifndef DRYSTONE_QUICKJS_DECODE_H
#define DRYSTONE_QUICKJS_DECODE_H

#include "runtime.h"

/* `message`: what the reader reads; NULL: bytes, which refer to nothing. */
static JSValue decode_message(JSContext *ctx, struct module *module, wota_reader *reader, const blob *message);
static JSValue decode_nota(JSContext *ctx, struct module *module, nota_reader *reader);
static JSValue decoded_integer(JSContext *ctx, int64_t integer);

#endif
