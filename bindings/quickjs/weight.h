/* The bytes that objects keep alive outside the engine, for its collector. */
#ifndef DRYSTONE_QUICKJS_WEIGHT_H
#define DRYSTONE_QUICKJS_WEIGHT_H

#include "compat.h"
#include "drystone.h"

struct runtime_state;

struct weights {
    struct weight *table;
    size_t slots, count;
    uint64_t sum, threshold; /* bytes */
};

/* An object keeps the blob alive from now on. May run a collection. */
static void weight_add(struct runtime_state *state, const blob *kept);
/* The object no longer keeps the blob alive. */
static void weight_remove(JSRuntime *runtime, const blob *kept);
/* A blob that one object keeps was written to. */
static void weight_renew(struct runtime_state *state, const blob *kept);

#endif
