/* What the files of the module share. Nothing here is for hosts: see drystone_quickjs.h. */
#ifndef DRYSTONE_QUICKJS_INTERNAL_H
#define DRYSTONE_QUICKJS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compat.h"
#include "drystone.h"
#include "drystone_quickjs.h"

struct view_entry;
struct key_cache;
struct reader; /* reader.c */
struct sink;   /* sink.h */

/* The classes of maps and sets: in memory of our own, and in stones. */
enum { BUCKET_MAP, BUCKET_SET, STONE_MAP, STONE_SET, TABLE_CLASSES };

/* Everything that register_class knows. */
enum our_class {
    MODULE_CLASS,
    BLOB_CLASS,
    MAILBOX_CLASS,
    MAILBOX_ITERATOR_CLASS,
    OUTBOX_CLASS,
    FEEDER_CLASS,
    ITERATOR_CLASS,
    STONE_RECORD_CLASS,
    STONE_ARRAY_CLASS,
    TABLE_CLASS
};
#define OUR_CLASSES (TABLE_CLASS + TABLE_CLASSES)

/* What a value can be written as. */
enum form { FORM_CLASSIC, FORM_DEC64, FORM_NOTA, FORMS };

/* The writer of a form, kept between encodes for its memory; see sink.h. */
struct kept_writer {
    wota_writer *writer; /* NULL until used */
    bool busy;           /* a getter may call encode while encode runs */
};

/* weight.c: the bytes that objects keep alive outside the engine. */
struct weights {
    struct weight *table;
    size_t slots, count;
    uint64_t sum, threshold; /* bytes */
};

/* stone_value.c: the records and arrays of messages that have objects. */
struct stone_places {
    struct stone_place **table; /* by their places */
    size_t slots, count;
    size_t held;   /* as many places are there at all */
    JSAtom name;   /* private, under which arrays have theirs; JS_ATOM_NULL until used */
    struct key_list **key_lists; /* see stone_fields.c; NULL until used */
};

/* One for each JSRuntime, shared by all its contexts. Ends with the runtime. */
struct runtime_state {
    struct runtime_state *next;
    JSRuntime *runtime;
    JSClassID module_class, blob_class, mailbox_class, mailbox_iterator_class, outbox_class, feeder_class;
    JSClassID table_classes[TABLE_CLASSES], table_iterator_class;
    JSClassID object_class, array_class;
    JSClassID stone_record_class, stone_array_class;
    struct engine_classes classes;
    size_t modules;            /* module objects alive; the last one drops what is below */
    struct key_cache *keys;    /* NULL until used */
    struct kept_writer writers[FORMS];
    arena *scratch;            /* see scratch.h; NULL until used */
    struct view_entry **views; /* hash of the ArrayBuffers that lie over stones */
    size_t view_slots, view_count;
    struct bucket_heap *heap;  /* of BucketMaps and BucketSets; NULL until used */
    size_t heap_limit;         /* 0: nobody has set it */
    size_t tables;             /* BucketMaps and BucketSets alive */
    bool ends_with_objects;    /* the engine does not say when the runtime ends */
    struct weights weights;
    struct stone_places places;
    struct reader *readers;    /* what waits for letters */
    drystone_js_watch watch;   /* the host's; NULL: none */
    void *watch_context;
};

/* One for each context that imports the module or uses the C interface. Every function holds it through its data, and
   the context as the prototype of a class that has no other use for one. */
struct module {
    struct runtime_state *state;
    JSValue exports; /* what an import gets: an object with the names */
    JSValue blob_prototype, mailbox_prototype, mailbox_iterator_prototype, outbox_prototype, feeder_prototype;
    JSValue table_prototypes[TABLE_CLASSES], table_iterator_prototype;
    JSAtom iterator_symbol, next_atom, value_atom, done_atom;
    /* the engine's own getters, so that a program that redefines them cannot mislead us */
    JSValue typed_byte_length, view_buffer, view_byte_offset, view_byte_length;
    JSValue atomics_wait, shared_cell; /* wait.c; undefined where the context has no such function */
    JSValue set_read_handler;          /* loop.c; undefined until found */
    int64_t waited;                    /* microseconds since the interrupt handler ran in a call that waits */
    unsigned letters_left;             /* that promises may have in this turn of the loop */
};

