/* Memory for the time of one call, from an arena of the runtime: taken where the stack's does not do, given back at
   once. A call that runs JavaScript may be entered again meanwhile; the inner call has ended before the outer one
   goes on, as scopes ask. */
#ifndef DRYSTONE_QUICKJS_SCRATCH_H
#define DRYSTONE_QUICKJS_SCRATCH_H

#include "runtime.h"

struct scratch {
    struct runtime_state *state;
    arena_scope scope;
    bool open; /* false until something is taken */
};

/* Nothing is taken yet; `scratch_end` has to follow, which does nothing where nothing was. */
static void scratch_begin(struct scratch *scratch, struct runtime_state *state);
static void scratch_end(struct scratch *scratch);

/* NULL when there is no memory; no exception. */
static void *scratch_alloc(struct scratch *scratch, size_t size);

/* Room for `needed` items at least, and for twice as many as now, those that are used moved there. `items` may be
   memory of the caller's own, which is left alone: `own`. NULL: exception, nothing changed. */
static void *scratch_grow(JSContext *ctx, struct scratch *scratch, void *items, const void *own, size_t used,
                          size_t needed, size_t size, size_t *capacity);

#endif
