/* Messages and Nota to JavaScript values. */
#ifndef DRYSTONE_QUICKJS_DECODE_H
#define DRYSTONE_QUICKJS_DECODE_H

#include "runtime.h"

/* What the reader reads: a message; or so many bytes, which refer to nothing. */
static JSValue decode_message(JSContext *ctx, struct module *module, wota_reader *reader, const blob *message);
static JSValue decode_bytes(JSContext *ctx, struct module *module, wota_reader *reader, size_t length);
static JSValue decode_nota(JSContext *ctx, struct module *module, nota_reader *reader, size_t length);
static JSValue decoded_integer(JSContext *ctx, int64_t integer);

#endif
