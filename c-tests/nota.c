/* Nota calls: what the writer produces and refuses, what the reader returns for every kind of value, the feeder's
 * states, and conversion to and from messages. Untrusted bytes are tested in nota_bytes.c. */
#include "test.h"

static blob *const untouched = (blob *)(uintptr_t)0x5A5A;

static nota_writer *writer;

static blob *finished(void)
{
    blob *nota = NULL;
    CHECK_OK(nota_writer_finish(writer, &nota));
    CHECK(nota != NULL && blob_is_stone(nota) && !wota_is_message(nota));
    CHECK_EQUAL(1, blob_refcount(nota));
    return nota;
}

/* Finishes the writer and compares its bytes. */
static void written(const char *expected, size_t count)
{
    blob *nota = finished();
    CHECK_EQUAL(count * 8, blob_length_bits(nota));
    CHECK_BYTES(expected, blob_data(nota), count);
    blob_destroy(nota);
}

#define WRITTEN(bytes) written(bytes, sizeof bytes - 1)

static void values(void)
{
    CHECK_OK(nota_write_integer(writer, 2023));
    WRITTEN("\xE0\x8F\x67");
    CHECK_OK(nota_write_integer(writer, -((INT64_C(1) << 55))));
    WRITTEN("\xE8\xC0\x80\x80\x80\x80\x80\x80\x00");
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, nota_write_integer(writer, INT64_C(1) << 55));
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, nota_write_integer(writer, -(INT64_C(1) << 55) - 1));
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, nota_write_integer(writer, INT64_MIN));
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, nota_write_integer(writer, INT64_MAX));
    CHECK_OK(nota_write_number(writer, -1.01));
    WRITTEN("\x5A\x65");
    CHECK_OK(nota_write_number(writer, 1e100));
    WRITTEN("\xC0\x64\x01");
    CHECK_OK(nota_write_number(writer, 7));
    WRITTEN("\x67");
    CHECK_OK(nota_write_number(writer, -0.0));
    WRITTEN("\x60");
    static const uint64_t not_finite[] = {0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000,
                                          0xFFF8000000000001, 0x7FF0000000000001};
    for (size_t place = 0; place < sizeof not_finite / sizeof not_finite[0]; place += 1)
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, nota_write_number(writer, double_of_bits(not_finite[place])));
    CHECK_OK(nota_write_text(writer, "cat", 3));
    WRITTEN("\x13\x63\x61\x74");
    CHECK_OK(nota_write_text(writer, NULL, 0));
    WRITTEN("\x10");
    CHECK_OK(nota_write_text(writer, "\xF0\x9F\x92\xA9\xC3\xA9\xE2\x82\xAC", 9));
    WRITTEN("\x13\x87\xE9\x29\x81\x69\xC1\x2C");
    CHECK_OK(nota_write_text(writer, "\xED\xA0\xBD", 3));
    WRITTEN("\x11\x83\xB0\x3D");
    static const struct {
        const char *bytes;
        size_t count;
    } no_texts[] = {
        {"\xFF", 1}, {"\xC0\x80", 2}, {"\xC3", 1}, {"a\xE2\x82", 3}, {"\xED\xA0\xBD\xED\xB2\xA9", 6},
        {"\xF4\x90\x80\x80", 4}, {"\x80", 1},
    };
    for (size_t place = 0; place < sizeof no_texts / sizeof no_texts[0]; place += 1)
        CHECK_STATUS(DRYSTONE_MALFORMED, nota_write_text(writer, no_texts[place].bytes, no_texts[place].count));
    CHECK_OK(nota_write_symbol(writer, WOTA_TRUE));
    WRITTEN("\x73");
    static const int32_t no_symbols[] = {1, 4, 7, 10, 16, -1, 256, INT32_MIN, INT32_MAX};
    for (size_t place = 0; place < sizeof no_symbols / sizeof no_symbols[0]; place += 1)
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, nota_write_symbol(writer, no_symbols[place]));
    /* Nothing that was refused was written. */
    CHECK_OK(nota_write_symbol(writer, WOTA_NULL));
    WRITTEN("\x70");
}

