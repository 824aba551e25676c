/* The kinds of records that have been decoded. Engines let objects with the same keys share the description of these
   keys, and find it through the keys that an object has so far, as long as any object has exactly those. Where none has,
   every record makes the descriptions again, for each key. So when a kind has come often enough, objects that have its
   first keys, and all of them, are made and kept: by the context for small messages, which come one by one and are
   dropped; for a large message, whose records are many, until its decoding ends. */
#ifndef DRYSTONE_QUICKJS_RECORD_KINDS_H
#define DRYSTONE_QUICKJS_RECORD_KINDS_H

#include "runtime.h"

#define RECORD_KINDS 64 /* a power of two */

struct record_kinds {
    bool is_large; /* of a large message: no kind replaces another one */
    uint32_t kept_count;
    struct record_kind {
        uint32_t kind;
        uint16_t count, kept_count;
        JSValue kept; /* JS_UNDEFINED until made */
    } met[RECORD_KINDS];
};

/* The kinds for the decoding of a message of so many bytes: the context's, or `large`, which is not initialised before.
   NULL: there are none. */
static struct record_kinds *record_kinds_begin(struct module *module, size_t length, struct record_kinds *large);
static void record_kinds_end(JSContext *ctx, struct record_kinds *kinds, const struct record_kinds *large);

/* The kind of a record's keys in their order; 0 without any. */
static inline uint32_t record_kind_with(uint32_t kind, JSAtom key) { return (kind ^ key) * UINT32_C(0x9E3779B1); }

/* For each new record that is complete. */
static void record_kind_met(JSContext *ctx, struct module *module, struct record_kinds *kinds, uint32_t kind,
                            JSValueConst record);

#endif
