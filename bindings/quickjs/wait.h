/* Calls that block, if JS_SetCanBlock allows it, and never for long without running the interrupt handler. */
#ifndef DRYSTONE_QUICKJS_WAIT_H
#define DRYSTONE_QUICKJS_WAIT_H

#include "runtime.h"

struct wait {
    JSContext *ctx;
    struct module *module;
    const char *doing;
    int64_t began;    /* microseconds */
    int64_t deadline; /* the same; negative: none */
    int64_t interval; /* how many microseconds to wait before the interrupt handler runs */
    int64_t since;    /* when the slice began */
    int64_t slice;    /* how many milliseconds to wait now; 0: not yet */
};

/* Milliseconds: undefined, negative and beyond all clocks are "without end", -1; parts are rounded up, so that half a
   millisecond is not "do not wait". -1: an exception is pending. */
static int timeout_argument(JSContext *ctx, JSValueConst value, const char *doing, int64_t *timeout);
/* -1: this runtime may not block, and an exception says so. Otherwise call wait_end later. */
static int wait_begin(struct wait *wait, JSContext *ctx, struct module *module, int64_t timeout, const char *doing);
/* 1: wait for the slice, then call this again. 0: the time is up. -1: an exception is pending: the interrupt handler has
   ended the program, or memory has run out. */
static int wait_next(struct wait *wait);
static void wait_end(struct wait *wait);

static int64_t now_in_microseconds(void);

/* A new function of the context that does nothing. */
static JSValue new_nothing_function(JSContext *ctx);

#endif
