/* All parts of the binding, and their state in a context, for calls from outside, which may be the first of their
   runtime. */
#ifndef DRYSTONE_QUICKJS_PARTS_H
#define DRYSTONE_QUICKJS_PARTS_H

#include "runtime.h"

/* Each is made at first use. NULL or JS_EXCEPTION: an exception is pending. */
static struct runtime_state *needed_runtime_state(JSContext *ctx);
static struct module *needed_module(JSContext *ctx);
/* Counted. */
static JSValue needed_module_object(JSContext *ctx);

#endif
