#include "wait.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "arguments.h"
#include "builtin.h"
#include "error.h"
#include "part.h"

/* How long a thread waits, in microseconds, before the interrupt handler runs: a quarter of the time waited so far, within
   these bounds. So a deadline that the handler watches is kept, and a thread that waits for long seldom runs. */
#define SHORTEST_INTERVAL 20000
#define LONGEST_INTERVAL 250000
/* The engines run the interrupt handler once in this many function calls, and have no other call for it. */
#define CALLS_AN_INTERRUPT 10000

static int64_t in_microseconds(const struct timespec *time) {
    return (int64_t)time->tv_sec * 1000000 + time->tv_nsec / 1000;
}

int64_t now_in_microseconds(void) {
    struct timespec now;
#ifdef CLOCK_MONOTONIC
    clock_gettime(CLOCK_MONOTONIC, &now);
#else
    timespec_get(&now, TIME_UTC);
#endif
    return in_microseconds(&now);
}

/* Without a deadline the kernel's last tick, some milliseconds ago, is precise enough. It is read in a tenth of the
   time, for which the thread that will answer may be waiting. */
static int64_t wait_now(const struct wait *wait) {
#ifdef CLOCK_MONOTONIC_COARSE
    if (wait->deadline < 0) {
        struct timespec tick;
        clock_gettime(CLOCK_MONOTONIC_COARSE, &tick);
        return in_microseconds(&tick);
    }
#endif
    (void)wait;
    return now_in_microseconds();
}

int timeout_argument(JSContext *ctx, JSValueConst value, const char *doing, int64_t *timeout) {
    double milliseconds = -1;
    if (!JS_IsUndefined(value) && JS_ToFloat64(ctx, &milliseconds, value) < 0)
        return -1;
    if (isnan(milliseconds))
        return refuse_argument(ctx, doing, "the timeout is not a number");
    *timeout = milliseconds < 0 || milliseconds >= 1125899906842624.0 ? -1 : (int64_t)ceil(milliseconds);
    return 0;
}

static JSValue nothing_function(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv) {
    (void)ctx, (void)this_value, (void)argc, (void)argv;
    return JS_UNDEFINED;
}

JSValue new_nothing_function(JSContext *ctx) { return JS_NewCFunction(ctx, nothing_function, "", 0); }

static int run_interrupt_handler(JSContext *ctx) {
    JSValue nothing = new_nothing_function(ctx);
    bool failed = JS_IsException(nothing);
    for (int call = 0; call < CALLS_AN_INTERRUPT && !failed; call++)
        failed = JS_IsException(JS_Call(ctx, nothing, JS_UNDEFINED, 0, NULL));
    JS_FreeValue(ctx, nothing);
    return failed ? -1 : 0;
}

/* Only Atomics.wait reveals what JS_SetCanBlock has set. This call never waits, as the cell holds 0 and not 1. Without
   Atomics in the context, blocking is allowed. -1: an exception is pending. */
static int may_block(JSContext *ctx, struct module *module) {
    if (JS_IsUndefined(module->values[ATOMICS_WAIT]))
        return 1;
    JSValueConst arguments[] = { module->values[SHARED_CELL], JS_NewInt32(ctx, 0), JS_NewInt32(ctx, 1), JS_NewInt32(ctx, 0) };
    JSValue answer = JS_Call(ctx, module->values[ATOMICS_WAIT], JS_UNDEFINED, 4, arguments);
    JS_FreeValue(ctx, answer);
    if (!JS_IsException(answer))
        return 1;
    return expect_type_error(ctx);
}

/* -1: an exception is pending. */
static int need_blocking(struct wait *wait) {
    int may = may_block(wait->ctx, wait->module);
    wait->module->state->may_block = may > 0;
    if (may == 0) {
        char message[200];
        int length = snprintf(message, sizeof message,
                              "%s: this runtime may not block (JS_SetCanBlock): use timeout 0, next(), for await or "
                              "onletter",
                              wait->doing);
        throw_status_message(wait->ctx, DRYSTONE_UNSUPPORTED, message, (size_t)length);
    }
    return may > 0 ? 0 : -1;
}

int wait_begin(struct wait *wait, JSContext *ctx, struct module *module, int64_t timeout, const char *doing) {
    *wait = (struct wait){ .ctx = ctx, .module = module, .doing = doing, .deadline = timeout < 0 ? -1 : 0,
                           .interval = SHORTEST_INTERVAL };
    /* Asking the engine takes time, and the thread that will answer may be waiting for this processor. So the engine's
       last answer counts at first. */
    if (!module->state->may_block && need_blocking(wait) < 0)
        return -1;
    wait->began = wait->since = wait_now(wait);
    if (timeout >= 0)
        wait->deadline = wait->began + timeout * 1000;
    return 0;
}

/* Adds the duration of the slice to the time waited since the handler ran. */
static int64_t count_slice(struct wait *wait) {
    int64_t now = wait_now(wait);
    if (now > wait->since)
        wait->module->waited += now - wait->since;
    return now;
}

static int64_t next_interval(int64_t waited) {
    int64_t interval = waited / 4;
    if (interval < SHORTEST_INTERVAL)
        return SHORTEST_INTERVAL;
    return interval > LONGEST_INTERVAL ? LONGEST_INTERVAL : interval;
}

int wait_next(struct wait *wait) {
    int64_t now = wait->since;
    if (wait->slice > 0) {
        now = count_slice(wait);
        if (need_blocking(wait) < 0)
            return -1;
    }
    if (wait->module->waited >= wait->interval) {
        wait->module->waited = 0;
        if (run_interrupt_handler(wait->ctx) < 0)
            return -1;
        now = wait_now(wait);
        wait->interval = next_interval(now - wait->began);
    }
    wait->since = now;
    int64_t slice = wait->interval - wait->module->waited;
    if (wait->deadline >= 0 && slice > wait->deadline - now)
        slice = wait->deadline - now;
    wait->slice = (slice + 999) / 1000;
    return slice > 0;
}

void wait_end(struct wait *wait) { count_slice(wait); }

static JSValue new_of_global(JSContext *ctx, const char *name, JSValueConst argument) {
    JSValue constructor = global_property(ctx, name, NULL);
    JSValue made = JS_IsConstructor(ctx, constructor) ? JS_CallConstructor(ctx, constructor, 1, &argument)
                                                      : JS_UNDEFINED;
    bool failed = JS_IsException(constructor);
    JS_FreeValue(ctx, constructor);
    return failed ? JS_EXCEPTION : made;
}

static int wait_init(JSContext *ctx, JSValueConst module_object) {
    struct module *module = module_of(module_object);
    JSValue function = global_property(ctx, "Atomics", "wait");
    if (!JS_IsFunction(ctx, function)) {
        JS_FreeValue(ctx, function);
        return JS_IsException(function) ? -1 : 0;
    }
    JSValue buffer = new_of_global(ctx, "SharedArrayBuffer", JS_NewInt32(ctx, sizeof(int32_t)));
    if (JS_IsObject(buffer))
        module->values[SHARED_CELL] = new_of_global(ctx, "Int32Array", buffer);
    bool failed = JS_IsException(buffer) || JS_IsException(module->values[SHARED_CELL]);
    JS_FreeValue(ctx, buffer);
    if (JS_IsObject(module->values[SHARED_CELL]))
        module->values[ATOMICS_WAIT] = function;
    else
        JS_FreeValue(ctx, function);
    return failed ? -1 : 0;
}

static const struct part wait_part = { .init = wait_init };
