/* The binding's state for a JSRuntime and for a context. */
#ifndef DRYSTONE_QUICKJS_RUNTIME_H
#define DRYSTONE_QUICKJS_RUNTIME_H

#include "class_id.h"
#include "compat.h"
#include "drystone.h"
#include "drystone_quickjs.h"
#include "form.h"
#include "stone_places.h"
#include "weight.h"

struct key_cache;
struct part;
struct reader;
struct record_kinds;
struct text_cache;
struct view_entry;

/* One for each JSRuntime, shared by all its contexts. */
struct runtime_state {
    struct runtime_state *next;
    JSRuntime *runtime;
    const struct part *const *parts; /* all of them, and NULL */
    JSClassID class_ids[OUR_CLASSES];
    JSClassID object_class, array_class; /* the engine's */
    struct engine_classes classes;
    size_t modules;         /* module objects alive */
    bool ends_with_objects; /* the engine does not say when the runtime ends */
    struct key_cache *keys;   /* key.c; NULL until used */
    struct text_cache *texts; /* short_text.c; NULL until used */
    struct kept_writer writers[FORMS];
    arena *scratch;            /* scratch.c; NULL until used */
    struct view_entry **views; /* view.c: a hash table of the objects for the bytes of stones */
    size_t view_slots, view_count;
    struct bucket_heap *heap; /* bucket_heap.c; NULL until used */
    size_t heap_limit;        /* bytes; 0: not set */
    size_t tables;            /* BucketMaps and BucketSets alive */
    struct weights weights;
    struct stone_places places;
    struct reader *readers;  /* reader.c: waiting for letters */
    drystone_js_watch watch; /* the host's; NULL: none */
    void *watch_context;
    bool may_block; /* wait.c: what JS_SetCanBlock had set when it was last asked */
};

/* Values of the engine and the program that a context keeps. */
enum kept_value {
    /* bytes.c: the engine's own getters, so that a program that redefines them cannot mislead us */
    TYPED_BYTE_LENGTH,
    VIEW_BUFFER,
    VIEW_BYTE_OFFSET,
    VIEW_BYTE_LENGTH,
    /* wait.c; undefined where the context has no such function */
    ATOMICS_WAIT,
    SHARED_CELL,
    /* loop.c; undefined until found */
    SET_READ_HANDLER,
    /* iteration.c; undefined if a program has replaced it */
    ARRAY_VALUES,
    ARRAY_NEXT,
    KEPT_VALUES
};

/* Names of the iteration protocol, and of an array's length. */
enum kept_atom { ITERATOR_SYMBOL, NEXT_ATOM, VALUE_ATOM, DONE_ATOM, LENGTH_ATOM, KEPT_ATOMS };

/* One for each context that imports the module or uses the C interface. Every function holds it through its data; the
   context holds it as the prototype of the module's own class, which has no other use for one. */
struct module {
    struct runtime_state *state;
    JSValue exports; /* the result of an import: an object with the names */
    JSValue prototypes[OUR_CLASSES];
    JSValue values[KEPT_VALUES];
    JSAtom atoms[KEPT_ATOMS];
    struct record_kinds *kinds; /* record_kinds.c; NULL until used */
    int64_t waited;        /* microseconds since the interrupt handler ran in a call that waits */
    unsigned letters_left; /* that promises may have in this turn of the loop */
};

/* The runtime's state. NULL: none has been made. */
static struct runtime_state *find_runtime_state(JSRuntime *runtime);
/* The state, made with these parts at first use. NULL: an exception is pending. */
static struct runtime_state *runtime_state_of(JSContext *ctx, const struct part *const *parts);
/* An object that kept the state alive was freed. Where the engine does not say when a runtime ends, the last one ends
   the state. */
static void runtime_state_leave(struct runtime_state *state);

static struct module *module_of(JSValueConst object);
/* A function's data are its module's object, which it keeps alive, and the address of the module. */
static inline struct module *module_of_data(JSValueConst *data) { return address_of_value(data[1]); }
/* The context's module object, made at first use; counted. JS_EXCEPTION. */
static JSValue module_object_of(JSContext *ctx, struct runtime_state *state);
/* The same without a count: it lives as long as the context. NULL: an exception is pending. */
static struct module *module_of_context(JSContext *ctx, struct runtime_state *state);

#endif
