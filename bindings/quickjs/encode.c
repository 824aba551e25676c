/* JavaScript value to message or Nota: one walk with an explicit stack, so that no value overflows the C stack.

   Reading a property can run any JavaScript: getters that throw, change what is being walked, detach
   buffers or call encode again. So every container is held while it is open, a record's values are read once and
   held before their count is written, and bytes are copied immediately after they are looked up. */
#include "encode.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "blob_object.h"
#include "bytes.h"
#include "class_name.h"
#include "error.h"
#include "key.h"
#include "path.h"
#include "scratch.h"
#include "sink.h"
#include "stone_value.h"
#include "view.h"

#define ENCODE_FRAMES_INLINE 16
#define ENCODE_VALUES_INLINE 64
/* 2 GiB, the limit of the engine's ArrayBuffers. A sparse array can promise more elements than any memory
   has words; this is what stops it. */
#define LONGEST_MESSAGE_WORDS (UINT64_C(1) << 28)
/* From here on values are probably not in the processor's nearest caches; words as for `promised`. */
#define LARGE_MESSAGE_WORDS 1024
/* A writer keeps its memory for the next message, but not this much. */
#define WRITER_KEEPS_BITS ((size_t)64 * 1024 * 1024)

/* An open container. `index` is one past the child that is being written. */
struct encode_frame {
    JSValue container;
    JSPropertyEnum *names; /* a record's; NULL for an array */
    size_t values;         /* where a record's values begin in the stack of values */
    uint32_t index, count;
};

struct encoder {
    JSContext *ctx;
    struct module *module;
    struct runtime_state *state;
    struct sink sink;
    bool stones; /* bytes are copied into separate stones */
    struct scratch scratch;
    struct encode_frame *frames;
    size_t depth, frame_capacity;
    JSValue *values;
    size_t value_count, value_capacity;
    uint64_t promised; /* the least number of words of the open and closed containers */
    struct encode_frame frames_inline[ENCODE_FRAMES_INLINE];
    JSValue values_inline[ENCODE_VALUES_INLINE];
};

enum outcome { FAILED = -1, WRITTEN = 0, OPENED = 1 };

/* Throws `<path>: <what>`: a TypeError, or the error class of the status. */
static enum outcome fail_as(struct encoder *encoder, drystone_status status, bool type_error, const char *what) {
    struct path path;
    path_begin(&path);
    path_text(encoder->ctx, &path, "$");
    for (size_t i = 0; i < encoder->depth; i++) {
        struct encode_frame *frame = &encoder->frames[i];
        if (frame->index == 0)
            break; /* the container itself, not one of its children */
        if (frame->names == NULL)
            path_index(encoder->ctx, &path, frame->index - 1);
        else
            path_key(encoder->ctx, &path, frame->names[frame->index - 1].atom);
    }
    path_text(encoder->ctx, &path, ": ");
    path_text(encoder->ctx, &path, what);
    path_throw(encoder->ctx, &path, status, type_error);
    return FAILED;
}

static COLD enum outcome encode_fail(struct encoder *encoder, drystone_status status, const char *what) {
    return fail_as(encoder, status, false, what);
}

static enum outcome written(struct encoder *encoder, drystone_status status) {
    if (LIKELY(status == DRYSTONE_OK))
        return WRITTEN;
    return encode_fail(encoder, status, drystone_status_text(status));
}

static int reserve_values(struct encoder *encoder, size_t count) {
    size_t needed = encoder->value_count + count;
    if (LIKELY(needed <= encoder->value_capacity))
        return 0;
    JSValue *values = scratch_grow(encoder->ctx, &encoder->scratch, encoder->values, encoder->values_inline,
                                   encoder->value_count, needed, sizeof *values, &encoder->value_capacity);
    if (values == NULL)
        return -1;
    encoder->values = values;
    return 0;
}

static struct encode_frame *encode_push_frame(struct encoder *encoder, JSValueConst container) {
    if (UNLIKELY(encoder->depth == encoder->frame_capacity)) {
        struct encode_frame *frames =
            scratch_grow(encoder->ctx, &encoder->scratch, encoder->frames, encoder->frames_inline, encoder->depth, 0,
                         sizeof *frames, &encoder->frame_capacity);
        if (frames == NULL)
            return NULL;
        encoder->frames = frames;
    }
    struct encode_frame *frame = &encoder->frames[encoder->depth++];
    *frame = (struct encode_frame){ .container = JS_DupValue(encoder->ctx, container), .values = encoder->value_count };
    return frame;
}