static void blobs(void)
{
    /* Bits after the last one have no meaning, and are zero in Nota. */
    CHECK_OK(nota_write_blob_bytes(writer, (const uint8_t *)"\xF0\xE3\x20\xFF", 25));
    WRITTEN("\x80\x19\xF0\xE3\x20\x80");
    CHECK_OK(nota_write_blob_bytes(writer, NULL, 0));
    written("\x00", 1);

    blob *antestone = blob_new_filled(3, true);
    blob *whole = stone_of("\xFF\xF0\x0F", 3);
    blob *slice = NULL;
    CHECK_OK(blob_slice(whole, 8, 19, &slice));
    CHECK_OK(nota_write_array(writer, 3));
    CHECK_OK(nota_write_blob(writer, antestone));
    CHECK_OK(nota_write_blob(writer, whole));
    CHECK_OK(nota_write_blob(writer, slice));
    /* All are copied: nothing is held. */
    CHECK_EQUAL(1, blob_refcount(antestone));
    CHECK_EQUAL(2, blob_refcount(whole));
    CHECK_EQUAL(1, blob_refcount(slice));
    blob_destroy(antestone);
    blob_destroy(slice);
    blob_destroy(whole);
    WRITTEN("\x23\x03\xE0\x80\x18\xFF\xF0\x0F\x0B\xF0\x00");
}

/* The writer refuses values that do not fit, and continues as if they had not been tried. */
static void places(void)
{
    blob *nota = untouched;
    blob *stone = stone_of("s", 1);
    CHECK_STATUS(DRYSTONE_TRUNCATED, nota_writer_finish(writer, &nota));
    CHECK_OK(nota_write_record(writer, 2));
    CHECK_STATUS(DRYSTONE_TRUNCATED, nota_writer_finish(writer, &nota));
    CHECK_STATUS(DRYSTONE_MALFORMED, nota_write_integer(writer, 1));
    CHECK_STATUS(DRYSTONE_MALFORMED, nota_write_number(writer, .5));
    CHECK_STATUS(DRYSTONE_MALFORMED, nota_write_array(writer, 0));
    CHECK_STATUS(DRYSTONE_MALFORMED, nota_write_record(writer, 0));
    CHECK_STATUS(DRYSTONE_MALFORMED, nota_write_symbol(writer, WOTA_NULL));
    CHECK_STATUS(DRYSTONE_MALFORMED, nota_write_symbol(writer, WOTA_PRIVATE));
    CHECK_STATUS(DRYSTONE_MALFORMED, nota_write_blob(writer, stone));
    CHECK_STATUS(DRYSTONE_MALFORMED, nota_write_blob_bytes(writer, NULL, 0));
    CHECK_OK(nota_write_text(writer, "a", 1));
    CHECK_STATUS(DRYSTONE_TRUNCATED, nota_writer_finish(writer, &nota));
    CHECK_OK(nota_write_symbol(writer, WOTA_SYSTEM));
    CHECK_STATUS(DRYSTONE_MALFORMED, nota_write_integer(writer, 1));
    CHECK_STATUS(DRYSTONE_MALFORMED, nota_write_text(writer, "a", 1));
    CHECK_STATUS(DRYSTONE_MALFORMED, nota_write_array(writer, 0));
    CHECK_STATUS(DRYSTONE_MALFORMED, nota_write_symbol(writer, WOTA_SYSTEM));
    CHECK_OK(nota_write_record(writer, 0));
    CHECK_OK(nota_write_text(writer, "b", 1));
    CHECK_OK(nota_write_symbol(writer, WOTA_PRIVATE));
    CHECK_STATUS(DRYSTONE_TRUNCATED, nota_writer_finish(writer, &nota));
    CHECK_OK(nota_write_text(writer, "x", 1));
    CHECK_STATUS(DRYSTONE_MALFORMED, nota_write_text(writer, "c", 1));
    CHECK_STATUS(DRYSTONE_MALFORMED, nota_write_array(writer, 0));
    CHECK(nota == untouched);
    WRITTEN("\x32\x11\x61\x79\x30\x11\x62\x78\x11\x78");
    blob_destroy(stone);

    /* A reset discards the content. */
    CHECK_OK(nota_write_array(writer, 1000));
    CHECK_OK(nota_write_text(writer, "gone", 4));
    nota_writer_reset(writer);
    CHECK_STATUS(DRYSTONE_TRUNCATED, nota_writer_finish(writer, &nota));
    CHECK_OK(nota_write_integer(writer, 0));
    WRITTEN("\x60");
}

