#include "source.h"

/* A copy of the one is a copy of the other. */
_Static_assert(sizeof(nota_reader) == sizeof(wota_reader), "the memory of a reader holds one of Nota");

static nota_reader *nota_reader_of(wota_reader *reader) { return (nota_reader *)reader; }

static drystone_status nota_source_type(wota_reader *reader, wota_type *type) {
    return nota_read_type(nota_reader_of(reader), type);
}

static drystone_status nota_source_text(wota_reader *reader, char *buffer, size_t capacity, size_t *length) {
    return nota_read_text(nota_reader_of(reader), buffer, capacity, length);
}

static drystone_status nota_text_item(nota_reader *reader, wota_item *item, char *text, size_t capacity,
                                      size_t *filled) {
    size_t length, room = capacity - *filled;
    if (room == 0) /* a capacity of 0 would only return the length */
        return DRYSTONE_OUT_OF_RANGE;
    drystone_status status = nota_read_text(reader, text + *filled, room, &length);
    if (status != DRYSTONE_OK)
        return status;
    item->as.text = *filled;
    item->length = (uint32_t)length; /* no string of an engine is longer than this */
    *filled += length;
    return DRYSTONE_OK;
}

static drystone_status nota_item(nota_reader *reader, wota_item *item, char *text, size_t capacity, size_t *filled) {
    drystone_status status = nota_read_type(reader, &item->type);
    if (status != DRYSTONE_OK)
        return status;
    item->length = 0;
    switch (item->type) {
    case WOTA_INTEGER:
        return nota_read_integer(reader, &item->as.integer);
    case WOTA_FLOAT:
        return nota_read_number(reader, &item->as.number);
    case WOTA_ARRAY:
        return nota_read_array(reader, &item->as.count);
    case WOTA_RECORD:
        return nota_read_record(reader, &item->as.count);
    case WOTA_TEXT:
        return nota_text_item(reader, item, text, capacity, filled);
    case WOTA_SYMBOL: {
        int32_t symbol = 0;
        status = nota_read_symbol(reader, &symbol);
        item->as.symbol = symbol;
        return status;
    }
    default:
        return DRYSTONE_WRONG_TYPE;
    }
}

static drystone_status nota_source_items(wota_reader *reader, wota_item *items, size_t capacity, char *text,
                                         size_t text_capacity, size_t *count) {
    size_t read = 0, filled = 0;
    drystone_status status = DRYSTONE_OK;
    while (read < capacity && status == DRYSTONE_OK) {
        status = nota_item(nota_reader_of(reader), &items[read], text, text_capacity, &filled);
        read += status == DRYSTONE_OK;
    }
    if (read == 0)
        return status;
    *count = read; /* the next call meets the value that ended this one */
    return DRYSTONE_OK;
}

static drystone_status nota_source_blob(wota_reader *reader, blob **out) {
    return nota_read_blob(nota_reader_of(reader), out);
}

static drystone_status nota_source_bits(wota_reader *reader, uint8_t *buffer, size_t capacity, size_t *bits) {
    return nota_read_blob_bytes(nota_reader_of(reader), buffer, capacity, bits);
}

static size_t nota_source_offset(const wota_reader *reader) {
    return nota_reader_offset((const nota_reader *)reader);
}

static const struct source_calls wota_source_calls = { .items = wota_read_items,
                                                       .type = wota_read_type,
                                                       .text = wota_read_text,
                                                       .blob = wota_read_blob,
                                                       .bits = wota_read_blob_bytes,
                                                       .offset = wota_reader_offset,
                                                       .where = "wota.decode at word" };

static const struct source_calls nota_source_calls = { .items = nota_source_items,
                                                       .type = nota_source_type,
                                                       .text = nota_source_text,
                                                       .blob = nota_source_blob,
                                                       .bits = nota_source_bits,
                                                       .offset = nota_source_offset,
                                                       .where = "nota.decode at byte" };
