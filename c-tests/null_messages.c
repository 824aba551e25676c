/* Every function with each of its pointers NULL, one at a time: it returns the documented status, and nothing
 * changes. This file tests blobs and messages; mailboxes are in null_mailbox.c, the other formats in null_formats.c. */
#include "null.h"

static blob *antestone;
static blob *stone;
static blob *message;
static wota_writer *writer;
static wota_reader reader;

static void set_up(void)
{
    antestone = blob_from_bytes((const uint8_t *)"ante", 4);
    stone = stone_of("stone", 5);
    writer = new_writer();
    CHECK_OK(wota_write_record(writer, 1));
    CHECK_OK(wota_write_text(writer, "a", 1));
    CHECK_OK(wota_write_blob(writer, stone));
    message = finish(writer);
    CHECK_OK(wota_write_array(writer, 2));
    CHECK_OK(wota_write_integer(writer, 1));
    CHECK_OK(wota_reader_init(&reader, message, NULL));
}

/* Everything is as set_up left it: a refused call changes nothing. */
static void tear_down(void)
{
    CHECK_EQUAL(32, blob_length_bits(antestone));
    CHECK_BYTES("ante", blob_data(antestone), 4);
    CHECK(!blob_is_stone(antestone));
    CHECK_EQUAL(1, blob_refcount(antestone));
    CHECK_EQUAL(2, blob_refcount(stone));
    CHECK_EQUAL(1, blob_refcount(message));
    wota_type type = -1;
    CHECK_EQUAL(0, wota_reader_offset(&reader));
    CHECK_OK(wota_read_type(&reader, &type));
    CHECK_EQUAL(WOTA_RECORD, type);
    CHECK_OK(wota_write_integer(writer, 2));
    blob *written = finish(writer);
    static const uint64_t words[] = {0x202, 0x100, 0x200};
    check_words(written, words, 3);
    blob_destroy(written);
    wota_writer_free(writer);
    blob_destroy(antestone);
    blob_destroy(message);
    CHECK_EQUAL(1, blob_refcount(stone));
    blob_destroy(stone);
    CHECK_EQUAL(0, drystone_blobs_alive());
}

static void null_blob_new(void)
{
    blob *b = blob_new(0);
    CHECK(b != NULL);
    blob_destroy(b);
}

static void null_blob_new_filled(void)
{
    blob *b = blob_new_filled(0, true);
    CHECK(b != NULL);
    blob_destroy(b);
}

static void null_blob_with_capacity(void)
{
    blob *b = blob_with_capacity(0);
    CHECK(b != NULL);
    blob_destroy(b);
}

static void null_blob_from_bytes(void)
{
    NULLED(CHECK(blob_from_bytes(NULL, 1) == NULL));
    blob *b = blob_from_bytes(NULL, 0);
    CHECK(b != NULL);
    blob_destroy(b);
}

static void null_blob_wrap(void)
{
    NULLED(CHECK(blob_wrap(NULL, 1) == NULL));
    blob *b = blob_wrap(NULL, 0);
    CHECK(b != NULL && blob_data(b) != NULL);
    blob_destroy(b);
}

static int releases;
static void *released_context;

static void count_release(void *context, uint8_t *data, size_t bits)
{
    (void)data;
    (void)bits;
    releases += 1;
    released_context = context;
}

static void null_blob_wrap_owned(void)
{
    uint8_t byte = 1;
    int context = 0;
    releases = 0;
    NULLED(CHECK(blob_wrap_owned(NULL, 1, count_release, &context) == NULL));
    CHECK(releases == 1 && released_context == &context);

    blob *b = blob_wrap_owned(&byte, 8, NULL, &context);
    NULLED(CHECK(b != NULL));
    blob_destroy(b);
    CHECK_EQUAL(1, releases);
    CHECK(blob_wrap_owned(NULL, 1, NULL, NULL) == NULL);

    b = blob_wrap_owned(&byte, 8, count_release, NULL);
    NULLED(CHECK(b != NULL));
    blob_destroy(b);
    CHECK(releases == 2 && released_context == NULL);
}