static void depth(void)
{
    for (int level = 0; level < 512; level += 1)
        CHECK_OK(level % 2 == 0 ? nota_write_array(writer, 1) : nota_write_symbol(writer, WOTA_PRIVATE));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, nota_write_array(writer, 0));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, nota_write_record(writer, 0));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, nota_write_symbol(writer, WOTA_PRIVATE));
    CHECK_OK(nota_write_symbol(writer, WOTA_NULL));
    blob *nota = finished();
    CHECK_EQUAL(513 * 8, blob_length_bits(nota));
    CHECK_OK(nota_validate(blob_data(nota), 513, NULL, NULL));
    blob_destroy(nota);
}

/* One of every kind of value. */
static const uint8_t everything[] = {0x28, 0x67, 0x51, 0x01, 0x12, 0x61, 0x62, 0x21, 0x60, 0x31, 0x11, 0x6B, 0x73,
                                     0x03, 0xA0, 0x72, 0x78, 0x70};
static const wota_type types[] = {WOTA_INTEGER, WOTA_FLOAT, WOTA_TEXT,   WOTA_ARRAY,
                                  WOTA_RECORD,  WOTA_BLOB,  WOTA_SYMBOL, WOTA_SYMBOL};

static void reading(void)
{
    nota_reader reader;
    uint64_t count = 0;
    CHECK_OK(nota_reader_init(&reader, everything, sizeof everything, NULL));
    CHECK_OK(nota_read_array(&reader, &count));
    CHECK_EQUAL(8, count);
    for (size_t place = 0; place < 8; place += 1) {
        wota_type type = -1;
        CHECK_OK(nota_read_type(&reader, &type));
        CHECK_EQUAL(types[place], type);
        size_t offset = nota_reader_offset(&reader);
        int64_t integer = 77;
        double number = 77;
        int32_t symbol = 77;
        uint64_t elements = 77;
        size_t length = 77;
        char buffer[8] = "kept";
        blob *b = untouched;
#define ONLY(wanted, call)                                                        \
    do {                                                                          \
        nota_reader place_kept = reader;                                          \
        drystone_status status = (wanted) ? DRYSTONE_OK : DRYSTONE_WRONG_TYPE;    \
        CHECK_STATUS(status, call);                                               \
        CHECK((nota_reader_offset(&reader) == offset) == !(wanted));              \
        reader = place_kept;                                                      \
    } while (0)
        ONLY(type == WOTA_INTEGER, nota_read_integer(&reader, &integer));
        ONLY(type == WOTA_INTEGER || type == WOTA_FLOAT, nota_read_number(&reader, &number));
        ONLY(type == WOTA_SYMBOL, nota_read_symbol(&reader, &symbol));
        ONLY(type == WOTA_ARRAY, nota_read_array(&reader, &elements));
        ONLY(type == WOTA_RECORD, nota_read_record(&reader, &elements));
        ONLY(type == WOTA_BLOB, nota_read_blob(&reader, &b));
        ONLY(type == WOTA_TEXT, nota_read_text(&reader, buffer, sizeof buffer, &length));
        if (type == WOTA_BLOB) {
            CHECK(blob_is_stone(b));
            CHECK_EQUAL(3, blob_length_bits(b));
            CHECK_EQUAL(0xA0, blob_data(b)[0]);
            blob_destroy(b);
        } else {
            CHECK(b == untouched);
        }
        ONLY(type == WOTA_BLOB, nota_read_blob_bytes(&reader, (uint8_t *)buffer, sizeof buffer, &length));
        CHECK_STATUS(type == WOTA_RECORD ? DRYSTONE_NOT_FOUND : DRYSTONE_WRONG_TYPE, nota_find(&reader, "other", 5));
        CHECK_EQUAL(offset, nota_reader_offset(&reader));
        CHECK_OK(nota_skip(&reader));
    }
    wota_type type;
    int64_t integer;
    blob *b = untouched;
    CHECK_EQUAL(sizeof everything, nota_reader_offset(&reader));
    CHECK_STATUS(DRYSTONE_END, nota_read_type(&reader, &type));
    CHECK_STATUS(DRYSTONE_END, nota_read_integer(&reader, &integer));
    CHECK_STATUS(DRYSTONE_END, nota_read_array(&reader, &count));
    CHECK_STATUS(DRYSTONE_END, nota_read_blob(&reader, &b));
    CHECK_STATUS(DRYSTONE_END, nota_skip(&reader));
    CHECK_STATUS(DRYSTONE_END, nota_find(&reader, "k", 1));
    CHECK(b == untouched);
}

