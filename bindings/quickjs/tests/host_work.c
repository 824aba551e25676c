/* Programs that do everything while memory runs out, in several contexts and runtimes. */
#include "host.h"
#include "host_engine.h"

#include <stdlib.h>

static bool fails_now(struct failing *failing) {
    if (failing->until == 0)
        return false;
    if (failing->until > 1) {
        failing->until--;
        return false;
    }
    failing->failed = true;
    if (!failing->for_good)
        failing->until = 0;
    return true;
}

/* Some engines do not use it. */
__attribute__((unused)) static void *failing_calloc(allocator_state *state, size_t count, size_t size) {
    return fails_now(opaque_of(state)) ? NULL : calloc(count, size);
}
static void *failing_malloc(allocator_state *state, size_t size) {
    return fails_now(opaque_of(state)) ? NULL : malloc(size);
}
static void *failing_realloc(allocator_state *state, void *pointer, size_t size) {
    return size != 0 && fails_now(opaque_of(state)) ? NULL : realloc(pointer, size);
}
static void failing_free(allocator_state *state, void *pointer) { (void)state, free(pointer); }
static size_t no_usable_size(const void *pointer) {
    (void)pointer;
    return 0;
}

static const JSMallocFunctions failing_functions =
    ALLOCATOR(failing_calloc, failing_malloc, failing_free, failing_realloc, no_usable_size);

JSRuntime *new_failing_runtime(struct failing *failing) { return JS_NewRuntime2(&failing_functions, failing); }

/* The n-th allocation of the work fails, for every n; nothing is left over and the work can be done again. */
void work_without_memory(const struct work *what, long step, bool for_good) {
    struct failing failing = { .for_good = for_good };
    JSRuntime *runtime = new_failing_runtime(&failing);
    JSContext *ctx = new_context(runtime);
    check(import_source(ctx, what->program) && evaluate_int(ctx, "work()") == what->good, "work before", 0);
    JSValue global = JS_GetGlobalObject(ctx), work = JS_GetPropertyStr(ctx, global, "work");
    bool more = PROGRAMS_SURVIVE_NO_MEMORY;
    for (long n = 1; more; n += step) {
        failing.failed = false;
        failing.until = n;
        JSValue result = JS_Call(ctx, work, JS_UNDEFINED, 0, NULL);
        failing.until = 0;
        more = failing.failed;
        if (JS_IsException(result))
            JS_FreeValue(ctx, JS_GetException(ctx));
        else if (!more)
            check(JS_VALUE_GET_INT(result) == what->good, "work when nothing failed", n);
        JS_FreeValue(ctx, result);
        check(evaluate_int(ctx, "clear(), 0") == 0, "clear", n);
        run_jobs(runtime);
        JS_RunGC(runtime);
        check(drystone_blobs_alive() == 0, "blobs alive after failed work, allocation", n);
        check(!what->has_left || evaluate_int(ctx, "left()") == 0, "left over after failed work, allocation", n);
    }
    check(evaluate_int(ctx, "work()") == what->good, "work afterwards", 0);
    JS_FreeValue(ctx, work);
    JS_FreeValue(ctx, global);
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
    check(drystone_blobs_alive() == 0, "blobs alive after all", (long)drystone_blobs_alive());
}

/* The same by the engine's own limit, which falls on allocations within its arenas too. */
void work_within_a_limit(const struct work *what, size_t step) {
    JSRuntime *runtime = JS_NewRuntime();
    JSContext *ctx = new_context(runtime);
    check(import_source(ctx, what->program) && evaluate_int(ctx, "work()") == what->good, "work before", 0);
    JSValue global = JS_GetGlobalObject(ctx), work = JS_GetPropertyStr(ctx, global, "work");
    bool done = !PROGRAMS_SURVIVE_NO_MEMORY;
    for (size_t room = 16; !done; room += step) {
        JSMemoryUsage usage;
        JS_RunGC(runtime);
        JS_ComputeMemoryUsage(runtime, &usage);
        JS_SetMemoryLimit(runtime, (size_t)usage.malloc_size + room);
        JSValue result = JS_Call(ctx, work, JS_UNDEFINED, 0, NULL);
        JS_SetMemoryLimit(runtime, NO_MEMORY_LIMIT);
        done = !JS_IsException(result);
        if (!done)
            JS_FreeValue(ctx, JS_GetException(ctx));
        JS_FreeValue(ctx, result);
        check(evaluate_int(ctx, "clear(), 0") == 0, "clear", (long)room);
        JS_RunGC(runtime);
        check(drystone_blobs_alive() == 0, "blobs alive within a limit of", (long)room);
    }
    JS_FreeValue(ctx, work);
    JS_FreeValue(ctx, global);
    JS_FreeContext(ctx);
    JS_FreeRuntime(runtime);
}

void alive_at_the_end(const struct work *what, const char *keep,
                      void (*in_two_contexts)(JSContext *first, JSContext *second)) {
    for (int contexts = 1; contexts <= 2; contexts++) {
        JSRuntime *runtime = new_strict_runtime();
        JSContext *first = new_context(runtime), *second = contexts == 2 ? new_context(runtime) : NULL;
        check(import_source(first, what->program) && evaluate_int(first, "work()") == what->good, "work", contexts);
        check(evaluate_int(first, keep) == 1, "kept", contexts);
        if (second != NULL)
            in_two_contexts(first, second);
        else
            JS_FreeContext(first);
        JS_FreeRuntime(runtime);
        check(drystone_blobs_alive() == 0, "blobs alive after a runtime that kept some", contexts);
    }
}

void between_runtimes(const struct passing *passing) {
    const struct work *what = passing->what;
    JSRuntime *runtimes[2];
    JSContext *contexts[2];
    for (int i = 0; i < 2; i++) {
        runtimes[i] = new_strict_runtime();
        contexts[i] = new_context(runtimes[i]);
        check(import_source(contexts[i], what->program) && evaluate_int(contexts[i], "work()") == what->good, "work", i);
    }
    check(evaluate_int(contexts[0], passing->post) == passing->posted, "post", 0);
    JS_RunGC(runtimes[1]);
    check(passing->before_take == NULL || evaluate_int(contexts[1], passing->before_take) == 0, "before take", 0);
    check(evaluate_int(contexts[1], passing->take) == passing->taken, "take", 0);
    JS_FreeContext(contexts[0]);
    JS_FreeRuntime(runtimes[0]);
    check(evaluate_int(contexts[1], passing->afterwards) == passing->left, "outlives the runtime that made it", 0);
    check(evaluate_int(contexts[1], "work()") == what->good, "the other runtime goes on", 0);
    JS_FreeContext(contexts[1]);
    JS_FreeRuntime(runtimes[1]);
    check(drystone_blobs_alive() == 0, "blobs alive after two runtimes", (long)drystone_blobs_alive());
}
