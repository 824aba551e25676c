/* Message or Nota to JavaScript value: one pass over the reader with an explicit stack. No JavaScript runs while
   it works: objects and arrays are new, and properties are defined, never set. */
#include "decode.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "key.h"
#include "record_kinds.h"
#include "scratch.h"
#include "short_text.h"
#include "source.h"
#include "view.h"

#define DECODE_FRAMES_INLINE 16
#define DECODE_VALUES_INLINE 128
#define DECODE_TEXT_INLINE 4096
#define DECODE_ITEMS 128
#define FIRST_REFERENCES 8
#define FETCHED_AHEAD 4096 /* bytes: about as many as a batch reads */
/* The same limit as for messages that this module writes, with all references expanded. */
#define LONGEST_VALUE_WORDS (UINT64_C(1) << 28)
/* 56 bits; Nota has larger ones */
#define LARGEST_INTEGER ((INT64_C(1) << 55) - 1)

/* An open container. */
struct decode_frame {
    JSValue record; /* JS_UNDEFINED for an array */
    JSAtom key;     /* of the value for which a record waits */
    uint32_t kind;  /* of the keys that a record has, in order */
    uint64_t remaining;
    size_t values; /* where an array's elements begin in the stack of values */
};

/* Where reading continues after a referenced value is complete. */
struct decode_reference {
    wota_reader outer;
    size_t depth; /* containers that are open around it */
};

struct decoder {
    JSContext *ctx;
    struct module *module;
    struct runtime_state *state;
    struct source source;
    struct scratch scratch;
    struct decode_frame *frames;
    size_t depth, frame_capacity;
    JSValue *values;
    size_t value_count, value_capacity;
    const blob *message; /* NULL: there are no references, or the size with them has been checked */
    const uint8_t *start; /* of the message; NULL: not known */
    size_t length;
    struct decode_reference *references;
    size_t reference_count, reference_capacity;
    uint32_t previous_key; /* key.h */
    struct record_kinds *kinds, kinds_of_large;
    char *text; /* of the items */
    size_t text_capacity;
    const wota_item *item, *item_end; /* those that are not delivered yet */
    wota_reader batch;                /* where the items begin */
    wota_item items[DECODE_ITEMS];
    struct decode_frame frames_inline[DECODE_FRAMES_INLINE];
    JSValue values_inline[DECODE_VALUES_INLINE];
    char text_inline[DECODE_TEXT_INLINE];
};

/* Throws an error with the offset after the last item read. */
static JSValue decode_fail(struct decoder *decoder, drystone_status status) {
    char doing[64];
    const struct source *source = &decoder->source;
    wota_reader here = *source->reader;
    if (decoder->item != decoder->item_end) { /* the reader is ahead */
        size_t count;
        here = decoder->batch;
        source->calls->items(&here, decoder->items, (size_t)(decoder->item - decoder->items), decoder->text,
                             decoder->text_capacity, &count);
    }
    snprintf(doing, sizeof doing, "%s %zu", source->calls->where, source->calls->offset(&here));
    return throw_status(decoder->ctx, status, doing);
}

static struct decode_frame *decode_push_frame(struct decoder *decoder) {
    if (UNLIKELY(decoder->depth == decoder->frame_capacity)) {
        struct decode_frame *frames =
            scratch_grow(decoder->ctx, &decoder->scratch, decoder->frames, decoder->frames_inline, decoder->depth, 0,
                         sizeof *frames, &decoder->frame_capacity);
        if (frames == NULL)
            return NULL;
        decoder->frames = frames;
    }
    return &decoder->frames[decoder->depth++];
}

/* Takes over the value, even on failure. */
static ALWAYS_INLINE int push_value(struct decoder *decoder, JSValue value) {
    if (UNLIKELY(decoder->value_count == decoder->value_capacity)) {
        JSValue *values = scratch_grow(decoder->ctx, &decoder->scratch, decoder->values, decoder->values_inline,
                                       decoder->value_count, 0, sizeof *values, &decoder->value_capacity);
        if (values == NULL) {
            JS_FreeValue(decoder->ctx, value);
            return -1;
        }
        decoder->values = values;
    }
    decoder->values[decoder->value_count++] = value;
    return 0;
}

/* A buffer for a text that does not fit: at least twice as large each time, so that the total stays in proportion
   although the smaller ones are kept until the end. */
