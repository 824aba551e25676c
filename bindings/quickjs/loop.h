/* The host's loop, which reports that a mailbox's descriptor is readable. */
#ifndef DRYSTONE_QUICKJS_LOOP_H
#define DRYSTONE_QUICKJS_LOOP_H

#include "drystone_quickjs.h"
#include "runtime.h"

/* The registration of one descriptor with the loop. */
struct watch {
    int32_t descriptor;
    bool on;
    drystone_js_watch host; /* NULL: os.setReadHandler */
    void *host_context;
    JSValue function; /* the argument of os.setReadHandler */
};

/* -1: the host has no loop, and an exception says so. */
static int loop_needed(JSContext *ctx, struct module *module, const char *doing);
/* Makes the loop call `ready` with `data`, or the function, while the descriptor is readable. -1: an exception is pending. */
static int watch_start(JSContext *ctx, struct module *module, struct watch *watch, drystone_js_ready ready, void *data);
/* Stops these calls. */
static void watch_stop(JSContext *ctx, struct module *module, struct watch *watch);
/* The same while the context ends: no JavaScript runs then, and quickjs-libc has already freed its functions. */
static void watch_end(struct watch *watch);
/* Sets the handler of a descriptor in quickjs-libc's loop; null removes it. */
static int set_read_handler(JSContext *ctx, struct module *module, int32_t descriptor, JSValueConst handler);

#endif