static void buffers_and_keys(void)
{
    /* {"é": "a€", "": 25 bits} */
    static const uint8_t nota[] = {0x32, 0x11, 0x81, 0x69, 0x12, 0x61, 0xC1,
                                   0x2C, 0x10, 0x80, 0x19, 0xF0, 0xE3, 0x20, 0x80};
    nota_reader start;
    nota_reader reader;
    size_t length = 77;
    CHECK_OK(nota_reader_init(&start, nota, sizeof nota, NULL));
    reader = start;
    CHECK_STATUS(DRYSTONE_MALFORMED, nota_find(&reader, "\xFF", 1));
    CHECK_STATUS(DRYSTONE_NOT_FOUND, nota_find(&reader, "e", 1));
    CHECK_OK(nota_find(&reader, "\xC3\xA9", 2));
    CHECK_EQUAL(4, nota_reader_offset(&reader));
    for (size_t capacity = 0; capacity < 8; capacity += 1) {
        nota_reader again = reader;
        char buffer[8] = "???????";
        length = 77;
        CHECK_STATUS(capacity == 0 || capacity >= 4 ? DRYSTONE_OK : DRYSTONE_OUT_OF_RANGE,
                     nota_read_text(&again, buffer, capacity, &length));
        CHECK_EQUAL(capacity == 0 || capacity >= 4 ? 4 : 77, length);
        CHECK_EQUAL(capacity >= 4 ? 8 : 4, nota_reader_offset(&again));
        CHECK_BYTES(capacity >= 4 ? "a\xE2\x82\xAC???" : "???????", buffer, 7);
    }
    reader = start;
    CHECK_OK(nota_find(&reader, NULL, 0));
    for (size_t capacity = 0; capacity < 6; capacity += 1) {
        nota_reader again = reader;
        uint8_t buffer[6] = "?????";
        length = 77;
        CHECK_STATUS(capacity == 0 || capacity >= 4 ? DRYSTONE_OK : DRYSTONE_OUT_OF_RANGE,
                     nota_read_blob_bytes(&again, buffer, capacity, &length));
        CHECK_EQUAL(capacity == 0 || capacity >= 4 ? 25 : 77, length);
        CHECK_EQUAL(capacity >= 4 ? sizeof nota : 9, nota_reader_offset(&again));
        CHECK_BYTES(capacity >= 4 ? "\xF0\xE3\x20\x80?" : "?????", buffer, 5);
    }
}

static void feeder(void)
{
    static const uint8_t two[] = {0x22, 0x11, 0x61, 0x60, 0x67};
    nota_feeder *fed = NULL;
    blob *message = untouched;
    const uint8_t *bytes = NULL;
    size_t count = 77;
    CHECK_OK(nota_feeder_new(NULL, &fed));
    CHECK_STATUS(DRYSTONE_TRUNCATED, nota_feeder_take(fed, NULL, &message));
    CHECK_STATUS(DRYSTONE_TRUNCATED, nota_feeder_bytes(fed, &bytes, &count));
    CHECK(message == untouched && bytes == NULL && count == 77);
    CHECK_STATUS(DRYSTONE_TRUNCATED, nota_feeder_feed(fed, two, 2, &count));
    CHECK_EQUAL(2, count);
    CHECK_STATUS(DRYSTONE_TRUNCATED, nota_feeder_take(fed, NULL, &message));
    CHECK_OK(nota_feeder_feed(fed, two + 2, 3, &count));
    CHECK_EQUAL(2, count);
    /* Complete: it accepts no more bytes until the value is taken. */
    CHECK_OK(nota_feeder_feed(fed, two, 5, &count));
    CHECK_EQUAL(0, count);
    CHECK_OK(nota_feeder_bytes(fed, &bytes, &count));
    CHECK_EQUAL(4, count);
    CHECK_BYTES(two, bytes, 4);
    wota_limits limits = {.struct_size = sizeof limits, .max_words = 2};
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, nota_feeder_take(fed, &limits, &message));
    CHECK(message == untouched);
    CHECK_OK(nota_feeder_take(fed, NULL, &message));
    check_words(message, (const uint64_t[]){0x202, 0x105, 0x6100000000, 0}, 4);
    blob_destroy(message);
    /* It is then ready for the next value. */
    CHECK_OK(nota_feeder_feed(fed, two + 4, 1, &count));
    CHECK_OK(nota_feeder_take(fed, NULL, &message));
    check_words(message, &(uint64_t){0x700}, 1);
    blob_destroy(message);
    message = untouched;

    /* Announced sizes are checked before the bytes arrive; after a failure only a reset helps. */
    limits.max_words = 100;
    nota_feeder_free(fed);
    CHECK_OK(nota_feeder_new(&limits, &fed));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, nota_feeder_feed(fed, (const uint8_t *)"\xA7\x00", 2, &count));
    nota_feeder_reset(fed);
    CHECK_STATUS(DRYSTONE_MALFORMED, nota_feeder_feed(fed, (const uint8_t *)"\xE0\x07", 2, &count));
    nota_feeder_reset(fed);
    CHECK_OK(nota_feeder_feed(fed, (const uint8_t *)"\x61", 1, &count));
    CHECK_EQUAL(1, count);
    /* A well-formed value that breaks a rule is detected when it is taken; it stays in the feeder. */
    nota_feeder_reset(fed);
    CHECK_OK(nota_feeder_feed(fed, (const uint8_t *)"\x74", 1, &count));
    CHECK_STATUS(DRYSTONE_MALFORMED, nota_feeder_take(fed, NULL, &message));
    CHECK_STATUS(DRYSTONE_MALFORMED, nota_feeder_take(fed, NULL, &message));
    CHECK(message == untouched);
    limits.struct_size = 3;
    nota_feeder *none = NULL;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, nota_feeder_new(&limits, &none));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, nota_feeder_take(fed, &limits, &message));
    CHECK(none == NULL);
    nota_feeder_free(fed);
}

