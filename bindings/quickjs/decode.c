/* Message or Nota to JavaScript value: one pass over the reader with a stack of its own. No JavaScript runs while
   it works: objects and arrays are new, and properties are defined, never set. */
#include "scratch.h"
#include "source.h"

#define DECODE_FRAMES_INLINE 16
#define DECODE_VALUES_INLINE 128
#define TEXT_INLINE 2048
/* 56 bits; Nota has larger ones */
#define LARGEST_INTEGER ((INT64_C(1) << 55) - 1)

/* An open container. */
struct decode_frame {
    JSValue record; /* JS_UNDEFINED for an array */
    JSAtom key;     /* of the value that a record waits for */
    uint64_t remaining;
    size_t values; /* where an array's elements begin in the stack of values */
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
    char *text;
    size_t text_capacity;
    struct decode_frame frames_inline[DECODE_FRAMES_INLINE];
    JSValue values_inline[DECODE_VALUES_INLINE];
    char text_inline[TEXT_INLINE];
};

static JSValue decode_fail(struct decoder *decoder, drystone_status status) {
    char doing[64];
    const struct source *source = &decoder->source;
    snprintf(doing, sizeof doing, "%s %zu", source->calls->where, source->calls->offset(source->reader));
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

/* Takes over the value, also when it fails. */
static int push_value(struct decoder *decoder, JSValue value) {
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

/* The text that comes next, in the decoder's buffer until the next one. */
static drystone_status read_text(struct decoder *decoder, size_t *length) {
    const struct source *source = &decoder->source;
    drystone_status status = source->calls->text(source->reader, decoder->text, decoder->text_capacity, length);
    if (LIKELY(status != DRYSTONE_OUT_OF_RANGE))
        return status;
    status = source->calls->text(source->reader, NULL, 0, length);
    if (status != DRYSTONE_OK)
        return status;
    /* The smaller buffer stays until the end: at least twice the room each time, so that all are in proportion. */
    size_t capacity = *length > decoder->text_capacity * 2 ? *length : decoder->text_capacity * 2;
    char *text = scratch_alloc(&decoder->scratch, capacity);
    if (text == NULL)
        return DRYSTONE_NO_MEMORY;
    decoder->text = text;
    decoder->text_capacity = capacity;
    return source->calls->text(source->reader, decoder->text, decoder->text_capacity, length);
}

static JSValue read_string(struct decoder *decoder) {
    size_t length;
    drystone_status status = read_text(decoder, &length);
    if (UNLIKELY(status != DRYSTONE_OK))
        return decode_fail(decoder, status);
    return JS_NewStringLen(decoder->ctx, decoder->text, length); /* keeps lone surrogates */
}

static int read_key(struct decoder *decoder, struct decode_frame *frame) {
    size_t length;
    drystone_status status = read_text(decoder, &length);
    if (UNLIKELY(status != DRYSTONE_OK)) {
        decode_fail(decoder, status);
        return -1;
    }
    frame->key = key_atom(decoder->ctx, decoder->state, decoder->text, length);
    return frame->key == JS_ATOM_NULL ? -1 : 0;
}

/* A Number whenever one holds the integer exactly, so that every Number comes back as one; a BigInt for the
   rest, which only a BigInt (or another language) can have been. */
static JSValue read_integer(struct decoder *decoder) {
    int64_t integer;
    drystone_status status = decoder->source.calls->integer(decoder->source.reader, &integer);
    if (UNLIKELY(status != DRYSTONE_OK))
        return decode_fail(decoder, status);
    if (LIKELY(integer == (int32_t)integer))
        return JS_NewInt32(decoder->ctx, (int32_t)integer);
    if (integer > LARGEST_INTEGER || integer < -LARGEST_INTEGER - 1) /* a float in a message */
        return JS_NewFloat64(decoder->ctx, (double)integer);
    if ((int64_t)(double)integer == integer)
        return JS_NewInt64(decoder->ctx, integer);
    return JS_NewBigInt64(decoder->ctx, integer);
}

static JSValue read_number(struct decoder *decoder) {
    double number;
    drystone_status status = decoder->source.calls->number(decoder->source.reader, &number);
    if (UNLIKELY(status != DRYSTONE_OK))
        return decode_fail(decoder, status);
    return JS_NewFloat64(decoder->ctx, number);
}

static JSValue read_symbol(struct decoder *decoder) {
    int32_t symbol;
    drystone_status status = decoder->source.calls->symbol(decoder->source.reader, &symbol);
    if (UNLIKELY(status != DRYSTONE_OK))
        return decode_fail(decoder, status);
    switch (symbol) {
    case WOTA_NULL:
        return JS_NULL;
    case WOTA_FALSE:
        return JS_FALSE;
    case WOTA_TRUE:
        return JS_TRUE;
    default: /* private and system values have no form in JavaScript */
        return decode_fail(decoder, DRYSTONE_UNSUPPORTED);
    }
}

static JSValue read_stone(struct decoder *decoder) {
    blob *stone = NULL;
    drystone_status status = decoder->source.calls->blob(decoder->source.reader, &stone);
    if (UNLIKELY(status != DRYSTONE_OK))
        return decode_fail(decoder, status);
    return view_new(decoder->ctx, decoder->state, stone);
}

/* A buffer of the engine's own, zeroed first only as far as its allocator does it, and the bits straight in. */
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
    /* with capacity 0 the reader would not move, and there is always one byte behind an empty buffer */
    uint8_t *data = JS_GetArrayBuffer(ctx, &capacity, buffer);
    status = data == NULL ? DRYSTONE_NO_MEMORY
                          : source->calls->bits(source->reader, data, capacity == 0 ? 1 : capacity, &bits);
    if (UNLIKELY(status != DRYSTONE_OK)) {
        JS_FreeValue(ctx, buffer);
        return decode_fail(decoder, status);
    }
    return buffer;
}

static int decode_open_array(struct decoder *decoder) {
    uint64_t count;
    drystone_status status = decoder->source.calls->array(decoder->source.reader, &count);
    if (status == DRYSTONE_OK && count > INT32_MAX)
        status = DRYSTONE_LIMIT_EXCEEDED;
    if (UNLIKELY(status != DRYSTONE_OK)) {
        decode_fail(decoder, status);
        return -1;
    }
    struct decode_frame *frame = decode_push_frame(decoder);
    if (frame == NULL)
        return -1;
    *frame = (struct decode_frame){
        .record = JS_UNDEFINED, .key = JS_ATOM_NULL, .remaining = count, .values = decoder->value_count
    };
    return 0;
}

static int decode_open_record(struct decoder *decoder) {
    uint64_t pairs;
    drystone_status status = decoder->source.calls->record(decoder->source.reader, &pairs);
    if (UNLIKELY(status != DRYSTONE_OK)) {
        decode_fail(decoder, status);
        return -1;
    }
    JSValue record = JS_NewObject(decoder->ctx);
    if (JS_IsException(record))
        return -1;
    struct decode_frame *frame = decode_push_frame(decoder);
    if (frame == NULL) {
        JS_FreeValue(decoder->ctx, record);
        return -1;
    }
    *frame = (struct decode_frame){
        .record = record, .key = JS_ATOM_NULL, .remaining = pairs, .values = decoder->value_count
    };
    return 0;
}

/* The container that has got its last child, as a value. */
static JSValue close_container(struct decoder *decoder) {
    struct decode_frame *frame = &decoder->frames[--decoder->depth];
    if (JS_IsObject(frame->record))
        return frame->record;
    size_t count = decoder->value_count - frame->values;
    decoder->value_count = frame->values; /* the engine takes the elements over, also when it fails */
    return JS_NewArrayFrom(decoder->ctx, (int)count, decoder->values + frame->values);
}

/* Hands a value to the container that waits for it. */
static int deliver(struct decoder *decoder, JSValue value) {
    struct decode_frame *frame = &decoder->frames[decoder->depth - 1];
    frame->remaining--;
    if (!JS_IsObject(frame->record))
        return push_value(decoder, value);
    JSAtom key = frame->key;
    frame->key = JS_ATOM_NULL;
    int result = JS_DefinePropertyValue(decoder->ctx, frame->record, key, value, JS_PROP_C_W_E);
    JS_FreeAtom(decoder->ctx, key);
    return result < 0 ? -1 : 0;
}

/* One value that is complete in itself; JS_UNINITIALIZED: a container was opened instead. */
static JSValue read_value(struct decoder *decoder) {
    wota_type type;
    drystone_status status = decoder->source.calls->type(decoder->source.reader, &type);
    if (UNLIKELY(status != DRYSTONE_OK))
        return decode_fail(decoder, status);
    switch (type) {
    case WOTA_INTEGER:
        return read_integer(decoder);
    case WOTA_FLOAT:
        return read_number(decoder);
    case WOTA_TEXT:
        return read_string(decoder);
    case WOTA_SYMBOL:
        return read_symbol(decoder);
    case WOTA_STONE:
        return read_stone(decoder);
    case WOTA_BLOB:
        return read_inline_blob(decoder);
    case WOTA_ARRAY:
        return decode_open_array(decoder) < 0 ? JS_EXCEPTION : JS_UNINITIALIZED;
    case WOTA_RECORD:
        return decode_open_record(decoder) < 0 ? JS_EXCEPTION : JS_UNINITIALIZED;
    default:
        return decode_fail(decoder, DRYSTONE_UNSUPPORTED);
    }
}

static JSValue read_tree(struct decoder *decoder) {
    for (;;) {
        JSValue value = read_value(decoder);
        if (UNLIKELY(JS_IsException(value)))
            return value;
        bool complete = !JS_IsUninitialized(value);
        for (;;) {
            if (complete) {
                if (decoder->depth == 0)
                    return value;
                if (UNLIKELY(deliver(decoder, value) < 0))
                    return JS_EXCEPTION;
            }
            struct decode_frame *frame = &decoder->frames[decoder->depth - 1];
            if (frame->remaining > 0) {
                if (JS_IsObject(frame->record) && read_key(decoder, frame) < 0)
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

static JSValue decode_source(JSContext *ctx, struct module *module, struct source source) {
    struct decoder decoder; /* its inline stacks are left as they are */
    decoder.ctx = ctx;
    decoder.module = module;
    decoder.state = module->state;
    decoder.source = source;
    scratch_begin(&decoder.scratch, module->state);
    decoder.frames = decoder.frames_inline;
    decoder.frame_capacity = DECODE_FRAMES_INLINE;
    decoder.values = decoder.values_inline;
    decoder.value_capacity = DECODE_VALUES_INLINE;
    decoder.text = decoder.text_inline;
    decoder.text_capacity = TEXT_INLINE;
    decoder.depth = decoder.value_count = 0;
    JSValue result = read_tree(&decoder);
    drop_open_containers(&decoder);
    scratch_end(&decoder.scratch);
    return result;
}

JSValue decode_message(JSContext *ctx, struct module *module, wota_reader *reader) {
    return decode_source(ctx, module, (struct source){ .calls = &wota_source_calls, .reader = reader });
}

JSValue decode_nota(JSContext *ctx, struct module *module, nota_reader *reader) {
    return decode_source(ctx, module, (struct source){ .calls = &nota_source_calls, .reader = (wota_reader *)reader });
}
