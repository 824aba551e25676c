/* Statuses as JavaScript errors. Each function throws and returns JS_EXCEPTION, unless it says otherwise. */
#ifndef DRYSTONE_QUICKJS_ERROR_H
#define DRYSTONE_QUICKJS_ERROR_H

#include "compat.h"
#include "drystone.h"

/* "<doing>: <the status's text>" */
static JSValue throw_status(JSContext *ctx, drystone_status status, const char *doing);
static JSValue throw_status_message(JSContext *ctx, drystone_status status, const char *message, size_t length);
/* A TypeError, whatever the status. */
static JSValue throw_type_error(JSContext *ctx, drystone_status status, const char *message, size_t length);
/* Clears a pending TypeError: 0. Any other exception stays pending: -1. */
static int expect_type_error(JSContext *ctx);

#endif
