/* The binding's C interface, for hosts that compile drystone_quickjs.c into their engine.
 *
 * Conventions, in addition to those of drystone.h:
 * - A context is *live*: it belongs to a runtime that has not been freed, and only one thread at a time uses it, as the
 *   engine requires. Any number of runtimes may be in use at once, on any threads. A context is never NULL.
 * - Every call works in every context, even if the context has not imported the module. The state that it needs is
 *   made at first use and freed with the context. Objects of one context may be used in other contexts of its runtime.
 * - A call that fails leaves a JavaScript exception pending in the context: an Error, TypeError or RangeError with
 *   `code`, the name of the status without DRYSTONE_, or the engine's own error when the engine has no memory.
 * - Calls that make objects tell the engine's garbage collector how many bytes these keep alive, and may run it.
 * - The caller frees JSValue results, and keeps JSValueConst arguments.
 */
#ifndef DRYSTONE_QUICKJS_H
#define DRYSTONE_QUICKJS_H

#include "quickjs.h"

#include "drystone.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Makes `import * as drystone from "<module_name>"` work in a context. Call it once for each context, before the first
 * such import. `module_name` is a C string, copied. Returns 0, or -1 with an exception: NO_MEMORY.
 */
int drystone_js_init(JSContext *ctx, const char *module_name);

/**
 * The same for a module loader, which has to return the module; the context owns it. Returns NULL with an exception.
 */
JSModuleDef *drystone_js_module(JSContext *ctx, const char *module_name);

/**
 * Returns a Blob object for a stone, an antestone or a message. Takes over one count of the caller, even on failure: a
 * caller that keeps the blob calls `blob_incref` first. The count is dropped when the object is freed, on the
 * runtime's thread. `owned` is *live* and, as long as it is an antestone, *alone*: only the script may use it.
 * JS_EXCEPTION: INVALID_ARGUMENT for NULL, NO_MEMORY.
 */
JSValue drystone_js_from_blob(JSContext *ctx, blob *owned);

/**
 * Returns the blob of a value, with a new count that the caller owns: for a Blob object its blob, for an ArrayBuffer
 * over a stone the stone, for a typed array or DataView over a stone the part that it covers, which shares the stone's
 * memory. No JavaScript of the program runs. NULL with an exception: INVALID_ARGUMENT for every other value (bytes
 * outside a stone are not copied: use `drystone_js_encode`) and for a detached buffer, NO_MEMORY.
 */
blob *drystone_js_to_blob(JSContext *ctx, JSValueConst value);

/**
 * Returns a message of a value, as `wota.encode` makes it; the caller owns its only count. `dialect` is WOTA_CLASSIC or
 * WOTA_DEC64; `| WOTA_NEAREST` rounds numbers that DEC64 cannot represent. Getters of the value run, and may throw
 * anything. NULL with an exception: INVALID_ARGUMENT for another dialect and for cycles, WRONG_TYPE for a value that
 * messages do not have, OUT_OF_RANGE for a number that they cannot represent, LIMIT_EXCEEDED for a value that nests too
 * deep or is too long, NO_MEMORY.
 */
blob *drystone_js_encode(JSContext *ctx, JSValueConst value, wota_dialect dialect);

/**
 * Returns the value of a message, as `wota.decode` does: stones in it are immutable ArrayBuffers, which hold counts of
 * their own. `message` is *live* and borrowed for the call. No JavaScript of the program runs.
 * JS_EXCEPTION: INVALID_ARGUMENT for NULL, NOT_STONE for an antestone, WRONG_TYPE for a stone that is not a message,
 * UNSUPPORTED for a value that JavaScript does not have, LIMIT_EXCEEDED, NO_MEMORY.
 */
JSValue drystone_js_decode(JSContext *ctx, const blob *message);

/**
 * Returns the value of a message as a stone value, as `wota.view` does: records and arrays that read the message in
 * place. They hold counts of their own. `message` is *live* and borrowed for the call. No JavaScript of the program
 * runs. JS_EXCEPTION: see `drystone_js_decode`. Values that JavaScript does not have throw only when they are read.
 */
JSValue drystone_js_view(JSContext *ctx, blob *message);

/**
 * Returns a new Mailbox object, even if the mailbox has one already. Takes over one count of the caller, even on
 * failure; a host that uses the mailbox itself calls `mailbox_incref` first. `owned` is *live*.
 * JS_EXCEPTION: INVALID_ARGUMENT for NULL, NO_MEMORY.
 */
JSValue drystone_js_from_mailbox(JSContext *ctx, mailbox *owned);

/**
 * Returns the mailbox of a Mailbox object, with a new count that the caller owns and may use on any thread.
 * NULL with an exception: INVALID_ARGUMENT for every other value, NO_MEMORY.
 */
mailbox *drystone_js_to_mailbox(JSContext *ctx, JSValueConst value);

/**
 * The host's loop calls this function each time it finds a descriptor readable, on the thread of the context's runtime,
 * with the `ctx` and `data` that were passed to `watch` for the descriptor. The function runs JavaScript, and may call
 * `watch` for this and other descriptors before it returns. The host then runs pending jobs (JS_ExecutePendingJob), as
 * after its timers. Returns 0, or -1 with an exception pending in `ctx` that a function of the program threw: the host
 * reports it as it does for its timers, and continues.
 */
typedef int (*drystone_js_ready)(JSContext *ctx, void *data);

/**
 * A function of the host that starts watching a descriptor, or stops when `ready` is NULL. `context` is the argument of
 * drystone_js_set_wait. A runtime has at most one watch for a descriptor at a time. The descriptor is level triggered:
 * it is readable as long as there is something to do. The host must not read, write or close it. After a call with NULL
 * the previous `ready` must not be called again, even if the loop has already found the descriptor readable. `ctx` is
 * the waiting context, which lives until watching stops; it is NULL when watching stops because the context ends.
 * `data` is NULL when watching stops. Always called on the thread of the runtime. Returns 0, or -1 if the descriptor
 * cannot be watched; stopping does not fail.
 */
typedef int (*drystone_js_watch)(void *context, JSContext *ctx, int descriptor, drystone_js_ready ready, void *data);

/**
 * Makes `await mailbox.next()`, `for await` and `mailbox.onletter` wait in the host's own loop, in all contexts of a
 * runtime. With NULL for `watch`, and without this call, they use os.setReadHandler of quickjs-libc if the context can
 * import it. Descriptors that are already watched are not moved. `watch` may be called until JS_FreeRuntime returns, so
 * `context` has to live as long. Call it after JS_NewRuntime, on the runtime's thread. Returns 0, or -1 when there is no
 * memory. Bellard's engine does not report the end of a runtime: a host of it whose contexts never used the module
 * calls this with NULL before JS_FreeRuntime.
 *
 * `ready` returns -1 only for exceptions of `onletter`. An exception in a `for await`, after an `await` or at the top
 * level of a module rejects a promise: it is not reported unless JS_SetHostPromiseRejectionTracker is used.
 *
 * An example: a loop around poll, with room for 64 descriptors, in a zeroed `struct loop`. The array may also contain
 * descriptors of the host; then count the descriptors that are watched for scripts, to know when these are done.
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
