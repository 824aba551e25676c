/* The heap of a runtime's BucketMaps and BucketSets: made at first use, freed when the runtime ends. */
#ifndef DRYSTONE_QUICKJS_BUCKET_HEAP_H
#define DRYSTONE_QUICKJS_BUCKET_HEAP_H

#include "runtime.h"

/* NULL: an exception is pending. */
static struct bucket_memory *heap_memory(JSContext *ctx, struct runtime_state *state, const char *doing);

#endif
