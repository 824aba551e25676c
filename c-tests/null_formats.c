/* NULL for every pointer: Nota, DEC64, the other dialect and the text forms. */
#include "null.h"

static blob *stone;
static blob *message;
static nota_writer *writer;
static nota_reader reader;
static nota_feeder *feeder;

/* {"a": h'FF'}; the reader is at its start. */
static const uint8_t nota[] = {0x31, 0x11, 0x61, 0x08, 0xFF};

static void set_up(void)
{
    stone = stone_of("stone", 5);
    CHECK_OK(nota_to_message(nota, sizeof nota, NULL, &message));
    CHECK_OK(nota_reader_init(&reader, nota, sizeof nota, NULL));
    CHECK_OK(nota_writer_new(&writer));
    CHECK_OK(nota_write_array(writer, 2));
    CHECK_OK(nota_write_integer(writer, 1));
    size_t taken = 0;
    CHECK_OK(nota_feeder_new(NULL, &feeder));
    CHECK_STATUS(DRYSTONE_TRUNCATED, nota_feeder_feed(feeder, nota, 3, &taken));
    CHECK_EQUAL(3, taken);
}

static void tear_down(void)
{
    CHECK_EQUAL(1, blob_refcount(stone));
    CHECK_EQUAL(1, blob_refcount(message));
    wota_type type = -1;
    CHECK_EQUAL(0, nota_reader_offset(&reader));
    CHECK_OK(nota_read_type(&reader, &type));
    CHECK_EQUAL(WOTA_RECORD, type);
    CHECK_OK(nota_write_integer(writer, 2));
    blob *written = NULL;
    CHECK_OK(nota_writer_finish(writer, &written));
    CHECK_EQUAL(24, blob_length_bits(written));
    CHECK_BYTES("\x22\x61\x62", blob_data(written), 3);
    blob_destroy(written);
    size_t taken = 77;
    CHECK_OK(nota_feeder_feed(feeder, nota + 3, 2, &taken));
    CHECK_EQUAL(2, taken);
    nota_feeder_free(feeder);
    nota_writer_free(writer);
    blob_destroy(message);
    blob_destroy(stone);
    CHECK_EQUAL(0, drystone_blobs_alive());
}

static void null_wota_transcode(void)
{
    blob *out = untouched;
    REFUSED(wota_transcode(NULL, WOTA_CLASSIC, &out));
    REFUSED(wota_transcode(message, WOTA_CLASSIC, NULL));
    CHECK(out == untouched);
}

static void null_nota_from_message(void)
{
    blob *out = untouched;
    REFUSED(nota_from_message(NULL, &out));
    REFUSED(nota_from_message(message, NULL));
    CHECK(out == untouched);
}

static void null_nota_to_message(void)
{
    blob *out = untouched;
    REFUSED(nota_to_message(NULL, 1, NULL, &out));
    REFUSED(nota_to_message(nota, sizeof nota, NULL, NULL));
    CHECK(out == untouched);
    NULLED(CHECK_OK(nota_to_message(nota, sizeof nota, NULL, &out)));
    blob_destroy(out);
}

static void null_nota_validate(void)
{
    size_t offset = 77;
    REFUSED(nota_validate(NULL, 1, NULL, &offset));
    NULLED(CHECK_OK(nota_validate(nota, sizeof nota, NULL, &offset)));
    CHECK_EQUAL(77, offset);
    NULLED(CHECK_STATUS(DRYSTONE_TRUNCATED, nota_validate(nota, 4, NULL, NULL)));
    CHECK_STATUS(DRYSTONE_TRUNCATED, nota_validate(NULL, 0, NULL, NULL));
}

static void null_nota_reader_init(void)
{
    nota_reader other = reader;
    REFUSED(nota_reader_init(NULL, nota, sizeof nota, NULL));
    REFUSED(nota_reader_init(&other, NULL, 1, NULL));
    CHECK(memcmp(&other, &reader, sizeof other) == 0);
    NULLED(CHECK_OK(nota_reader_init(&other, nota, sizeof nota, NULL)));
}

NULL_READ(nota_reader, reader, nota_read_type, wota_type)
NULL_READ(nota_reader, reader, nota_read_integer, int64_t)
NULL_READ(nota_reader, reader, nota_read_number, double)
NULL_READ(nota_reader, reader, nota_read_symbol, int32_t)
NULL_READ(nota_reader, reader, nota_read_array, uint64_t)
NULL_READ(nota_reader, reader, nota_read_record, uint64_t)
NULL_READ(nota_reader, reader, nota_read_blob, blob *)

static nota_reader zeroed(void)
{
    nota_reader none;
    memset(&none, 0, sizeof none);
    return none;
}