static void null_blob_incref(void) { NULLED(blob_incref(NULL)); }
static void null_blob_destroy(void) { NULLED(blob_destroy(NULL)); }
static void null_blob_make_stone(void) { REFUSED(blob_make_stone(NULL)); }
static void null_blob_data(void) { NULLED(CHECK(blob_data(NULL) == NULL)); }
static void null_blob_length_bits(void) { NULLED(CHECK_EQUAL(0, blob_length_bits(NULL))); }
static void null_blob_kept_bytes(void)
{
    const blob *whole = antestone;
    NULLED(CHECK_EQUAL(0, blob_kept_bytes(NULL, &whole)));
    CHECK(whole == antestone);
    CHECK_EQUAL(0, blob_kept_bytes(NULL, NULL));
    NULLED(CHECK_EQUAL(blob_length_bits(antestone) / 8, blob_kept_bytes(antestone, NULL)));
}
static void null_blob_is_stone(void) { NULLED(CHECK(!blob_is_stone(NULL))); }
static void null_blob_refcount(void) { NULLED(CHECK_EQUAL(0, blob_refcount(NULL))); }

static void null_blob_slice(void)
{
    blob *out = untouched;
    REFUSED(blob_slice(NULL, 0, 0, &out));
    REFUSED(blob_slice(stone, 0, 8, NULL));
    CHECK(out == untouched);
}

static void null_blob_copy(void)
{
    blob *out = untouched;
    REFUSED(blob_copy(NULL, 0, 0, &out));
    REFUSED(blob_copy(stone, 0, 8, NULL));
    CHECK(out == untouched);
}

static void null_blob_equal(void)
{
    NULLED(CHECK(!blob_equal(NULL, stone)));
    NULLED(CHECK(!blob_equal(stone, NULL)));
    CHECK(!blob_equal(NULL, NULL));
}

static void null_blob_write_bytes(void)
{
    REFUSED(blob_write_bytes(NULL, (const uint8_t *)"a", 1));
    REFUSED(blob_write_bytes(antestone, NULL, 1));
    CHECK_OK(blob_write_bytes(antestone, NULL, 0));
}

static void null_blob_write_bit(void) { REFUSED(blob_write_bit(NULL, true)); }
static void null_blob_write_fit(void) { REFUSED(blob_write_fit(NULL, 1, 1)); }
static void null_blob_write_kim(void) { REFUSED(blob_write_kim(NULL, 1)); }
static void null_blob_write_dec64(void) { REFUSED(blob_write_dec64(NULL, 1)); }
static void null_blob_write_pad(void) { REFUSED(blob_write_pad(NULL, 8)); }

static void null_blob_write_text(void)
{
    REFUSED(blob_write_text(NULL, "a", 1));
    REFUSED(blob_write_text(antestone, NULL, 1));
    blob *b = blob_new(0);
    CHECK_OK(blob_write_text(b, NULL, 0));
    CHECK_EQUAL(8, blob_length_bits(b));
    blob_destroy(b);
}

static void null_blob_write_blob(void)
{
    REFUSED(blob_write_blob(NULL, stone));
    REFUSED(blob_write_blob(antestone, NULL));
}

static void null_blob_read_bit(void)
{
    bool bit = true;
    REFUSED(blob_read_bit(NULL, 0, &bit));
    REFUSED(blob_read_bit(stone, 0, NULL));
    CHECK(bit);
}

static void null_blob_read_fit(void)
{
    int64_t value = 77;
    REFUSED(blob_read_fit(NULL, 0, 1, &value));
    REFUSED(blob_read_fit(stone, 0, 1, NULL));
    CHECK_EQUAL(77, value);
}

static void null_blob_read_kim(void)
{
    int64_t value = 77;
    size_t bits = 78;
    REFUSED(blob_read_kim(NULL, 0, &value, &bits));
    REFUSED(blob_read_kim(stone, 0, NULL, &bits));
    REFUSED(blob_read_kim(stone, 0, &value, NULL));
    CHECK(value == 77 && bits == 78);
}

static void null_blob_read_dec64(void)
{
    int64_t value = 77;
    REFUSED(blob_read_dec64(NULL, 0, &value));
    REFUSED(blob_read_dec64(stone, 0, NULL));
    CHECK_EQUAL(77, value);
}

