/* The iteration protocol: the iterators of programs, and the results of ours. */
#ifndef DRYSTONE_QUICKJS_ITERATION_H
#define DRYSTONE_QUICKJS_ITERATION_H

#include "runtime.h"

/* An iteration under way. Elements of arrays are read directly if the array has the language's own iterator. */
struct iteration {
    JSValue iterator, next;
    JSValueConst elements; /* undefined: `next` is called */
    int64_t index;
};

/* Begins an iteration over an iterable, which must outlive it. 0, or -1: an exception is pending, and there is nothing
   to end. */
static int iteration_begin(JSContext *ctx, struct module *module, JSValueConst iterable, const char *doing,
                           struct iteration *iteration);
/* 1: an item; 0: the end; -1: an exception is pending. */
static int iteration_step(JSContext *ctx, const struct module *module, struct iteration *iteration, JSValue *item);
/* Tells the iterator that no more items are wanted. The pending exception stays. */
static void iteration_close(JSContext *ctx, const struct iteration *iteration);
static void iteration_end(JSContext *ctx, const struct iteration *iteration);
/* What an iterator's `next` returns: { value, done }. */
static JSValue iteration_result(JSContext *ctx, struct module *module, JSValueConst value, bool done);
/* The prototype of iterators; JS_UNDEFINED: the engine has no iterator helpers. */
static JSValue iterator_parent(JSContext *ctx);
/* The method of iterators that returns the iterator itself. */
MODULE_FUNCTION(itself);

#endif
