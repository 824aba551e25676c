/* The binding's C interface, for hosts that compile drystone_quickjs.c into their engine.
 *
 * Conventions, beside those of drystone.h:
 * - A context is *live*: of a runtime that has not been freed, and used by one thread at a time, as the engine has it.
 *   Any number of runtimes may be used at once, on any threads. No context is NULL.
 * - Every call works in every context, whether it has imported the module or not: what it needs is set up when it is
 *   first used, and freed with the context. Objects of one context may be used in the others of its runtime.
 * - A call that fails leaves a JavaScript exception pending in the context: an Error, TypeError or RangeError with `code`, the
 *   name of the status without DRYSTONE_, or the engine's own error when it has no memory.
 * - Calls that make objects may run the engine's garbage collector, which hears of the bytes that they keep alive.
 * - JSValue results are the caller's to free; JSValueConst arguments stay the caller's.
 */
#ifndef DRYSTONE_QUICKJS_H
#define DRYSTONE_QUICKJS_H

#include "quickjs.h"

#include "drystone.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Makes `import * as drystone from "<module_name>"` work in a context: once for each context, before the first such
 * import. `module_name` is a C string, copied. 0, or -1 with an exception: NO_MEMORY.
 */
int drystone_js_init(JSContext *ctx, const char *module_name);

/**
 * The same for a module loader, which has to give the module itself; the context owns it. NULL with an exception.
 */
JSModuleDef *drystone_js_module(JSContext *ctx, const char *module_name);

/**
 * A Blob object for a stone, an antestone or a message. Takes one count over from the caller, also when it fails: a
 * caller who keeps the blob calls `blob_incref` first. The count is released when the object is freed, on the
 * runtime's thread. `owned` is *live* and, as long as it is an antestone, *alone*: others may not use it beside the
 * script. JS_EXCEPTION: INVALID_ARGUMENT for NULL, NO_MEMORY.
 */
JSValue drystone_js_from_blob(JSContext *ctx, blob *owned);

/**
 * The blob of a value, with one count more, which the caller owns: of a Blob object its blob, of an ArrayBuffer over a
 * stone the stone, of a typed array or DataView over a stone the part that it covers, which shares the stone's memory.
 * No JavaScript of the program runs. NULL with an exception: INVALID_ARGUMENT for every other value (bytes outside a
 * stone are not copied: use `drystone_js_encode`) and for a detached buffer, NO_MEMORY.
 */
blob *drystone_js_to_blob(JSContext *ctx, JSValueConst value);

/**
 * A message of a value, as `wota.encode` makes it; the caller owns the one count. `dialect` is WOTA_CLASSIC or
 * WOTA_DEC64; with `| WOTA_NEAREST`, numbers that DEC64 cannot hold become the nearest that it can. Getters of the
 * value run, and may throw anything. NULL with an exception: INVALID_ARGUMENT for another dialect and for cycles,
 * WRONG_TYPE for what has no form in a message, OUT_OF_RANGE for numbers without one, LIMIT_EXCEEDED for what is too
 * deep or too long, NO_MEMORY.
 */
blob *drystone_js_encode(JSContext *ctx, JSValueConst value, wota_dialect dialect);

/**
 * The value of a message, as `wota.decode` gives it: stones in it are immutable ArrayBuffers, which hold counts of
 * their own. `message` is *live* and borrowed for the call. No JavaScript of the program runs.
 * JS_EXCEPTION: INVALID_ARGUMENT for NULL, NOT_STONE for an antestone, WRONG_TYPE for a stone that is not a message,
 * UNSUPPORTED for what JavaScript has no value for, LIMIT_EXCEEDED, NO_MEMORY.
 */
JSValue drystone_js_decode(JSContext *ctx, const blob *message);

/**
 * The value of a message as a stone value, as `wota.view` gives it: records and arrays that read it where it is. They
 * hold counts of their own. `message` is *live* and borrowed for the call. No JavaScript of the program runs.
 * JS_EXCEPTION: see `drystone_js_decode`. Values that JavaScript cannot represent throw only when they are read.
 */
JSValue drystone_js_view(JSContext *ctx, blob *message);

/**
 * A Mailbox object. Takes one count over from the caller, also when it fails, as `drystone_js_from_blob` does; a host
 * that takes letters from the mailbox itself calls `mailbox_incref` first. Two objects for one mailbox are two objects.
 * `owned` is *live*. JS_EXCEPTION: INVALID_ARGUMENT for NULL, NO_MEMORY.
 */
JSValue drystone_js_from_mailbox(JSContext *ctx, mailbox *owned);