#define CLASS_TAG(name) { JS_PROP_STRING_DEF("[Symbol.toStringTag]", name, JS_PROP_CONFIGURABLE) }

/* class_id.c: -1: an exception is pending. */
static int register_class(JSContext *ctx, enum our_class which, const JSClassDef *definition, JSClassID *id);

/* state.c */
static struct runtime_state *runtime_state_of(JSContext *ctx);          /* NULL: exception */
static struct runtime_state *find_runtime_state(JSRuntime *runtime); /* NULL: none was made yet */
/* A map or a module is gone; the state goes with the last one where the engine has no other end for it. */
static void runtime_state_leave(struct runtime_state *state);
static JSValue module_object_new(JSContext *ctx, struct runtime_state *state);
static struct module *module_of(JSValueConst object);
static inline struct module *module_of_data(JSValueConst *func_data) { return module_of(func_data[0]); }
/* The engine's own getter of a property; undefined where there is none. */
static int own_getter(JSContext *ctx, JSValueConst prototype, const char *name, JSValue *getter);
static int define_method(JSContext *ctx, JSValueConst target, JSValueConst module_object, const char *name,
                         JSCFunctionData *function, int length, int magic);
static int define_getter(JSContext *ctx, JSValueConst target, JSValueConst module_object, const char *name,
                         JSCFunctionData *function, int magic);
static int define_accessor(JSContext *ctx, JSValueConst target, JSValueConst module_object, const char *name,
                           JSCFunctionData *get, JSCFunctionData *set);
/* Under one of the language's symbols, where the context has it. */
static int define_symbol_method(JSContext *ctx, JSValueConst target, JSValueConst module_object, const char *symbol,
                                JSCFunctionData *function);
/* The engine keeps `tag`: it must be static. */
static JSValue define_class(JSContext *ctx, JSValueConst prototype, JSValueConst module_object, const char *name,
                            const JSCFunctionListEntry *tag, JSCFunctionData *constructor, int length);

/* module.c */
/* What the context has of the module, made when it is first asked for; as long as the context lives. NULL: an
   exception is pending. */
static struct module *module_of_context(JSContext *ctx);
/* The same as an object, counted. JS_EXCEPTION. */
static JSValue module_object_of_context(JSContext *ctx);
/* The value is taken over, exceptions are passed on. */
static int export_value(JSContext *ctx, JSValueConst module_object, const char *name, JSValue value);
static int export_function(JSContext *ctx, JSValueConst module_object, const char *name, JSCFunctionData *function,
                           int length);

/* error.c */
static JSValue throw_status(JSContext *ctx, drystone_status status, const char *doing);
static JSValue throw_status_message(JSContext *ctx, drystone_status status, const char *message, size_t length);
/* Clears a pending TypeError: 0. Anything else stays pending: -1. */
static int expect_type_error(JSContext *ctx);
static JSValue throw_type_error(JSContext *ctx, drystone_status status, const char *message, size_t length);

/* blob.c: these take over the caller's count, also when they fail */
static JSValue blob_object_new(JSContext *ctx, struct module *module, blob *owned);
/* In two steps, of which the second cannot fail; and back. */
static JSValue blob_object_empty(JSContext *ctx, struct module *module);
static void blob_object_fill(struct module *module, JSValueConst object, blob *owned);
static void blob_object_clear(struct module *module, JSValueConst object);
static blob *blob_of(struct module *module, JSValueConst value); /* borrowed; NULL: not a Blob, no exception */
static int blob_module_init(JSContext *ctx, JSValueConst module_object);