static drystone_status grow_text(struct decoder *decoder) {
    const struct source *source = &decoder->source;
    size_t length;
    drystone_status status = source->calls->text(source->reader, NULL, 0, &length);
    if (status != DRYSTONE_OK)
        return status;
    size_t capacity = length > decoder->text_capacity * 2 ? length : decoder->text_capacity * 2;
    char *text = scratch_alloc(&decoder->scratch, capacity);
    if (text == NULL)
        return DRYSTONE_NO_MEMORY;
    decoder->text = text;
    decoder->text_capacity = capacity;
    return DRYSTONE_OK;
}

/* The number of values to read in one batch. Inside a referenced value: at most as many as certainly belong to it. */
static size_t items_wanted(const struct decoder *decoder) {
    if (LIKELY(decoder->reference_count == 0))
        return DECODE_ITEMS;
    size_t first = decoder->references[decoder->reference_count - 1].depth;
    uint64_t wanted = 0;
    for (size_t i = decoder->depth; i > first && wanted < DECODE_ITEMS; i--) {
        const struct decode_frame *frame = &decoder->frames[i - 1];
        uint64_t children = i == decoder->depth ? frame->remaining : frame->remaining - 1; /* one is open */
        /* of the innermost one the next key may have been read */
        wanted += JS_IsObject(frame->record) && i != decoder->depth ? 2 * children : children;
    }
    return wanted == 0 ? 1 : wanted < DECODE_ITEMS ? (size_t)wanted : DECODE_ITEMS;
}

/* Asks for the memory that the next batch will read while values are made of this one. Processors do not foresee it: they
   see a short burst of reads, and then none for a while. */
static void fetch_ahead(const struct decoder *decoder) {
    const struct source *source = &decoder->source;
    if (decoder->start == NULL || decoder->reference_count != 0)
        return;
    size_t at = source->calls->offset(source->reader) * 8;
    size_t end = decoder->length - at > FETCHED_AHEAD ? at + FETCHED_AHEAD : decoder->length;
    for (; at < end; at += 64)
        PREFETCH(decoder->start, at);
}

/* The next items. WRONG_TYPE: bytes or a reference follow. */
static drystone_status read_items(struct decoder *decoder) {
    const struct source *source = &decoder->source;
    decoder->batch = *source->reader;
    decoder->item = decoder->item_end = decoder->items;
    size_t wanted = items_wanted(decoder);
    for (;;) {
        size_t count;
        drystone_status status = source->calls->items(source->reader, decoder->items, wanted, decoder->text,
                                                      decoder->text_capacity, &count);
        if (LIKELY(status == DRYSTONE_OK)) {
            decoder->item_end = decoder->items + count;
            fetch_ahead(decoder);
        }
        if (LIKELY(status != DRYSTONE_OUT_OF_RANGE))
            return status;
        status = grow_text(decoder);
        if (status != DRYSTONE_OK)
            return status;
    }
}

static int read_key(struct decoder *decoder, struct decode_frame *frame) {
    if (decoder->item == decoder->item_end) {
        drystone_status status = read_items(decoder);
        if (UNLIKELY(status != DRYSTONE_OK)) {
            decode_fail(decoder, status);
            return -1;
        }
    }
    const wota_item *item = decoder->item++;
    frame->key =
        key_atom(decoder->ctx, decoder->state, &decoder->previous_key, decoder->text + item->as.text, item->length);
    return frame->key == JS_ATOM_NULL ? -1 : 0;
}

/* A Number whenever one holds the integer exactly, so that every Number comes back as one; a BigInt for the
   rest, which only a BigInt (or another language) can have been. */
JSValue decoded_integer(JSContext *ctx, int64_t integer) {
    if (LIKELY(integer == (int32_t)integer))
        return JS_NewInt32(ctx, (int32_t)integer);
    if (integer > LARGEST_INTEGER || integer < -LARGEST_INTEGER - 1) /* a float in a message */
        return JS_NewFloat64(ctx, (double)integer);
    if ((int64_t)(double)integer == integer)
        return JS_NewInt64(ctx, integer);
    return JS_NewBigInt64(ctx, integer);
}

/* A value that is complete in itself. False: this one is not, or JavaScript does not have it. */
static ALWAYS_INLINE bool plain_value(struct decoder *decoder, const wota_item *item, JSValue *value) {
    switch (item->type) {
    case WOTA_INTEGER:
        *value = decoded_integer(decoder->ctx, item->as.integer);
        return true;
    case WOTA_FLOAT:
        *value = JS_NewFloat64(decoder->ctx, item->as.number);
        return true;
    case WOTA_TEXT: /* lone surrogates stay what they are */
        *value = item->length <= LONGEST_SHORT_TEXT
                     ? short_text(decoder->ctx, decoder->state, decoder->text + item->as.text, item->length)
                     : JS_NewStringLen(decoder->ctx, decoder->text + item->as.text, item->length);
        return true;
    case WOTA_SYMBOL:
        *value = item->as.symbol == WOTA_NULL ? JS_NULL : item->as.symbol == WOTA_TRUE ? JS_TRUE : JS_FALSE;
        return item->as.symbol == WOTA_NULL || item->as.symbol == WOTA_TRUE || item->as.symbol == WOTA_FALSE;
    default:
        return false;
    }
}