/**
 * The mailbox of a Mailbox object, with one count more, which the caller owns and may use on any thread.
 * NULL with an exception: INVALID_ARGUMENT for every other value, NO_MEMORY.
 */
mailbox *drystone_js_to_mailbox(JSContext *ctx, JSValueConst value);

/**
 * What a host's loop calls when a descriptor is readable: on the thread of the context's runtime, with the `ctx` and
 * `data` that came with the descriptor, once for each time the loop finds it readable. It runs JavaScript, and may call
 * the loop's `watch` for this and for other descriptors before it returns. The jobs that it leaves are the host's to
 * run (JS_ExecutePendingJob), as after its timers. 0, or -1 with an exception pending in `ctx`: what the program's own
 * function threw, which the host reports as it does for its timers, and goes on.
 */
typedef int (*drystone_js_ready)(JSContext *ctx, void *data);

/**
 * A host's function that has a descriptor watched until further notice, or no longer watched when `ready` is NULL.
 * `context` is what drystone_js_set_wait was given. A descriptor is watched once at a time in a runtime. It is level
 * triggered: readable as long as there is something to do. It is never to be read, written or closed. After a call with
 * NULL the `ready` of before must not be called again, not even for what was found readable before that call. `ctx` is
 * the context that waits, which lives until then; NULL when watching stops because the context ends, and `data` is NULL
 * when it stops. Always on the thread of the runtime. 0, or -1 when it cannot be watched; stopping does not fail.
 */
typedef int (*drystone_js_watch)(void *context, JSContext *ctx, int descriptor, drystone_js_ready ready, void *data);

/**
 * How `await mailbox.next()`, `for await` and `mailbox.onletter` wait in the contexts of a runtime: by the loop of a
 * host that has one of its own. NULL for `watch`: by quickjs-libc's os.setReadHandler, where the context can import it,
 * which is what holds without this call; what is watched already stays where it is. `watch` is called until
 * JS_FreeRuntime has returned at the latest, and `context` has to last as long. Call it after JS_NewRuntime, on the
 * runtime's thread. 0, or -1 when there is no memory. Where an engine does not say when a runtime ends (Bellard's), a
 * host whose contexts never used the module calls it with NULL before JS_FreeRuntime.
 *
 * `ready` gives -1 only for what `onletter` throws. An exception in a `for await`, after an `await` or at the top of
 * a module rejects a promise: without JS_SetHostPromiseRejectionTracker it is not reported.
 *
 * A loop around poll, with room for 64 descriptors, a zeroed `struct loop`. Descriptors of the host's own may lie in the
 * same array; then count those that are watched for scripts, to know when these are done.
 *
 *     struct loop {
 *         struct pollfd fds[64];
 *         struct { JSContext *ctx; drystone_js_ready ready; void *data; } calls[64];
 *         nfds_t count;
 *     };
 *
 *     static int watch(void *context, JSContext *ctx, int fd, drystone_js_ready ready, void *data) {
 *         struct loop *loop = context;
 *         nfds_t i = 0;
 *         while (i < loop->count && loop->fds[i].fd != fd)
 *             i++;
 *         if (ready == NULL) {
 *             if (i < loop->count) {
 *                 loop->count--;
 *                 loop->fds[i] = loop->fds[loop->count];
 *                 loop->calls[i] = loop->calls[loop->count];
 *             }
 *             return 0;
 *         }
 *         if (i == 64)
 *             return -1;
 *         if (i == loop->count)
 *             loop->count++;
 *         loop->fds[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
 *         loop->calls[i].ctx = ctx;
 *         loop->calls[i].ready = ready;
 *         loop->calls[i].data = data;
 *         return 0;
 *     }
 *
 *     drystone_js_set_wait(runtime, watch, &loop);
 *     ...
 *     run_pending_jobs(runtime);
 *     while (loop.count > 0 || timers_are_pending()) {
 *         if (poll(loop.fds, loop.count, milliseconds_to_next_timer()) < 0 && errno != EINTR)
 *             break;
 *         // from the last to the first: entries that a call adds or moves come later, or have their `revents` cleared
 *         for (nfds_t i = loop.count; i-- > 0;) {
 *             if (i >= loop.count || loop.fds[i].revents == 0)
 *                 continue;
 *             JSContext *ctx = loop.calls[i].ctx;
 *             loop.fds[i].revents = 0;
 *             if (loop.calls[i].ready(ctx, loop.calls[i].data) < 0)
 *                 report_exception(ctx);
 *             run_pending_jobs(runtime);
 *         }
 *         run_timers();
 *     }
 */
int drystone_js_set_wait(JSRuntime *runtime, drystone_js_watch watch, void *context);

#ifdef __cplusplus
}
#endif

#endif
