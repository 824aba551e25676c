#include "sink.h"

#include "part.h"

static nota_writer *nota_writer_of(wota_writer *writer) { return (nota_writer *)writer; }

static drystone_status nota_sink_integer(wota_writer *writer, int64_t integer) {
    return nota_write_integer(nota_writer_of(writer), integer);
}

static drystone_status nota_sink_number(wota_writer *writer, double number) {
    return nota_write_number(nota_writer_of(writer), number);
}

static drystone_status nota_sink_symbol(wota_writer *writer, int32_t symbol) {
    return nota_write_symbol(nota_writer_of(writer), symbol);
}

static drystone_status nota_sink_text(wota_writer *writer, const char *text, size_t length) {
    return nota_write_text(nota_writer_of(writer), text, length);
}

static drystone_status nota_sink_array(wota_writer *writer, uint64_t count) {
    return nota_write_array(nota_writer_of(writer), count);
}

static drystone_status nota_sink_record(wota_writer *writer, uint64_t pairs) {
    return nota_write_record(nota_writer_of(writer), pairs);
}

/* The references of a message that holds stones would mean nothing elsewhere. */
static drystone_status nota_sink_blob(wota_writer *writer, blob *sent) {
    return wota_held_count(sent) == 0 ? nota_write_blob(nota_writer_of(writer), sent) : DRYSTONE_FOREIGN_REFERENCE;
}

static drystone_status nota_sink_bits(wota_writer *writer, const uint8_t *data, size_t bits) {
    return nota_write_blob_bytes(nota_writer_of(writer), data, bits);
}

static drystone_status nota_sink_finish(wota_writer *writer, blob **made) {
    return nota_writer_finish(nota_writer_of(writer), made);
}

static void nota_sink_reset(wota_writer *writer) { nota_writer_reset(nota_writer_of(writer)); }

static void nota_sink_free(wota_writer *writer) { nota_writer_free(nota_writer_of(writer)); }

#define WOTA_CALLS(number_call)                                                                                       \
    {                                                                                                                  \
        .integer = wota_write_integer, .number = number_call,  .symbol = wota_write_symbol, .text = wota_write_text,   \
        .array = wota_write_array, .record = wota_write_record, .blob = wota_write_blob,                               \
        .bits = wota_write_blob_bytes, .view = wota_write_view, .finish = wota_writer_finish,                          \
        .reset = wota_writer_reset, .free = wota_writer_free, .name = "wota.encode"                                    \
    }

static const struct sink_calls wota_calls = WOTA_CALLS(wota_write_number);
static const struct sink_calls nearest_calls = WOTA_CALLS(wota_write_number_nearest);
static const struct sink_calls nota_calls = { .integer = nota_sink_integer,
                                              .number = nota_sink_number,
                                              .symbol = nota_sink_symbol,
                                              .text = nota_sink_text,
                                              .array = nota_sink_array,
                                              .record = nota_sink_record,
                                              .blob = nota_sink_blob,
                                              .bits = nota_sink_bits,
                                              .finish = nota_sink_finish,
                                              .reset = nota_sink_reset,
                                              .free = nota_sink_free,
                                              .name = "nota.encode" };

static const struct sink_calls *calls_of(enum form form, bool nearest) {
    if (form == FORM_NOTA)
        return &nota_calls;
    return nearest ? &nearest_calls : &wota_calls;
}

static drystone_status new_writer(enum form form, wota_writer **writer) {
    if (form != FORM_NOTA)
        return wota_writer_new(form == FORM_DEC64 ? WOTA_DEC64 : WOTA_CLASSIC, writer);
    nota_writer *nota = NULL;
    drystone_status status = nota_writer_new(&nota);
    if (status == DRYSTONE_OK)
        *writer = (wota_writer *)nota;
    return status;
}

drystone_status sink_borrow(struct runtime_state *state, enum form form, bool nearest, struct sink *sink) {
    struct kept_writer *kept = &state->writers[form];
    wota_writer *writer = kept->busy ? NULL : kept->writer;
    if (writer == NULL) {
        drystone_status status = new_writer(form, &writer);
        if (status != DRYSTONE_OK)
            return status;
        if (!kept->busy)
            kept->writer = writer;
    }
    kept->busy = true;
    *sink = (struct sink){ .calls = calls_of(form, nearest), .writer = writer, .form = form, .nearest = nearest };
    return DRYSTONE_OK;
}

void sink_return(struct runtime_state *state, const struct sink *sink, bool keep) {
    struct kept_writer *kept = &state->writers[sink->form];
    if (sink->writer != kept->writer) {
        sink->calls->free(sink->writer);
        return;
    }
    kept->busy = false;
    if (keep) {
        sink->calls->reset(sink->writer);
    } else {
        sink->calls->free(sink->writer);
        kept->writer = NULL;
    }
}

static void writers_free(struct runtime_state *state) {
    for (enum form form = 0; form < FORMS; form++) {
        calls_of(form, false)->free(state->writers[form].writer);
        state->writers[form].writer = NULL;
    }
}

static const struct part writers_part = { .contexts_end = writers_free, .runtime_end = writers_free };