static JSValue read_stone(struct decoder *decoder) {
    blob *stone = NULL;
    drystone_status status = decoder->source.calls->blob(decoder->source.reader, &stone);
    if (UNLIKELY(status != DRYSTONE_OK))
        return decode_fail(decoder, status);
    return view_new(decoder->ctx, decoder->module, stone);
}

/* A buffer of the engine, not zeroed first unless its allocator does so; the bits are read directly into it. */
static JSValue read_inline_blob(struct decoder *decoder) {
    JSContext *ctx = decoder->ctx;
    size_t bits, capacity;
    const struct source *source = &decoder->source;
    drystone_status status = source->calls->bits(source->reader, NULL, 0, &bits);
    if (UNLIKELY(status != DRYSTONE_OK))
        return decode_fail(decoder, status);
    JSValue buffer = JS_NewArrayBufferCopy(ctx, NULL, bits / 8 + (bits % 8 != 0));
    if (JS_IsException(buffer))
        return buffer;
    /* with capacity 0 the reader would not advance; the engine allocates at least one byte for an empty buffer */
    uint8_t *data = JS_GetArrayBuffer(ctx, &capacity, buffer);
    status = data == NULL ? DRYSTONE_NO_MEMORY
                          : source->calls->bits(source->reader, data, capacity == 0 ? 1 : capacity, &bits);
    if (UNLIKELY(status != DRYSTONE_OK)) {
        JS_FreeValue(ctx, buffer);
        return decode_fail(decoder, status);
    }
    return buffer;
}

/* An array of the values that were pushed since there were `first`. */
static JSValue array_of_values(struct decoder *decoder, size_t first) {
    size_t count = decoder->value_count - first;
    decoder->value_count = first; /* the engine takes over the elements, even on failure */
    return new_array(decoder->ctx, (int)count, decoder->values + first);
}

/* The elements that come next, as long as they are plain. */
static int read_plain_elements(struct decoder *decoder, uint64_t *remaining) {
    for (; *remaining > 0 && decoder->item != decoder->item_end; decoder->item++, --*remaining) {
        JSValue value;
        if (!plain_value(decoder, decoder->item, &value))
            return 0;
        if (UNLIKELY(JS_IsException(value) || push_value(decoder, value) < 0))
            return -1;
    }
    return 0;
}

/* An array whose elements are all plain and read already; else it is opened. */
static JSValue decode_array(struct decoder *decoder, uint64_t count) {
    size_t first = decoder->value_count;
    if (UNLIKELY(count > INT32_MAX))
        return decode_fail(decoder, DRYSTONE_LIMIT_EXCEEDED);
    if (UNLIKELY(read_plain_elements(decoder, &count) < 0))
        return JS_EXCEPTION;
    if (count == 0)
        return array_of_values(decoder, first);
    struct decode_frame *frame = decode_push_frame(decoder);
    if (frame == NULL)
        return JS_EXCEPTION;
    *frame = (struct decode_frame){ .record = JS_UNDEFINED, .key = JS_ATOM_NULL, .remaining = count, .values = first };
    return JS_UNINITIALIZED;
}

static JSValue decode_open_record(struct decoder *decoder, uint64_t pairs) {
    JSValue record = JS_NewObject(decoder->ctx);
    if (JS_IsException(record))
        return record;
    struct decode_frame *frame = decode_push_frame(decoder);
    if (frame == NULL) {
        JS_FreeValue(decoder->ctx, record);
        return JS_EXCEPTION;
    }
    *frame = (struct decode_frame){
        .record = record, .key = JS_ATOM_NULL, .remaining = pairs, .values = decoder->value_count
    };
    return JS_UNINITIALIZED;
}

static bool is_container(const wota_item *item) { return item->type == WOTA_ARRAY || item->type == WOTA_RECORD; }

/* JS_UNINITIALIZED: the container was opened. */
static JSValue decode_container(struct decoder *decoder, const wota_item *item) {
    return item->type == WOTA_ARRAY ? decode_array(decoder, item->as.count)
                                    : decode_open_record(decoder, item->as.count);
}