static void null_blob_read_text(void)
{
    char buffer[8] = "kept";
    size_t length = 77;
    size_t bits = 78;
    blob *text = blob_new(0);
    CHECK_OK(blob_write_text(text, "a", 1));
    CHECK_OK(blob_make_stone(text));
    REFUSED(blob_read_text(NULL, 0, buffer, sizeof buffer, &length, &bits));
    REFUSED(blob_read_text(text, 0, NULL, sizeof buffer, &length, &bits));
    REFUSED(blob_read_text(text, 0, buffer, sizeof buffer, NULL, &bits));
    REFUSED(blob_read_text(text, 0, buffer, sizeof buffer, &length, NULL));
    CHECK(length == 77 && bits == 78 && strcmp(buffer, "kept") == 0);
    CHECK_OK(blob_read_text(text, 0, NULL, 0, &length, &bits));
    CHECK(length == 1 && bits == 16);
    blob_destroy(text);
}

static void null_blob_is_pad(void)
{
    bool truth = true;
    REFUSED(blob_is_pad(NULL, 0, 8, &truth));
    REFUSED(blob_is_pad(stone, 0, 8, NULL));
    CHECK(truth);
}

static void null_wota_writer_new(void)
{
    REFUSED(wota_writer_new(WOTA_CLASSIC, NULL));
}

static void null_wota_writer_free(void) { NULLED(wota_writer_free(NULL)); }
static void null_wota_writer_reset(void) { NULLED(wota_writer_reset(NULL)); }
static void null_wota_write_integer(void) { REFUSED(wota_write_integer(NULL, 1)); }
static void null_wota_write_number(void) { REFUSED(wota_write_number(NULL, 1)); }

static void null_wota_write_dec64(void) { REFUSED(wota_write_dec64(NULL, 0x100)); }
static void null_wota_write_number_nearest(void) { REFUSED(wota_write_number_nearest(NULL, 1)); }

static void null_wota_write_text(void)
{
    REFUSED(wota_write_text(NULL, "a", 1));
    REFUSED(wota_write_text(writer, NULL, 1));
}

static void null_wota_write_array(void) { REFUSED(wota_write_array(NULL, 0)); }
static void null_wota_write_record(void) { REFUSED(wota_write_record(NULL, 0)); }
static void null_wota_write_symbol(void) { REFUSED(wota_write_symbol(NULL, WOTA_NULL)); }

static void null_wota_write_blob(void)
{
    REFUSED(wota_write_blob(NULL, stone));
    REFUSED(wota_write_blob(writer, NULL));
}

static void null_wota_write_blob_copy(void)
{
    REFUSED(wota_write_blob_copy(NULL, stone));
    REFUSED(wota_write_blob_copy(writer, NULL));
}

static void null_wota_write_blob_bytes(void)
{
    REFUSED(wota_write_blob_bytes(NULL, (const uint8_t *)"a", 8));
    REFUSED(wota_write_blob_bytes(writer, NULL, 1));
}

static void null_wota_writer_finish(void)
{
    blob *out = untouched;
    wota_writer *complete = new_writer();
    CHECK_OK(wota_write_integer(complete, 1));
    REFUSED(wota_writer_finish(NULL, &out));
    REFUSED(wota_writer_finish(complete, NULL));
    CHECK(out == untouched);
    CHECK_OK(wota_writer_finish(complete, &out));
    blob_destroy(out);
    wota_writer_free(complete);
}

/* Zeroed memory is not a reader; every read refuses it instead of following its pointers. */
static wota_reader zeroed(void)
{
    wota_reader none;
    memset(&none, 0, sizeof none);
    return none;
}

static void null_wota_reader_init(void)
{
    wota_reader other = reader;
    REFUSED(wota_reader_init(NULL, message, NULL));
    REFUSED(wota_reader_init(&other, NULL, NULL));
    CHECK(memcmp(&other, &reader, sizeof other) == 0);
    NULLED(CHECK_OK(wota_reader_init(&other, message, NULL)));
}