static void pop_frame(struct encoder *encoder) {
    struct encode_frame *frame = &encoder->frames[--encoder->depth];
    if (frame->names != NULL)
        JS_FreePropertyEnum(encoder->ctx, frame->names, frame->count);
    while (encoder->value_count > frame->values)
        free_value(encoder->ctx, encoder->values[--encoder->value_count]);
    JS_FreeValue(encoder->ctx, frame->container);
}

static bool is_open(const struct encoder *encoder, JSValueConst container) {
    for (size_t i = encoder->depth; i-- > 0;)
        if (object_address(encoder->frames[i].container) == object_address(container))
            return true;
    return false;
}

/* Refuses what can never fit before a word of it is written. */
static bool promise(struct encoder *encoder, uint64_t words) {
    if (words > LONGEST_MESSAGE_WORDS || encoder->promised + words > LONGEST_MESSAGE_WORDS)
        return false;
    encoder->promised += words;
    return true;
}

static enum outcome fail_cycle(struct encoder *encoder) {
    return encode_fail(encoder, DRYSTONE_INVALID_ARGUMENT, "a cycle: this value contains itself");
}

static enum outcome fail_too_deep_or(struct encoder *encoder, drystone_status status) {
    if (status == DRYSTONE_LIMIT_EXCEEDED)
        return encode_fail(encoder, status, "more than 512 nested containers");
    return written(encoder, status);
}

/* Faster than the engine's own call. */
static int length_of_array(struct encoder *encoder, JSValueConst array, int64_t *length) {
    JSValue value = JS_GetProperty(encoder->ctx, array, encoder->module->atoms[LENGTH_ATOM]);
    if (LIKELY(JS_VALUE_GET_TAG(value) == JS_TAG_INT)) {
        *length = JS_VALUE_GET_INT(value);
        return 0;
    }
    return JS_IsException(value) ? -1 : JS_ToInt64(encoder->ctx, length, value); /* a number, which has no count */
}

static enum outcome encode_open_array(struct encoder *encoder, JSValueConst array) {
    int64_t length;
    if (is_open(encoder, array))
        return fail_cycle(encoder);
    if (length_of_array(encoder, array, &length) < 0)
        return FAILED;
    if (!promise(encoder, (uint64_t)length))
        return encode_fail(encoder, DRYSTONE_LIMIT_EXCEEDED, "too many elements for a message");
    drystone_status status = encoder->sink.calls->array(encoder->sink.writer, (uint64_t)length);
    if (UNLIKELY(status != DRYSTONE_OK))
        return fail_too_deep_or(encoder, status);
    struct encode_frame *frame = encode_push_frame(encoder, array);
    if (frame == NULL)
        return FAILED;
    frame->count = (uint32_t)length;
    return OPENED;
}

