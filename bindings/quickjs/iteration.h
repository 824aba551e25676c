/* The language's protocol of iteration: iterators of programs, and what ours give. */
#ifndef DRYSTONE_QUICKJS_ITERATION_H
#define DRYSTONE_QUICKJS_ITERATION_H

#include "runtime.h"

/* The iterator of something iterable; JS_EXCEPTION. */
static JSValue iterator_of(JSContext *ctx, struct module *module, JSValueConst iterable, const char *doing);
/* 1: an item; 0: the end; -1: an exception is pending. */
static int iterator_step(JSContext *ctx, const struct module *module, JSValueConst iterator, JSValueConst next,
                         JSValue *item);
/* Tells an iterator that no more items are wanted. The pending exception stays. */
static void iterator_close(JSContext *ctx, JSValueConst iterator);
/* What an iterator's `next` returns: { value, done }. */
static JSValue iteration_result(JSContext *ctx, struct module *module, JSValueConst value, bool done);
/* What iterators inherit from; JS_UNDEFINED: the engine has no iterator helpers. */
static JSValue iterator_parent(JSContext *ctx);
/* Returns its this_value. */
MODULE_FUNCTION(itself);

#endif