/* Between messages and Nota: stones are written inline, and values that Nota cannot represent are refused. */
static void messages(void)
{
    blob *nota = untouched;
    blob *stone = stone_of("st", 2);
    blob *antestone = blob_new(8);
    wota_writer *words = new_writer();
    CHECK_OK(wota_write_array(words, 2));
    CHECK_OK(wota_write_blob(words, stone));
    CHECK_OK(wota_write_number(words, -0.0));
    blob *message = finish(words);
    CHECK_OK(nota_from_message(message, &nota));
    CHECK_EQUAL(6 * 8, blob_length_bits(nota));
    CHECK_BYTES("\x22\x80\x10st\x60", blob_data(nota), 6);
    CHECK_EQUAL(2, blob_refcount(stone));
    blob_destroy(nota);

    nota = untouched;
    blob *outer = message_holding(&message, 1);
    /* The inner message is a blob of its bytes. */
    CHECK_OK(nota_from_message(outer, &nota));
    blob *inner_bytes = NULL;
    CHECK_OK(wota_to_bytes(message, &inner_bytes));
    CHECK_EQUAL(blob_length_bits(inner_bytes) + 3 * 8, blob_length_bits(nota));
    CHECK_BYTES(blob_data(inner_bytes), blob_data(nota) + 3, blob_length_bits(inner_bytes) / 8);
    blob_destroy(inner_bytes);
    blob_destroy(nota);
    nota = untouched;
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, nota_from_message(stone, &nota));
    CHECK_STATUS(DRYSTONE_NOT_STONE, nota_from_message(antestone, &nota));
    blob_destroy(outer);
    blob_destroy(message);
    CHECK_OK(wota_write_number(words, double_of_bits(0x7FF8000000000000)));
    message = finish(words);
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, nota_from_message(message, &nota));
    blob_destroy(message);
    CHECK_OK(wota_write_record(words, 2));
    for (int pair = 0; pair < 2; pair += 1) {
        CHECK_OK(wota_write_text(words, "same", 4));
        CHECK_OK(wota_write_integer(words, pair));
    }
    message = finish(words);
    CHECK_STATUS(DRYSTONE_MALFORMED, nota_from_message(message, &nota));
    CHECK(nota == untouched);
    blob_destroy(message);
    blob_destroy(antestone);
    blob_destroy(stone);
    wota_writer_free(words);
}

int main(void)
{
    CHECK_OK(nota_writer_new(&writer));
    values();
    blobs();
    places();
    depth();
    nota_writer_free(writer);
    reading();
    buffers_and_keys();
    feeder();
    messages();
    return test_end("nota");
}