/* The value of a container that has received its last child. */
static JSValue close_container(struct decoder *decoder) {
    struct decode_frame *frame = &decoder->frames[--decoder->depth];
    if (JS_IsObject(frame->record)) {
        record_kind_met(decoder->ctx, decoder->module, decoder->kinds, frame->kind, frame->record);
        return frame->record;
    }
    return array_of_values(decoder, frame->values);
}

/* Passes a value to the container that waits for it. */
static int deliver(struct decoder *decoder, JSValue value) {
    struct decode_frame *frame = &decoder->frames[decoder->depth - 1];
    frame->remaining--;
    if (!JS_IsObject(frame->record))
        return push_value(decoder, value);
    JSAtom key = frame->key;
    frame->key = JS_ATOM_NULL;
    frame->kind = record_kind_with(frame->kind, key);
    int result = JS_DefinePropertyValue(decoder->ctx, frame->record, key, value, JS_PROP_C_W_E);
    JS_FreeAtom(decoder->ctx, key);
    return result < 0 ? -1 : 0;
}

/* The size with all references expanded is checked before anything is made. */
static drystone_status check_flattened(struct decoder *decoder) {
    uint64_t words = 0;
    if (decoder->message == NULL)
        return DRYSTONE_OK;
    drystone_status status = wota_flattened_words(decoder->message, NULL, &words);
    decoder->message = NULL;
    return status == DRYSTONE_OK && words > LONGEST_VALUE_WORDS ? DRYSTONE_LIMIT_EXCEEDED : status;
}

/* Continues reading at the referenced value. */
static int follow_reference(struct decoder *decoder) {
    wota_reader inner;
    drystone_status status = check_flattened(decoder);
    if (status != DRYSTONE_OK)
        return decode_fail(decoder, status), -1;
    if (decoder->reference_count == decoder->reference_capacity) {
        struct decode_reference *references =
            scratch_grow(decoder->ctx, &decoder->scratch, decoder->references, NULL, decoder->reference_count,
                         FIRST_REFERENCES, sizeof *references, &decoder->reference_capacity);
        if (references == NULL)
            return -1;
        decoder->references = references;
    }
    status = wota_enter(decoder->source.reader, &inner);
    if (status != DRYSTONE_OK)
        return decode_fail(decoder, status), -1;
    decoder->references[decoder->reference_count++] =
        (struct decode_reference){ .outer = *decoder->source.reader, .depth = decoder->depth };
    *decoder->source.reader = inner;
    return 0;
}

/* A value is complete, and perhaps the referenced value that contains it. */
static void leave_reference(struct decoder *decoder) {
    if (LIKELY(decoder->reference_count == 0))
        return;
    const struct decode_reference *reference = &decoder->references[decoder->reference_count - 1];
    if (reference->depth != decoder->depth)
        return;
    *decoder->source.reader = reference->outer;
    decoder->reference_count--;
}

static JSValue read_value(struct decoder *decoder);

/* A value that is not an item: bytes, a reference, or one that ends the decoding. */
static JSValue read_no_item(struct decoder *decoder) {
    wota_type type;
    drystone_status status = decoder->source.calls->type(decoder->source.reader, &type);
    if (UNLIKELY(status != DRYSTONE_OK))
        return decode_fail(decoder, status);
    if (type == WOTA_VALUE)
        return follow_reference(decoder) < 0 ? JS_EXCEPTION : read_value(decoder); /* that is no reference */
    return type == WOTA_STONE  ? read_stone(decoder)
           : type == WOTA_BLOB ? read_inline_blob(decoder)
                               : decode_fail(decoder, DRYSTONE_UNSUPPORTED);
}

/* One value that is complete in itself; JS_UNINITIALIZED: a container was opened instead. */
static JSValue read_value(struct decoder *decoder) {
    if (UNLIKELY(decoder->item == decoder->item_end)) {
        drystone_status status = read_items(decoder);
        if (UNLIKELY(status != DRYSTONE_OK))
            return status == DRYSTONE_WRONG_TYPE ? read_no_item(decoder) : decode_fail(decoder, status);
    }
    const wota_item *item = decoder->item++;
    JSValue value;
    if (plain_value(decoder, item, &value))
        return value;
    if (LIKELY(is_container(item)))
        return decode_container(decoder, item);
    return decode_fail(decoder, DRYSTONE_UNSUPPORTED); /* JavaScript has no private and system values */
}

/* What read_tree does for each child, for those that come next if their keys are expected ones. 1: the last one is a
   container, which was opened. */
