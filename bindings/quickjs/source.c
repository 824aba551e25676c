#include "source.h"

static nota_reader *nota_reader_of(wota_reader *reader) { return (nota_reader *)reader; }

static drystone_status nota_source_type(wota_reader *reader, wota_type *type) {
    return nota_read_type(nota_reader_of(reader), type);
}

static drystone_status nota_source_integer(wota_reader *reader, int64_t *integer) {
    return nota_read_integer(nota_reader_of(reader), integer);
}

static drystone_status nota_source_number(wota_reader *reader, double *number) {
    return nota_read_number(nota_reader_of(reader), number);
}

static drystone_status nota_source_symbol(wota_reader *reader, int32_t *symbol) {
    return nota_read_symbol(nota_reader_of(reader), symbol);
}

static drystone_status nota_source_text(wota_reader *reader, char *buffer, size_t capacity, size_t *length) {
    return nota_read_text(nota_reader_of(reader), buffer, capacity, length);
}

static drystone_status nota_source_array(wota_reader *reader, uint64_t *count) {
    return nota_read_array(nota_reader_of(reader), count);
}

static drystone_status nota_source_record(wota_reader *reader, uint64_t *pairs) {
    return nota_read_record(nota_reader_of(reader), pairs);
}

static drystone_status nota_source_blob(wota_reader *reader, blob **out) {
    return nota_read_blob(nota_reader_of(reader), out);
}

static drystone_status nota_source_bits(wota_reader *reader, uint8_t *buffer, size_t capacity, size_t *bits) {
    return nota_read_blob_bytes(nota_reader_of(reader), buffer, capacity, bits);
}

static size_t nota_source_offset(const wota_reader *reader) { return nota_reader_offset((const nota_reader *)reader); }

static const struct source_calls wota_source_calls = { .type = wota_read_type,
                                                       .integer = wota_read_integer,
                                                       .number = wota_read_number,
                                                       .symbol = wota_read_symbol,
                                                       .text = wota_read_text,
                                                       .array = wota_read_array,
                                                       .record = wota_read_record,
                                                       .blob = wota_read_blob,
                                                       .bits = wota_read_blob_bytes,
                                                       .offset = wota_reader_offset,
                                                       .where = "wota.decode at word" };

static const struct source_calls nota_source_calls = { .type = nota_source_type,
                                                       .integer = nota_source_integer,
                                                       .number = nota_source_number,
                                                       .symbol = nota_source_symbol,
                                                       .text = nota_source_text,
                                                       .array = nota_source_array,
                                                       .record = nota_source_record,
                                                       .blob = nota_source_blob,
                                                       .bits = nota_source_bits,
                                                       .offset = nota_source_offset,
                                                       .where = "nota.decode at byte" };
