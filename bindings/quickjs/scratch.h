/* Memory for the duration of one call, from an arena of the runtime, for what does not fit on the stack. A call that runs
   JavaScript may be re-entered; the inner call ends before the outer one continues, as scopes require. */
#ifndef DRYSTONE_QUICKJS_SCRATCH_H
#define DRYSTONE_QUICKJS_SCRATCH_H

#include "runtime.h"

struct scratch {
    struct runtime_state *state;
    arena_scope scope;
    bool open; /* false until something is taken */
};

/* Takes nothing yet. `scratch_end` must follow; it does nothing when nothing was taken. */
static void scratch_begin(struct scratch *scratch, struct runtime_state *state);
static void scratch_end(struct scratch *scratch);

/* NULL when there is no memory; no exception. */
static void *scratch_alloc(struct scratch *scratch, size_t size);

/* Room for `needed` items at least, and for twice as many as now, those that are used moved there. `items` may be
   memory of the caller's own, which is left alone: `own`. NULL: exception, nothing changed. */
static void *scratch_grow(JSContext *ctx, struct scratch *scratch, void *items, const void *own, size_t used,
                          size_t needed, size_t size, size_t *capacity);

#endif