/* mailbox.c: as for blobs */
static JSValue mailbox_object_new(JSContext *ctx, struct module *module, mailbox *owned);
static mailbox *mailbox_of(struct module *module, JSValueConst value);

/* mailbox_iterator.c, outbox.c: NULL does nothing */
struct mailbox_iterator;
static void mailbox_iterator_free(JSRuntime *runtime, struct mailbox_iterator *iterator);
static JSValue mailbox_iterator_new(JSContext *ctx, struct module *module, mailbox *over);
static int mailbox_iterator_init(JSContext *ctx, JSValueConst module_object);
static int outbox_module_init(JSContext *ctx, JSValueConst module_object);

/* reader.c: what a module's context has waiting for letters */
static void readers_mark(JSRuntime *runtime, struct module *module, JS_MarkFunc *mark);
static void readers_end(JSRuntime *runtime, struct module *module);

/* wait.c */
static int learn_may_block(JSContext *ctx, struct module *module);
static JSValue new_nothing_function(JSContext *ctx); /* of the context, does nothing */

/* weight.c: an object keeps the blob alive from now on, which may make the engine collect; no longer; keeps what it
   was keeping, which was written to and has no other object. */
static void weight_add(struct runtime_state *state, const blob *kept);
static void weight_remove(JSRuntime *runtime, const blob *kept);
static void weight_renew(struct runtime_state *state, const blob *written);
static void weights_free(struct runtime_state *state);

/* stone_value.c: the value at a place in a message as a stone value; the message stays the caller's. */
static JSValue stone_value(JSContext *ctx, JSValueConst module_object, const wota_view *view);
static JSValue stone_value_of_message(JSContext *ctx, JSValueConst module_object, const blob *message,
                                      const char *doing);
/* The place of a record or an array that is one: borrowed, or NULL. */
static const wota_view *stone_value_view(JSContext *ctx, struct runtime_state *state, JSValueConst value);
static void places_free(struct runtime_state *state);
static void key_lists_free(struct runtime_state *state);
static int register_stone_records(JSContext *ctx, struct runtime_state *state);
static int register_stone_arrays(JSContext *ctx, struct runtime_state *state);

/* view.c: what the bytes of stones come out as. view_new takes over the caller's count. */
static JSValue view_new(JSContext *ctx, struct module *module, blob *owned_stone);
/* The same for the stone of a Blob object. */
static JSValue view_of_blob(JSContext *ctx, struct module *module, JSValueConst object, blob *stone);
/* Of an ArrayBuffer over a stone: borrowed, or NULL. */
static blob *view_stone(JSContext *ctx, struct runtime_state *state, JSValueConst value);
/* A Blob object ends. */
static void view_forget(JSRuntime *runtime, JSValueConst object, const blob *kept);
static void view_table_free(struct runtime_state *state);

/* bytes.c */
struct bytes {
    const uint8_t *data; /* valid until the next call that can run JavaScript */
    size_t length;
    blob *stone;     /* borrowed: the stone these bytes belong to, or NULL */
    size_t offset;   /* where in the stone they begin */
    bool immutable;  /* nothing may be written there */
    bool concurrent; /* a SharedArrayBuffer: other threads may write while we read */
};
enum { BYTES_NO = 0, BYTES_YES = 1, BYTES_GONE = -1 }; /* GONE: detached or out of bounds; no exception */
static int bytes_of(JSContext *ctx, struct module *module, JSValueConst value, struct bytes *out);
/* The same, where there have to be bytes. -1: an exception is pending. */
static int bytes_needed(JSContext *ctx, struct module *module, JSValueConst value, const char *doing,
                        struct bytes *out);
static JSValue throw_detached(JSContext *ctx, const char *doing);
/* Bytes that other threads can change must not be looked at twice: a copy of them, to be destroyed. */
static drystone_status bytes_settle(struct bytes *bytes, blob **copy);
static drystone_status bytes_share(const struct bytes *bytes, blob **shared); /* part of a stone, counted */
/* That, or a new stone with a copy. */
static drystone_status bytes_to_stone(const struct bytes *bytes, blob **stone);
static bool bytes_cover_stone(const struct bytes *bytes);
static size_t bytes_of_bits(const blob *blob); /* how many its bits take, the last one whole */

