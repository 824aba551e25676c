/* The kinds of records that a context has decoded. Engines let objects with the same keys share the description of these
   keys, and find it through the keys that an object has so far, as long as any object has exactly those. Where none has,
   which is the rule when letters are dropped one by one, every record makes the descriptions again, for each key. So when
   a kind has come often enough, objects that have its first keys, and all of them, are made and kept. */
#ifndef DRYSTONE_QUICKJS_RECORD_KINDS_H
#define DRYSTONE_QUICKJS_RECORD_KINDS_H

#include "runtime.h"

/* The kind of a record's keys in their order; 0 without any. */
static inline uint32_t record_kind_with(uint32_t kind, JSAtom key) { return (kind ^ key) * UINT32_C(0x9E3779B1); }

/* For each new record that is complete. */
static void record_kind_met(JSContext *ctx, struct module *module, uint32_t kind, JSValueConst record);

#endif
