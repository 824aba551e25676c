/* Memory for the duration of one call, from an arena of the runtime, for what does not fit on the stack. A call that runs
   JavaScript may be re-entered; the inner call ends before the outer one continues, as scopes require. */
#ifndef DRYSTONE_QUICKJS_SCRATCH_H
#define DRYSTONE_QUICKJS_SCRATCH_H

#include "runtime.h"

struct scratch {
    struct runtime_state *state;
    arena_scope scope;
    bool open; /* false until something is allocated */
};

/* Allocates nothing yet. `scratch_end` must follow; it does nothing if nothing was allocated. */
static void scratch_begin(struct scratch *scratch, struct runtime_state *state);
static void scratch_end(struct scratch *scratch);

/* NULL when there is no memory; no exception. */
static void *scratch_alloc(struct scratch *scratch, size_t size);

/* Room for at least `needed` items and for twice the current capacity; the used items are moved there. `items` may be
   the caller's own memory (`own`), which is not freed. NULL: exception, nothing changed. */
static void *scratch_grow(JSContext *ctx, struct scratch *scratch, void *items, const void *own, size_t used,
                          size_t needed, size_t size, size_t *capacity);

#endif