static int read_expected_fields(struct decoder *decoder, struct decode_frame *frame) {
    while (frame->remaining > 0 && decoder->item_end - decoder->item >= 2) {
        const wota_item *item = decoder->item;
        JSAtom key = key_expected(decoder->state, &decoder->previous_key, decoder->text + item->as.text, item->length);
        if (key == JS_ATOM_NULL)
            return 0;
        JSValue value;
        if (is_container(item + 1)) {
            decoder->item += 2;
            value = decode_container(decoder, item + 1);
            if (JS_IsUninitialized(value)) {
                decoder->frames[decoder->depth - 2].key = JS_DupAtom(decoder->ctx, key); /* they may have moved */
                return 1;
            }
        } else if (LIKELY(plain_value(decoder, item + 1, &value))) {
            decoder->item += 2;
        } else {
            return 0;
        }
        if (UNLIKELY(JS_IsException(value)))
            return -1;
        frame->remaining--;
        frame->kind = record_kind_with(frame->kind, key);
        if (UNLIKELY(JS_DefinePropertyValue(decoder->ctx, frame->record, key, value, JS_PROP_C_W_E) < 0))
            return -1;
    }
    return 0;
}

static JSValue read_tree(struct decoder *decoder) {
    for (;;) {
        JSValue value = read_value(decoder);
        if (UNLIKELY(JS_IsException(value)))
            return value;
        bool complete = !JS_IsUninitialized(value);
        for (;;) {
            if (complete) {
                leave_reference(decoder);
                if (decoder->depth == 0)
                    return value;
                if (UNLIKELY(deliver(decoder, value) < 0))
                    return JS_EXCEPTION;
            }
            struct decode_frame *frame = &decoder->frames[decoder->depth - 1];
            bool record = JS_IsObject(frame->record);
            int result =
                record ? read_expected_fields(decoder, frame) : read_plain_elements(decoder, &frame->remaining);
            if (UNLIKELY(result < 0))
                return JS_EXCEPTION;
            if (result > 0) {
                complete = false;
                continue;
            }
            if (frame->remaining > 0) {
                if (record && UNLIKELY(read_key(decoder, frame) < 0))
                    return JS_EXCEPTION;
                break;
            }
            value = close_container(decoder);
            if (UNLIKELY(JS_IsException(value)))
                return value;
            complete = true;
        }
    }
}

static void drop_open_containers(struct decoder *decoder) {
    while (decoder->depth > 0) {
        struct decode_frame *frame = &decoder->frames[--decoder->depth];
        JS_FreeAtom(decoder->ctx, frame->key);
        JS_FreeValue(decoder->ctx, frame->record);
    }
    while (decoder->value_count > 0)
        JS_FreeValue(decoder->ctx, decoder->values[--decoder->value_count]);
}

static JSValue decode_source(JSContext *ctx, struct module *module, const blob *message, struct source source,
                             size_t length) {
    struct decoder decoder; /* its inline stacks are not initialised */
    decoder.ctx = ctx;
    decoder.module = module;
    decoder.state = module->state;
    decoder.source = source;
    decoder.message = message;
    decoder.start = message == NULL ? NULL : blob_data(message);
    decoder.length = length;
    decoder.references = NULL;
    decoder.reference_count = decoder.reference_capacity = 0;
    scratch_begin(&decoder.scratch, module->state);
    decoder.frames = decoder.frames_inline;
    decoder.frame_capacity = DECODE_FRAMES_INLINE;
    decoder.values = decoder.values_inline;
    decoder.value_capacity = DECODE_VALUES_INLINE;
    decoder.text = decoder.text_inline;
    decoder.text_capacity = DECODE_TEXT_INLINE;
    decoder.depth = decoder.value_count = 0;
    decoder.item = decoder.item_end = decoder.items;
    decoder.previous_key = 0;
    decoder.kinds = record_kinds_begin(module, length, &decoder.kinds_of_large);
    JSValue result = read_tree(&decoder);
    record_kinds_end(ctx, decoder.kinds, &decoder.kinds_of_large);
    drop_open_containers(&decoder);
    scratch_end(&decoder.scratch);
    return result;
}

JSValue decode_message(JSContext *ctx, struct module *module, wota_reader *reader, const blob *message) {
    struct source source = { .calls = &wota_source_calls, .reader = reader };
    return decode_source(ctx, module, message, source, (size_t)(blob_length_bits(message) / 8));
}

JSValue decode_bytes(JSContext *ctx, struct module *module, wota_reader *reader, size_t length) {
    return decode_source(ctx, module, NULL, (struct source){ .calls = &wota_source_calls, .reader = reader }, length);
}

JSValue decode_nota(JSContext *ctx, struct module *module, nota_reader *reader, size_t length) {
    struct source source = { .calls = &nota_source_calls, .reader = (wota_reader *)reader };
    return decode_source(ctx, module, NULL, source, length);
}