static void null_nota_read_text(void)
{
    char buffer[8] = "kept";
    size_t length = 77;
    uint64_t pairs;
    nota_reader none = zeroed();
    nota_reader text = reader;
    CHECK_OK(nota_read_record(&text, &pairs));
    REFUSED(nota_read_text(NULL, buffer, sizeof buffer, &length));
    REFUSED(nota_read_text(&text, NULL, sizeof buffer, &length));
    REFUSED(nota_read_text(&text, buffer, sizeof buffer, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, nota_read_text(&none, buffer, sizeof buffer, &length));
    CHECK(length == 77 && strcmp(buffer, "kept") == 0);
    CHECK_EQUAL(1, nota_reader_offset(&text));
}

static void null_nota_read_blob_bytes(void)
{
    uint8_t buffer[8] = "kept";
    size_t bits = 77;
    nota_reader none = zeroed();
    nota_reader value = reader;
    CHECK_OK(nota_find(&value, "a", 1));
    REFUSED(nota_read_blob_bytes(NULL, buffer, sizeof buffer, &bits));
    REFUSED(nota_read_blob_bytes(&value, NULL, sizeof buffer, &bits));
    REFUSED(nota_read_blob_bytes(&value, buffer, sizeof buffer, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, nota_read_blob_bytes(&none, buffer, sizeof buffer, &bits));
    CHECK(bits == 77 && memcmp(buffer, "kept", 5) == 0);
    CHECK_EQUAL(3, nota_reader_offset(&value));
}

static void null_nota_skip(void)
{
    nota_reader none = zeroed();
    REFUSED(nota_skip(NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, nota_skip(&none));
}

static void null_nota_find(void)
{
    nota_reader none = zeroed();
    REFUSED(nota_find(NULL, "a", 1));
    REFUSED(nota_find(&reader, NULL, 1));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, nota_find(&none, "a", 1));
    CHECK_STATUS(DRYSTONE_NOT_FOUND, nota_find(&reader, NULL, 0));
}

static void null_nota_reader_offset(void)
{
    nota_reader none = zeroed();
    NULLED(CHECK_EQUAL(0, nota_reader_offset(NULL)));
    CHECK_EQUAL(0, nota_reader_offset(&none));
}

static void null_nota_feeder_new(void)
{
    nota_feeder *out = NULL;
    REFUSED(nota_feeder_new(NULL, NULL));
    NULLED(CHECK_OK(nota_feeder_new(NULL, &out)));
    nota_feeder_free(out);
}

static void null_nota_feeder_free(void) { NULLED(nota_feeder_free(NULL)); }
static void null_nota_feeder_reset(void) { NULLED(nota_feeder_reset(NULL)); }

static void null_nota_feeder_feed(void)
{
    size_t taken = 77;
    REFUSED(nota_feeder_feed(NULL, nota, 1, &taken));
    REFUSED(nota_feeder_feed(feeder, NULL, 1, &taken));
    REFUSED(nota_feeder_feed(feeder, nota + 3, 1, NULL));
    CHECK_EQUAL(77, taken);
    CHECK_STATUS(DRYSTONE_TRUNCATED, nota_feeder_feed(feeder, NULL, 0, &taken));
    CHECK_EQUAL(0, taken);
}

/* The older name of nota_feeder_feed. */
static void null_nota_reader_feed(void)
{
    size_t taken = 77;
    REFUSED(nota_reader_feed(NULL, nota, 1, &taken));
    REFUSED(nota_reader_feed(feeder, NULL, 1, &taken));
    REFUSED(nota_reader_feed(feeder, nota + 3, 1, NULL));
    CHECK_EQUAL(77, taken);
    CHECK_STATUS(DRYSTONE_TRUNCATED, nota_reader_feed(feeder, NULL, 0, &taken));
    CHECK_EQUAL(0, taken);
}

/* A feeder whose value is complete. */
static nota_feeder *fed(void)
{
    nota_feeder *complete = NULL;
    size_t taken = 0;
    CHECK_OK(nota_feeder_new(NULL, &complete));
    CHECK_OK(nota_feeder_feed(complete, nota, sizeof nota, &taken));
    return complete;
}

static void null_nota_feeder_take(void)
{
    blob *out = untouched;
    nota_feeder *complete = fed();
    REFUSED(nota_feeder_take(NULL, NULL, &out));
    REFUSED(nota_feeder_take(complete, NULL, NULL));
    CHECK(out == untouched);
    NULLED(CHECK_OK(nota_feeder_take(complete, NULL, &out)));
    CHECK(blob_equal(message, out));
    blob_destroy(out);
    nota_feeder_free(complete);
}

static void null_nota_feeder_bytes(void)
{
    const uint8_t *bytes = nota;
    size_t count = 77;
    nota_feeder *complete = fed();
    REFUSED(nota_feeder_bytes(NULL, &bytes, &count));
    REFUSED(nota_feeder_bytes(complete, NULL, &count));
    REFUSED(nota_feeder_bytes(complete, &bytes, NULL));
    CHECK(bytes == nota && count == 77);
    nota_feeder_free(complete);
}

static void null_nota_writer_new(void) { REFUSED(nota_writer_new(NULL)); }
static void null_nota_writer_free(void) { NULLED(nota_writer_free(NULL)); }
static void null_nota_writer_reset(void) { NULLED(nota_writer_reset(NULL)); }
static void null_nota_write_integer(void) { REFUSED(nota_write_integer(NULL, 1)); }
static void null_nota_write_number(void) { REFUSED(nota_write_number(NULL, 1)); }
static void null_nota_write_array(void) { REFUSED(nota_write_array(NULL, 0)); }
static void null_nota_write_record(void) { REFUSED(nota_write_record(NULL, 0)); }
static void null_nota_write_symbol(void) { REFUSED(nota_write_symbol(NULL, WOTA_NULL)); }

static void null_nota_write_text(void)
{
    REFUSED(nota_write_text(NULL, "a", 1));
    REFUSED(nota_write_text(writer, NULL, 1));
}

static void null_nota_write_blob(void)
{
    REFUSED(nota_write_blob(NULL, stone));
    REFUSED(nota_write_blob(writer, NULL));
}

static void null_nota_write_blob_bytes(void)
{
    REFUSED(nota_write_blob_bytes(NULL, nota, 8));
    REFUSED(nota_write_blob_bytes(writer, NULL, 1));
}

static void null_nota_writer_finish(void)
{
    blob *out = untouched;
    nota_writer *complete = NULL;
    CHECK_OK(nota_writer_new(&complete));
    CHECK_OK(nota_write_integer(complete, 1));
    REFUSED(nota_writer_finish(NULL, &out));
    REFUSED(nota_writer_finish(complete, NULL));
    CHECK(out == untouched);
    CHECK_OK(nota_writer_finish(complete, &out));
    blob_destroy(out);
    nota_writer_free(complete);
}

static void null_dec64_from_double(void) { CHECK_EQUAL(0x100, dec64_from_double(1)); }
static void null_dec64_to_double(void) { CHECK(dec64_to_double(0x100) == 1.0); }

static void null_dec64_to_text(void)
{
    char buffer[8] = "kept";
    size_t length = 77;
    REFUSED(dec64_to_text(0x100, NULL, sizeof buffer, &length));
    REFUSED(dec64_to_text(0x100, buffer, sizeof buffer, NULL));
    CHECK(length == 77 && strcmp(buffer, "kept") == 0);
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, dec64_to_text(0x100, NULL, 0, &length));
}

static void null_dec64_from_text(void)
{
    int64_t word = 77;
    REFUSED(dec64_from_text(NULL, 1, &word));
    REFUSED(dec64_from_text("1", 1, NULL));
    CHECK_STATUS(DRYSTONE_MALFORMED, dec64_from_text(NULL, 0, &word));
    CHECK_EQUAL(77, word);
}

static void null_wota_to_json(void)
{
    blob *out = untouched;
    REFUSED(wota_to_json(NULL, false, &out));
    REFUSED(wota_to_json(message, false, NULL));
    CHECK(out == untouched);
}

static void null_wota_to_json_limited(void)
{
    blob *out = untouched;
    REFUSED(wota_to_json_limited(NULL, false, 100, &out));
    REFUSED(wota_to_json_limited(message, false, 100, NULL));
    CHECK(out == untouched);
}

static void null_wota_from_json(void)
{
    blob *out = untouched;
    size_t offset = 77;
    REFUSED(wota_from_json(NULL, 1, NULL, &out, &offset));
    REFUSED(wota_from_json("1", 1, NULL, NULL, &offset));
    CHECK(out == untouched && offset == 77);
    NULLED(CHECK_STATUS(DRYSTONE_TRUNCATED, wota_from_json("[1", 2, NULL, &out, NULL)));
    CHECK(out == untouched);
    NULLED(CHECK_OK(wota_from_json("[1]", 3, NULL, &out, &offset)));
    CHECK_EQUAL(77, offset);
    blob_destroy(out);
}

static void null_wota_to_pickle(void)
{
    blob *out = untouched;
    REFUSED(wota_to_pickle(NULL, &out));
    REFUSED(wota_to_pickle(message, NULL));
    CHECK(out == untouched);
}

static void null_wota_from_pickle(void)
{
    blob *out = untouched;
    size_t offset = 77;
    REFUSED(wota_from_pickle(NULL, 1, NULL, &out, &offset));
    REFUSED(wota_from_pickle((const uint8_t *)"N.", 2, NULL, NULL, &offset));
    CHECK(out == untouched && offset == 77);
    NULLED(CHECK_STATUS(DRYSTONE_TRUNCATED, wota_from_pickle((const uint8_t *)"N", 1, NULL, &out, NULL)));
    CHECK(out == untouched);
    NULLED(CHECK_OK(wota_from_pickle((const uint8_t *)"N.", 2, NULL, &out, &offset)));
    CHECK_EQUAL(77, offset);
    blob_destroy(out);
}

static void null_wota_view_next_pickle(void)
{
    blob *out = untouched;
    uint64_t count = 77;
    wota_view view;
    CHECK_OK(wota_view_of(message, 0, &view));
    REFUSED(wota_view_next_pickle(NULL, 1, 1, 1, &out, &count));
    REFUSED(wota_view_next_pickle(&view, 1, 1, 1, NULL, &count));
    REFUSED(wota_view_next_pickle(&view, 1, 1, 1, &out, NULL));
    CHECK(out == untouched && count == 77);
}

/* It returns no status. */
static void null_wota_held_get(void)
{
    NULLED(CHECK(wota_held_get(NULL, 0) == NULL));
    CHECK(wota_held_get(message, wota_held_count(message)) == NULL);
}

static void null_wota_dump(void)
{
    blob *out = untouched;
    REFUSED(wota_dump(NULL, &out));
    REFUSED(wota_dump(message, NULL));
    CHECK(out == untouched);
}

static void null_wota_decode(void)
{
    arena *memory = NULL;
    const wota_value *root = (const wota_value *)(uintptr_t)0x5A5A;
    CHECK_OK(arena_new(NULL, &memory));
    REFUSED(wota_decode(NULL, memory, &root));
    REFUSED(wota_decode(message, NULL, &root));
    REFUSED(wota_decode(message, memory, NULL));
    CHECK((uintptr_t)root == 0x5A5A);
    arena_free(memory);
}

static void null_wota_encode(void)
{
    blob *out = untouched;
    wota_value one = {.type = WOTA_INTEGER, .as.integer = 1};
    REFUSED(wota_encode(NULL, WOTA_CLASSIC, &out));
    REFUSED(wota_encode(&one, WOTA_CLASSIC, NULL));
    CHECK(out == untouched);
}

/* It returns no status; the NULL is counted all the same. */
static void null_wota_value_find(void)
{
    wota_value one = {.type = WOTA_INTEGER, .as.integer = 1};
    NULLED(CHECK(wota_value_find(NULL, "a", 1) == NULL));
    NULLED(CHECK(wota_value_find(&one, NULL, 1) == NULL));
}

static const struct null_function functions[] = {
    ENTRY(wota_transcode), ENTRY(nota_from_message), ENTRY(nota_to_message), ENTRY(nota_validate),
    ENTRY(nota_reader_init), ENTRY(nota_read_type), ENTRY(nota_read_integer), ENTRY(nota_read_number),
    ENTRY(nota_read_symbol), ENTRY(nota_read_array), ENTRY(nota_read_record), ENTRY(nota_read_blob),
    ENTRY(nota_read_text), ENTRY(nota_read_blob_bytes), ENTRY(nota_skip), ENTRY(nota_find), ENTRY(nota_reader_offset),
    ENTRY(nota_feeder_new), ENTRY(nota_feeder_free), ENTRY(nota_feeder_reset), ENTRY(nota_feeder_feed), ENTRY(nota_reader_feed),
    ENTRY(nota_feeder_take), ENTRY(nota_feeder_bytes), ENTRY(nota_writer_new), ENTRY(nota_writer_free),
    ENTRY(nota_writer_reset), ENTRY(nota_write_integer), ENTRY(nota_write_number), ENTRY(nota_write_array),
    ENTRY(nota_write_record), ENTRY(nota_write_symbol), ENTRY(nota_write_text), ENTRY(nota_write_blob),
    ENTRY(nota_write_blob_bytes), ENTRY(nota_writer_finish), ENTRY(dec64_from_double), ENTRY(dec64_to_double),
    ENTRY(dec64_to_text), ENTRY(dec64_from_text), ENTRY(wota_to_json), ENTRY(wota_from_json), ENTRY(wota_dump),
    ENTRY(wota_to_json_limited), ENTRY(wota_decode), ENTRY(wota_encode), ENTRY(wota_value_find),
    ENTRY(wota_to_pickle), ENTRY(wota_from_pickle), ENTRY(wota_held_get),
    ENTRY(wota_view_next_pickle),
};

int main(int count, char **arguments)
{
    return null_main("null_formats", functions, sizeof functions / sizeof functions[0], set_up, tear_down, count,
                     arguments);
}