static void null_wota_reader_init_bytes(void)
{
    static const uint8_t zero[8] = {0};
    wota_reader other = reader;
    REFUSED(wota_reader_init_bytes(NULL, zero, 8, WOTA_CLASSIC, NULL));
    REFUSED(wota_reader_init_bytes(&other, NULL, 8, WOTA_CLASSIC, NULL));
    CHECK(memcmp(&other, &reader, sizeof other) == 0);
    NULLED(CHECK_OK(wota_reader_init_bytes(&other, zero, 8, WOTA_CLASSIC, NULL)));
}

NULL_READ(wota_reader, reader, wota_read_type, wota_type)
NULL_READ(wota_reader, reader, wota_read_integer, int64_t)
NULL_READ(wota_reader, reader, wota_read_number, double)
NULL_READ(wota_reader, reader, wota_read_dec64, int64_t)
NULL_READ(wota_reader, reader, wota_read_symbol, int32_t)
NULL_READ(wota_reader, reader, wota_read_array, uint64_t)
NULL_READ(wota_reader, reader, wota_read_record, uint64_t)
NULL_READ(wota_reader, reader, wota_read_blob, blob *)

static void null_wota_read_text(void)
{
    char buffer[8] = "kept";
    size_t length = 77;
    wota_reader none = zeroed();
    wota_reader text = reader;
    uint64_t pairs;
    CHECK_OK(wota_read_record(&text, &pairs));
    REFUSED(wota_read_text(NULL, buffer, sizeof buffer, &length));
    REFUSED(wota_read_text(&text, NULL, sizeof buffer, &length));
    REFUSED(wota_read_text(&text, buffer, sizeof buffer, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_read_text(&none, buffer, sizeof buffer, &length));
    CHECK(length == 77 && strcmp(buffer, "kept") == 0);
    CHECK_EQUAL(1, wota_reader_offset(&text));
}

static void null_wota_read_items(void)
{
    wota_item item;
    char buffer[16] = "kept";
    size_t count = 77;
    wota_reader none = zeroed();
    wota_reader start = reader;
    REFUSED(wota_read_items(NULL, &item, 1, buffer, sizeof buffer, &count));
    REFUSED(wota_read_items(&start, NULL, 1, buffer, sizeof buffer, &count));
    REFUSED(wota_read_items(&start, &item, 1, NULL, sizeof buffer, &count));
    REFUSED(wota_read_items(&start, &item, 1, buffer, sizeof buffer, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_read_items(&none, &item, 1, buffer, sizeof buffer, &count));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_read_items(&start, &item, 0, buffer, sizeof buffer, &count));
    CHECK(count == 77 && strcmp(buffer, "kept") == 0);
    CHECK_EQUAL(0, wota_reader_offset(&start));
}

static void null_wota_read_blob_bytes(void)
{
    uint8_t buffer[8] = "kept";
    size_t bits = 77;
    wota_reader none = zeroed();
    wota_reader value = reader;
    CHECK_OK(wota_find(&value, "a", 1));
    size_t offset = wota_reader_offset(&value);
    REFUSED(wota_read_blob_bytes(NULL, buffer, sizeof buffer, &bits));
    REFUSED(wota_read_blob_bytes(&value, NULL, sizeof buffer, &bits));
    REFUSED(wota_read_blob_bytes(&value, buffer, sizeof buffer, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_read_blob_bytes(&none, buffer, sizeof buffer, &bits));
    CHECK(bits == 77 && memcmp(buffer, "kept", 5) == 0);
    CHECK_EQUAL(offset, wota_reader_offset(&value));
}

static void null_wota_skip(void)
{
    wota_reader none = zeroed();
    REFUSED(wota_skip(NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_skip(&none));
}

static void null_wota_find(void)
{
    wota_reader none = zeroed();
    REFUSED(wota_find(NULL, "a", 1));
    REFUSED(wota_find(&reader, NULL, 1));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_find(&none, "a", 1));
    CHECK_STATUS(DRYSTONE_NOT_FOUND, wota_find(&reader, NULL, 0));
}

static void null_wota_reader_offset(void)
{
    wota_reader none = zeroed();
    NULLED(CHECK_EQUAL(0, wota_reader_offset(NULL)));
    CHECK_EQUAL(0, wota_reader_offset(&none));
}

static void null_wota_validate(void)
{
    static const uint8_t bad[8] = {6};
    static const uint8_t zero[8] = {0};
    size_t offset = 77;
    REFUSED(wota_validate(NULL, 8, WOTA_CLASSIC, NULL, &offset));
    CHECK_EQUAL(77, offset);
    NULLED(CHECK_OK(wota_validate(zero, 8, WOTA_CLASSIC, NULL, &offset)));
    CHECK_EQUAL(77, offset);
    NULLED(CHECK_STATUS(DRYSTONE_MALFORMED, wota_validate(bad, 8, WOTA_CLASSIC, NULL, NULL)));
}

static void null_wota_to_bytes(void)
{
    blob *out = untouched;
    REFUSED(wota_to_bytes(NULL, &out));
    REFUSED(wota_to_bytes(message, NULL));
    CHECK(out == untouched);
}

static void null_wota_from_bytes(void)
{
    static const uint8_t zero[8] = {0};
    blob *out = untouched;
    REFUSED(wota_from_bytes(NULL, 8, WOTA_CLASSIC, NULL, &out));
    REFUSED(wota_from_bytes(zero, 8, WOTA_CLASSIC, NULL, NULL));
    CHECK(out == untouched);
    NULLED(CHECK_OK(wota_from_bytes(zero, 8, WOTA_CLASSIC, NULL, &out)));
    blob_destroy(out);
}

static void null_wota_held_count(void) { NULLED(CHECK_EQUAL(0, wota_held_count(NULL))); }
static void null_wota_is_message(void) { NULLED(CHECK(!wota_is_message(NULL))); }

static const struct null_function functions[] = {
    ENTRY(blob_new), ENTRY(blob_new_filled),
    ENTRY(blob_with_capacity), ENTRY(blob_from_bytes), ENTRY(blob_wrap), ENTRY(blob_wrap_owned), ENTRY(blob_incref),
    ENTRY(blob_destroy), ENTRY(blob_make_stone), ENTRY(blob_data), ENTRY(blob_length_bits), ENTRY(blob_is_stone),
    ENTRY(blob_kept_bytes), ENTRY(blob_refcount), ENTRY(blob_slice), ENTRY(blob_copy), ENTRY(blob_equal), ENTRY(blob_write_bytes),
    ENTRY(blob_write_bit), ENTRY(blob_write_fit), ENTRY(blob_write_kim), ENTRY(blob_write_dec64),
    ENTRY(blob_write_pad), ENTRY(blob_write_text), ENTRY(blob_write_blob), ENTRY(blob_read_bit), ENTRY(blob_read_fit),
    ENTRY(blob_read_kim), ENTRY(blob_read_dec64), ENTRY(blob_read_text), ENTRY(blob_is_pad), ENTRY(wota_writer_new),
    ENTRY(wota_writer_free), ENTRY(wota_writer_reset), ENTRY(wota_write_integer), ENTRY(wota_write_number),
    ENTRY(wota_write_dec64), ENTRY(wota_write_number_nearest), ENTRY(wota_write_text), ENTRY(wota_write_array),
    ENTRY(wota_write_record), ENTRY(wota_write_symbol), ENTRY(wota_write_blob), ENTRY(wota_write_blob_copy),
    ENTRY(wota_write_blob_bytes), ENTRY(wota_writer_finish), ENTRY(wota_reader_init), ENTRY(wota_reader_init_bytes),
    ENTRY(wota_read_type), ENTRY(wota_read_integer), ENTRY(wota_read_number), ENTRY(wota_read_dec64),
    ENTRY(wota_read_symbol), ENTRY(wota_read_array), ENTRY(wota_read_record), ENTRY(wota_read_blob),
    ENTRY(wota_read_text), ENTRY(wota_read_items), ENTRY(wota_read_blob_bytes),
    ENTRY(wota_skip), ENTRY(wota_find), ENTRY(wota_reader_offset),
    ENTRY(wota_validate), ENTRY(wota_to_bytes), ENTRY(wota_from_bytes), ENTRY(wota_held_count),
    ENTRY(wota_is_message),
};

int main(int count, char **arguments)
{
    return null_main("null_messages", functions, sizeof functions / sizeof functions[0], set_up, tear_down, count,
                     arguments);
}
