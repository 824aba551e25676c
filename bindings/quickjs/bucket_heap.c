#include "bucket_heap.h"

#include "arguments.h"
#include "define.h"
#include "error.h"
#include "part.h"

/* Only addresses are reserved: memory is taken as it is used. */
#define USUAL_LIMIT ((size_t)1 << 30)

static size_t limit_of(const struct runtime_state *state) {
    return state->heap_limit == 0 ? USUAL_LIMIT : state->heap_limit;
}

struct bucket_memory *heap_memory(JSContext *ctx, struct runtime_state *state, const char *doing) {
    if (state->heap == NULL) {
        drystone_status status = bucket_heap_new(0, limit_of(state), &state->heap);
        if (status != DRYSTONE_OK) {
            state->heap = NULL;
            throw_status(ctx, status, doing);
            return NULL;
        }
    }
    return bucket_heap_memory(state->heap);
}

/* No table is left by now. */
static void heap_end(struct runtime_state *state) {
    bucket_heap_free(state->heap);
    state->heap = NULL;
}

MODULE_FUNCTION(heap_used) {
    return JS_NewInt64(ctx, (int64_t)bucket_heap_used(module_of_data(data)->state->heap));
}

/* The maximum of a heap is fixed when it is made, so this works only while it is empty. */
MODULE_FUNCTION(heap_limit) {
    static const char doing[] = "bucketHeapLimit";
    struct runtime_state *state = module_of_data(data)->state;
    if (!JS_IsUndefined(argv[0])) {
        size_t limit;
        if (count_argument(ctx, argv[0], doing, 0, &limit) < 0)
            return JS_EXCEPTION;
        if (limit == 0)
            return throw_status(ctx, DRYSTONE_OUT_OF_RANGE, "bucketHeapLimit: a limit must be a whole number above 0");
        if (state->tables != 0)
            return throw_status(ctx, DRYSTONE_BUSY, "bucketHeapLimit: a BucketMap or BucketSet is alive");
        heap_end(state);
        state->heap_limit = limit;
    }
    return JS_NewInt64(ctx, (int64_t)limit_of(state));
}

static const struct method heap_functions[] = {
    METHOD("bucketHeapUsed", heap_used, 0, 0),
    METHOD("bucketHeapLimit", heap_limit, 1, 0),
};

static int heap_init(JSContext *ctx, JSValueConst module_object) {
    return export_functions(ctx, module_object, heap_functions, COUNT_OF(heap_functions));
}

static const struct part heap_part = { .init = heap_init, .runtime_end = heap_end };