/* key.c: record keys. With an engine's exception pending key_write sets `exception`. */
static drystone_status key_write(JSContext *ctx, struct runtime_state *state, const struct sink *sink, JSAtom key,
                                 bool *exception);
/* JS_ATOM_NULL: exception. */
static JSAtom key_atom(JSContext *ctx, struct runtime_state *state, const char *text, size_t length);
/* A key that is asked for, as text. 0: it is a symbol; -1: exception. `text` is valid until the next key is. */
struct key_text {
    const char *text;
    size_t length;
    const char *owned;
};
static int key_text_begin(JSContext *ctx, struct runtime_state *state, JSAtom key, struct key_text *text);
static void key_text_end(JSContext *ctx, struct key_text *text);
static void key_cache_free(struct runtime_state *state);

/* guard.c */
static int guard_immutable_buffers(JSContext *ctx);

/* class_name.c: false: not known. No exception is left. */
static bool class_name_of(JSContext *ctx, JSValueConst object, char *name, size_t room);

/* sink.c */
static void writers_free(struct runtime_state *state);

/* scratch.c */
static void scratch_free(struct runtime_state *state);

/* encode.c: counted. NULL: an exception is pending. */
static blob *encode_to_blob(JSContext *ctx, struct module *module, JSValueConst value, enum form form, bool nearest);
/* A message of which nothing can change: buffers in it become stones of their own. */
static blob *encode_to_stone(JSContext *ctx, struct module *module, JSValueConst value);
/* encode.c, decode.c: a Blob, or of Nota an ArrayBuffer */
static JSValue encode_value(JSContext *ctx, struct module *module, JSValueConst value, enum form form, bool nearest);
static JSValue decode_message(JSContext *ctx, struct module *module, wota_reader *reader, const blob *message);
static JSValue decoded_integer(JSContext *ctx, int64_t integer);
static JSValue decode_nota(JSContext *ctx, struct module *module, nota_reader *reader);

/* wota.c: a message, given as a Blob or as the ArrayBuffer over it; any Blob that is none, whose status says
   so; or NULL, and no exception */
static blob *message_of(JSContext *ctx, struct module *module, JSValueConst value);

/* fields.c */
static int blob_fields_define(JSContext *ctx, JSValueConst prototype, JSValueConst module_object);

/* feeder.c: NULL does nothing */
struct feeder;
static void feeder_free(JSRuntime *runtime, struct feeder *feeder);
static JSValue feeder_class_new(JSContext *ctx, JSValueConst module_object);

/* bucket_table.c, bucket_iterator.c, bucket_heap.c: the first two do nothing with NULL */
struct table;
struct table_iterator;
static void table_free(JSRuntime *runtime, struct table *table);
static void table_iterator_free(JSRuntime *runtime, struct table_iterator *iterator);
static void table_iterator_mark(JSRuntime *runtime, struct table_iterator *iterator, JS_MarkFunc *mark);
static void heap_end(struct runtime_state *state);
/* A function of the engine's shape that gives its this_value. */
static JSValue itself(JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv);

/* each file's part of the module */
static int wota_module_init(JSContext *ctx, JSValueConst module_object);
static int wota_text_define(JSContext *ctx, JSValueConst wota, JSValueConst module_object);
static int wota_parts_define(JSContext *ctx, JSValueConst wota, JSValueConst module_object);
static int nota_module_init(JSContext *ctx, JSValueConst module_object);
static int dec64_module_init(JSContext *ctx, JSValueConst module_object);
static int mailbox_module_init(JSContext *ctx, JSValueConst module_object);
static int bucket_module_init(JSContext *ctx, JSValueConst module_object);

#endif