static enum outcome encode_open_record(struct encoder *encoder, JSValueConst record) {
    JSContext *ctx = encoder->ctx;
    if (is_open(encoder, record))
        return fail_cycle(encoder);
    struct encode_frame *frame = encode_push_frame(encoder, record);
    if (frame == NULL)
        return FAILED;
    if (JS_GetOwnPropertyNames(ctx, &frame->names, &frame->count, record, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return FAILED;
    uint32_t count = frame->count, present = 0;
    if (reserve_values(encoder, count) < 0)
        return FAILED;
    const JSPropertyEnum *names = frame->names;
    bool is_large = encoder->promised > LARGE_MESSAGE_WORDS;
    for (uint32_t i = 0; i < count; i++) {
        JSValue value = JS_GetProperty(ctx, record, names[i].atom);
        if (UNLIKELY(JS_IsException(value)))
            return FAILED;
        present += !JS_IsUndefined(value);
        encoder->values[encoder->value_count++] = value;
        if (is_large && JS_VALUE_HAS_REF_COUNT(value)) { /* what it points to is read below */
            PREFETCH(JS_VALUE_GET_PTR(value), 0);
            PREFETCH(JS_VALUE_GET_PTR(value), 64);
        }
    }
    if (!promise(encoder, (uint64_t)present * 2))
        return encode_fail(encoder, DRYSTONE_LIMIT_EXCEEDED, "too many properties for a message");
    drystone_status status = encoder->sink.calls->record(encoder->sink.writer, present);
    if (UNLIKELY(status != DRYSTONE_OK))
        return fail_too_deep_or(encoder, status);
    return OPENED;
}

static enum outcome write_blob(struct encoder *encoder, blob *sent) {
    drystone_status status = encoder->sink.calls->blob(encoder->sink.writer, sent);
    if (UNLIKELY(status == DRYSTONE_FOREIGN_REFERENCE))
        return encode_fail(encoder, status, "a message that holds stones cannot be inlined");
    return written(encoder, status);
}

/* Takes over the count; NULL: memory ran out. */
static enum outcome write_new_stone(struct encoder *encoder, blob *made) {
    drystone_status status = made == NULL ? DRYSTONE_NO_MEMORY : blob_make_stone(made);
    enum outcome outcome = status == DRYSTONE_OK ? write_blob(encoder, made) : written(encoder, status);
    blob_destroy(made);
    return outcome;
}

/* Bytes that others may still write to, in a value that must never change. */
static enum outcome write_antestone_as_stone(struct encoder *encoder, blob *sent) {
    blob *copy = NULL;
    drystone_status status = blob_copy(sent, 0, blob_length_bits(sent), &copy);
    return status == DRYSTONE_OK ? write_new_stone(encoder, copy) : written(encoder, status);
}

static enum outcome write_bytes(struct encoder *encoder, const struct bytes *bytes) {
    if (bytes->length > SIZE_MAX / 8)
        return encode_fail(encoder, DRYSTONE_LIMIT_EXCEEDED, "too long for a blob");
    if (bytes->stone == NULL && encoder->stones)
        return write_new_stone(encoder, blob_from_bytes(bytes->data, bytes->length));
    if (bytes->stone == NULL)
        return written(encoder, encoder->sink.calls->bits(encoder->sink.writer, bytes->data, bytes->length * 8));
    blob *shared = NULL;
    drystone_status status = bytes_share(bytes, &shared);
    if (status != DRYSTONE_OK)
        return written(encoder, status);
    enum outcome outcome = write_blob(encoder, shared);
    blob_destroy(shared);
    return outcome;
}

/* A class whose content a walk over its properties would silently lose. */
static enum outcome fail_class(struct encoder *encoder, JSValueConst object) {
    char what[128], name[64];
    if (JS_IsFunction(encoder->ctx, object))
        snprintf(what, sizeof what, "a function cannot be sent");
    else if (is_proxy(&encoder->state->classes, object))
        snprintf(what, sizeof what, "a Proxy cannot be sent");
    else if (class_name_of(encoder->ctx, object, name, sizeof name) && strcmp(name, "Object") != 0)
        snprintf(what, sizeof what, "an object of class %.40s cannot be sent", name);
    else /* the engine uses the name Object for several kinds */
        snprintf(what, sizeof what, "an exotic object cannot be sent");
    return encode_fail(encoder, DRYSTONE_WRONG_TYPE, what);
}

/* The length of a value in words with all its references expanded. */
static drystone_status flattened_words(const wota_view *view, uint64_t *words) {
    wota_writer *writer = NULL;
    blob *reference = NULL;
    drystone_status status = wota_writer_new(WOTA_CLASSIC, &writer);
    if (status == DRYSTONE_OK)
        status = wota_write_view(writer, view);
    if (status == DRYSTONE_OK)
        status = wota_writer_finish(writer, &reference);
    if (status == DRYSTONE_OK)
        status = wota_flattened_words(reference, NULL, words);
    blob_destroy(reference);
    wota_writer_free(writer);
    return status;
}

/* A record or an array that is a place in a message: by reference, or like one of the program. */
static enum outcome write_stone_value(struct encoder *encoder, JSValueConst object, const wota_view *view) {
    if (LIKELY(encoder->sink.calls->view != NULL))
        return written(encoder, encoder->sink.calls->view(encoder->sink.writer, view));
    /* shared values may become very many when they are expanded */
    uint64_t words = 0;
    drystone_status status = flattened_words(view, &words);
    if (status == DRYSTONE_OK && words > LONGEST_MESSAGE_WORDS - encoder->promised)
        status = DRYSTONE_LIMIT_EXCEEDED;
    if (status != DRYSTONE_OK)
        return written(encoder, status);
    return JS_GetClassID(object) == encoder->state->array_class ? encode_open_array(encoder, object)
                                                                : encode_open_record(encoder, object);
}

static enum outcome write_object(struct encoder *encoder, JSValueConst object) {
    JSClassID class_id = JS_GetClassID(object);
    if (class_id == encoder->state->object_class)
        return encode_open_record(encoder, object);
    const wota_view *view = stone_value_view(encoder->ctx, encoder->state, object);
    if (view != NULL)
        return write_stone_value(encoder, object, view);
    if (class_id == encoder->state->array_class)
        return encode_open_array(encoder, object);
    blob *sent = blob_of(encoder->module, object);
    if (sent != NULL)
        return encoder->stones && !blob_is_stone(sent) ? write_antestone_as_stone(encoder, sent)
                                                       : write_blob(encoder, sent);
    struct bytes bytes;
    switch (bytes_of(encoder->ctx, encoder->module, object, &bytes)) {
    case BYTES_YES:
        return write_bytes(encoder, &bytes);
    case BYTES_GONE:
        return encode_fail(encoder, DRYSTONE_INVALID_ARGUMENT, "the buffer is detached or the view out of its bounds");
    default:
        return fail_class(encoder, object);
    }
}

static enum outcome write_string(struct encoder *encoder, JSValueConst string) {
    size_t length;
    const char *text = JS_ToCStringLen(encoder->ctx, &length, string);
    if (UNLIKELY(text == NULL))
        return FAILED;
    drystone_status status = encoder->sink.calls->text(encoder->sink.writer, text, length);
    JS_FreeCString(encoder->ctx, text);
    return written(encoder, status);
}

static enum outcome write_big_integer(struct encoder *encoder, JSValueConst number) {
    int64_t integer;
    int exact = big_integer_of(encoder->ctx, number, &integer);
    if (exact < 0)
        return FAILED;
    drystone_status status = DRYSTONE_OUT_OF_RANGE;
    if (exact)
        status = encoder->sink.calls->integer(encoder->sink.writer, integer);
    if (status != DRYSTONE_OUT_OF_RANGE)
        return written(encoder, status);
    /* a TypeError as for every value that messages do not have */
    return fail_as(encoder, status, true, "a BigInt outside -2^55 .. 2^55-1 cannot be sent");
}

static enum outcome write_number(struct encoder *encoder, double number) {
    drystone_status status = encoder->sink.calls->number(encoder->sink.writer, number);
    if (LIKELY(status != DRYSTONE_OUT_OF_RANGE))
        return written(encoder, status);
    if (isnan(number) || isinf(number))
        return encode_fail(encoder, status, "NaN and infinities cannot be represented");
    return encode_fail(encoder, status,
                encoder->sink.nearest ? "the number is too large for DEC64" : "DEC64 cannot represent this number exactly");
}

static enum outcome write_other_value(struct encoder *encoder, JSValueConst value) {
    switch (JS_VALUE_GET_NORM_TAG(value)) {
    case JS_TAG_OBJECT:
        return write_object(encoder, value);
    case JS_TAG_BIG_INT:
    case JS_TAG_SHORT_BIG_INT:
        return write_big_integer(encoder, value);
    case JS_TAG_UNDEFINED:
        return encode_fail(encoder, DRYSTONE_WRONG_TYPE, "undefined cannot be sent");
    case JS_TAG_SYMBOL:
        return encode_fail(encoder, DRYSTONE_WRONG_TYPE, "a symbol cannot be sent");
    default:
        return encode_fail(encoder, DRYSTONE_WRONG_TYPE, "this cannot be sent");
    }
}

/* The frequent ones here, without a call of our own. */
static ALWAYS_INLINE enum outcome write_value(struct encoder *encoder, JSValueConst value) {
    const struct sink_calls *calls = encoder->sink.calls;
    switch (JS_VALUE_GET_NORM_TAG(value)) {
    case JS_TAG_INT:
        return written(encoder, calls->integer(encoder->sink.writer, JS_VALUE_GET_INT(value)));
    case JS_TAG_FLOAT64:
        return write_number(encoder, JS_VALUE_GET_FLOAT64(value));
    case JS_TAG_STRING:
    case JS_TAG_STRING_ROPE:
        return write_string(encoder, value);
    case JS_TAG_BOOL:
        return written(encoder, calls->symbol(encoder->sink.writer, JS_VALUE_GET_BOOL(value) ? WOTA_TRUE : WOTA_FALSE));
    case JS_TAG_NULL:
        return written(encoder, calls->symbol(encoder->sink.writer, WOTA_NULL));
    default:
        return write_other_value(encoder, value);
    }
}

/* The children that are left of the innermost container, up to one that is a container itself. */
static enum outcome write_fields(struct encoder *encoder, struct encode_frame *frame) {
    while (frame->index < frame->count) {
        uint32_t index = frame->index++;
        JSValue value = encoder->values[frame->values + index]; /* the stack of values holds it */
        if (UNLIKELY(JS_IsUndefined(value)))
            continue;
        bool exception = false;
        drystone_status status =
            key_write(encoder->ctx, encoder->state, &encoder->sink, frame->names[index].atom, &exception);
        if (UNLIKELY(status != DRYSTONE_OK))
            return exception ? FAILED : written(encoder, status);
        enum outcome outcome = write_value(encoder, value);
        if (outcome != WRITTEN)
            return outcome;
    }
    return WRITTEN;
}

static enum outcome write_elements(struct encoder *encoder, struct encode_frame *frame) {
    while (frame->index < frame->count) {
        JSValue value = get_element(encoder->ctx, frame->container, frame->index++);
        if (UNLIKELY(JS_IsException(value)))
            return FAILED;
        enum outcome outcome = write_value(encoder, JS_IsUndefined(value) ? JS_NULL : value);
        free_value(encoder->ctx, value);
        if (outcome != WRITTEN)
            return outcome;
    }
    return WRITTEN;
}

static enum outcome write_tree(struct encoder *encoder, JSValueConst root) {
    enum outcome outcome = write_value(encoder, root);
    while (outcome != FAILED && encoder->depth > 0) {
        struct encode_frame *frame = &encoder->frames[encoder->depth - 1];
        outcome = frame->names != NULL ? write_fields(encoder, frame) : write_elements(encoder, frame);
        if (outcome == WRITTEN)
            pop_frame(encoder);
    }
    while (encoder->depth > 0)
        pop_frame(encoder);
    return outcome;
}

static blob *encode_as(JSContext *ctx, struct module *module, JSValueConst value, enum form form, bool nearest,
                       bool stones) {
    struct encoder encoder; /* its two inline stacks are not initialised */
    encoder.ctx = ctx;
    encoder.module = module;
    encoder.state = module->state;
    encoder.frames = encoder.frames_inline;
    encoder.frame_capacity = ENCODE_FRAMES_INLINE;
    encoder.values = encoder.values_inline;
    encoder.value_capacity = ENCODE_VALUES_INLINE;
    encoder.depth = encoder.value_count = 0;
    encoder.promised = 0;
    encoder.stones = stones;
    scratch_begin(&encoder.scratch, module->state);
    drystone_status status = sink_borrow(encoder.state, form, nearest, &encoder.sink);
    if (status != DRYSTONE_OK) {
        throw_status(ctx, status, form == FORM_NOTA ? "nota.encode" : "wota.encode");
        return NULL;
    }
    enum outcome outcome = write_tree(&encoder, value);
    blob *made = NULL;
    if (outcome != FAILED)
        status = encoder.sink.calls->finish(encoder.sink.writer, &made);
    sink_return(encoder.state, &encoder.sink, made == NULL || blob_length_bits(made) <= WRITER_KEEPS_BITS);
    scratch_end(&encoder.scratch);
    if (outcome != FAILED && status != DRYSTONE_OK)
        throw_status(ctx, status, encoder.sink.calls->name);
    return made;
}

blob *encode_to_blob(JSContext *ctx, struct module *module, JSValueConst value, enum form form, bool nearest) {
    return encode_as(ctx, module, value, form, nearest, false);
}

blob *encode_to_stone(JSContext *ctx, struct module *module, JSValueConst value) {
    return encode_as(ctx, module, value, FORM_CLASSIC, false, true);
}

JSValue encode_value(JSContext *ctx, struct module *module, JSValueConst value, enum form form, bool nearest) {
    blob *made = encode_to_blob(ctx, module, value, form, nearest);
    if (made == NULL)
        return JS_EXCEPTION;
    return form == FORM_NOTA ? view_new(ctx, module, made) : blob_object_new(ctx, module, made);
}
