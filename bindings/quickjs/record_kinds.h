/* The kinds of records that a decoding has met. Engines let objects with the same keys share the description of these keys,
   and find it through the keys that an object has so far, as long as any object has exactly those. Where none has,
   every record of a kind makes the descriptions of its first keys again, for each key. So when a kind has come often
   enough, objects that have only the first keys are made, and kept until the decoding ends. */
#ifndef DRYSTONE_QUICKJS_RECORD_KINDS_H
#define DRYSTONE_QUICKJS_RECORD_KINDS_H

#include "compat.h"

#define RECORD_KINDS 64 /* a power of two */

struct record_kinds {
    size_t records;
    struct {
        uint32_t kind, count;
        JSValue kept; /* JS_UNDEFINED until made */
    } met[RECORD_KINDS]; /* not initialised until the first records have been */
};

/* The kind of a record's keys in their order; 0 without any. */
static inline uint32_t record_kind_with(uint32_t kind, JSAtom key) { return (kind ^ key) * UINT32_C(0x9E3779B1); }

static void record_kinds_begin(struct record_kinds *kinds);
static void record_kinds_end(JSContext *ctx, struct record_kinds *kinds);
/* For each new record that is complete. -1: an exception is pending. */
static int record_kind_met(JSContext *ctx, struct record_kinds *kinds, uint32_t kind, JSValueConst record);

#endif
