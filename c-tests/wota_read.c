/* The Wota reader over messages: every value, peeking, finding, skipping, saving a position. */
#include "test.h"

/* The types a value can have, each written once so that every read can be tried on every type. */
enum { KINDS = 11 };

static void write_kind(wota_writer *writer, int kind, blob *stone)
{
    switch (kind) {
    case 0: CHECK_OK(wota_write_integer(writer, -7)); break;
    case 1: CHECK_OK(wota_write_number(writer, 2.5)); break;
    case 2: CHECK_OK(wota_write_array(writer, 0)); break;
    case 3: CHECK_OK(wota_write_record(writer, 0)); break;
    case 4: CHECK_OK(wota_write_blob_copy(writer, stone)); break;
    case 5: CHECK_OK(wota_write_text(writer, "text", 4)); break;
    case 6: CHECK_OK(wota_write_symbol(writer, WOTA_NULL)); break;
    case 7: CHECK_OK(wota_write_symbol(writer, WOTA_TRUE)); break;
    case 8: CHECK_OK(wota_write_blob(writer, stone)); break;
    case 9:
        CHECK_OK(wota_write_symbol(writer, WOTA_PRIVATE));
        CHECK_OK(wota_write_integer(writer, 1));
        break;
    default:
        CHECK_OK(wota_write_symbol(writer, WOTA_SYSTEM));
        CHECK_OK(wota_write_record(writer, 0));
        break;
    }
}

static const wota_type type_of_kind[KINDS] = {WOTA_INTEGER, WOTA_FLOAT,  WOTA_ARRAY,  WOTA_RECORD, WOTA_BLOB, WOTA_TEXT,
                                              WOTA_SYMBOL,  WOTA_SYMBOL, WOTA_STONE, WOTA_SYMBOL, WOTA_SYMBOL};

static wota_reader reader_of(const blob *message)
{
    wota_reader reader;
    CHECK_OK(wota_reader_init(&reader, message, NULL));
    CHECK_EQUAL(0, wota_reader_offset(&reader));
    return reader;
}

static void check_end(wota_reader *reader)
{
    wota_type type;
    int64_t integer;
    double number;
    int32_t symbol;
    char text[8];
    size_t length;
    uint64_t count;
    blob *b;
    uint8_t bytes[8];
    CHECK_STATUS(DRYSTONE_END, wota_read_type(reader, &type));
    CHECK_STATUS(DRYSTONE_END, wota_read_integer(reader, &integer));
    CHECK_STATUS(DRYSTONE_END, wota_read_number(reader, &number));
    CHECK_STATUS(DRYSTONE_END, wota_read_symbol(reader, &symbol));
    CHECK_STATUS(DRYSTONE_END, wota_read_text(reader, text, sizeof text, &length));
    CHECK_STATUS(DRYSTONE_END, wota_read_text(reader, NULL, 0, &length));
    CHECK_STATUS(DRYSTONE_END, wota_read_array(reader, &count));
    CHECK_STATUS(DRYSTONE_END, wota_read_record(reader, &count));
    CHECK_STATUS(DRYSTONE_END, wota_read_blob(reader, &b));
    CHECK_STATUS(DRYSTONE_END, wota_read_blob_bytes(reader, bytes, sizeof bytes, &length));
    CHECK_STATUS(DRYSTONE_END, wota_skip(reader));
    CHECK_STATUS(DRYSTONE_END, wota_find(reader, "a", 1));
}

/* Every kind of read on a value of one kind: only the matching one succeeds, and only it moves the reader. */
static void wrong_types(void)
{
    blob *stone = stone_of("stone", 5);
    for (int kind = 0; kind < KINDS; kind += 1) {
        wota_writer *writer = new_writer();
        CHECK_OK(wota_write_array(writer, 2));
        write_kind(writer, kind, stone);
        CHECK_OK(wota_write_integer(writer, 99));
        blob *message = finish(writer);
        wota_writer_free(writer);

        wota_reader start = reader_of(message);
        wota_reader reader;
        wota_type type = type_of_kind[kind];
        wota_type seen = -1;
        uint64_t count = 0;
        CHECK_OK(wota_read_array(&start, &count));
        size_t offset = wota_reader_offset(&start);
        CHECK_EQUAL(1, offset);
        CHECK_OK(wota_read_type(&start, &seen));
        CHECK_EQUAL(type, seen);
        CHECK_OK(wota_read_type(&start, &seen));
        CHECK_EQUAL(type, seen);
        CHECK_EQUAL(offset, wota_reader_offset(&start));

        int64_t integer = 77;
        double number = 77;
        int32_t symbol = 77;
        char text[8] = "77";
        size_t length = 77;
        blob *b = NULL;
        uint8_t bytes[8] = {77};
        count = 77;
#define REFUSED(fits, call)                              \
    do {                                                 \
        reader = start;                                  \
        if (!(fits)) {                                   \
            CHECK_STATUS(DRYSTONE_WRONG_TYPE, call);     \
            CHECK_EQUAL(offset, wota_reader_offset(&reader)); \
        }                                                \
    } while (0)
        REFUSED(type == WOTA_INTEGER, wota_read_integer(&reader, &integer));
        REFUSED(type == WOTA_INTEGER || type == WOTA_FLOAT, wota_read_number(&reader, &number));
        REFUSED(type == WOTA_SYMBOL, wota_read_symbol(&reader, &symbol));
        REFUSED(type == WOTA_TEXT, wota_read_text(&reader, text, sizeof text, &length));
        REFUSED(type == WOTA_TEXT, wota_read_text(&reader, NULL, 0, &length));
        REFUSED(type == WOTA_ARRAY, wota_read_array(&reader, &count));
        REFUSED(type == WOTA_RECORD, wota_read_record(&reader, &count));
        REFUSED(type == WOTA_BLOB || type == WOTA_STONE, wota_read_blob(&reader, &b));
        REFUSED(type == WOTA_BLOB || type == WOTA_STONE, wota_read_blob_bytes(&reader, bytes, sizeof bytes, &length));
        REFUSED(type == WOTA_BLOB || type == WOTA_STONE, wota_read_blob_bytes(&reader, NULL, 0, &length));
        REFUSED(type == WOTA_RECORD, wota_find(&reader, "a", 1));
#undef REFUSED
        /* Outputs are written only on success. */
        CHECK(integer == 77 && number == 77 && symbol == 77 && length == 77 && count == 77 && b == NULL);
        CHECK(strcmp(text, "77") == 0 && bytes[0] == 77);

        /* Skipping passes over the value with all its content. */
        reader = start;
        CHECK_OK(wota_skip(&reader));
        CHECK_OK(wota_read_integer(&reader, &integer));
        CHECK_EQUAL(99, integer);
        check_end(&reader);
        blob_destroy(message);
    }
    blob_destroy(stone);
}

static void values(void)
{
    blob *stone = stone_of("stone", 5);
    wota_writer *writer = new_writer();
    CHECK_OK(wota_write_array(writer, KINDS));
    for (int kind = 0; kind < KINDS; kind += 1)
        write_kind(writer, kind, stone);
    blob *message = finish(writer);
    wota_writer_free(writer);

    wota_reader reader = reader_of(message);
    uint64_t count = 0;
    int64_t integer = 0;
    double number = 0;
    char text[8];
    size_t length = 0;
    int32_t symbol = 0;
    blob *b = NULL;
    CHECK_OK(wota_read_array(&reader, &count));
    CHECK_EQUAL(KINDS, count);
    CHECK_OK(wota_read_integer(&reader, &integer));
    CHECK_EQUAL(-7, integer);
    CHECK_OK(wota_read_number(&reader, &number));
    CHECK(number == 2.5);
    CHECK_OK(wota_read_array(&reader, &count));
    CHECK_EQUAL(0, count);
    CHECK_OK(wota_read_record(&reader, &count));
    CHECK_EQUAL(0, count);
    CHECK_OK(wota_read_blob(&reader, &b));
    CHECK(b != stone && blob_is_stone(b) && blob_equal(b, stone));
    CHECK_EQUAL(1, blob_refcount(b));
    blob_destroy(b);
    CHECK_OK(wota_read_text(&reader, text, sizeof text, &length));
    CHECK_EQUAL(4, length);
    CHECK_BYTES("text", text, 4);
    CHECK_OK(wota_read_symbol(&reader, &symbol));
    CHECK_EQUAL(WOTA_NULL, symbol);
    CHECK_OK(wota_read_symbol(&reader, &symbol));
    CHECK_EQUAL(WOTA_TRUE, symbol);
    CHECK_OK(wota_read_blob(&reader, &b));
    CHECK(b == stone);
    CHECK_EQUAL(3, blob_refcount(stone));
    blob_destroy(b);
    CHECK_OK(wota_read_symbol(&reader, &symbol));
    CHECK_EQUAL(WOTA_PRIVATE, symbol);
    CHECK_OK(wota_read_integer(&reader, &integer));
    CHECK_EQUAL(1, integer);
    CHECK_OK(wota_read_symbol(&reader, &symbol));
    CHECK_EQUAL(WOTA_SYSTEM, symbol);
    CHECK_OK(wota_read_record(&reader, &count));
    CHECK_EQUAL(0, count);
    check_end(&reader);
    CHECK_EQUAL(blob_length_bits(message) / 64, wota_reader_offset(&reader));

    /* Reading has changed nothing: a second reader sees the same. */
    reader = reader_of(message);
    CHECK_OK(wota_skip(&reader));
    check_end(&reader);
    blob_destroy(message);
    blob_destroy(stone);
}

static void numbers(void)
{
    static const struct {
        uint64_t written;
        uint64_t read;
    } cases[] = {{0, 0},
                 {0x8000000000000000, 0x8000000000000000},
                 {0x4350000000000000, 0x4350000000000000},
                 {0xC360000000000000, 0xC360000000000000},
                 {0x7FF0000000000000, 0x7FF0000000000000},
                 {0x0000000000000001, 0x0000000000000001},
                 {0xFFF8000000000123, 0x7FF8000000000000}};
    for (size_t place = 0; place < sizeof cases / sizeof cases[0]; place += 1) {
        wota_writer *writer = new_writer();
        CHECK_OK(wota_write_number(writer, double_of_bits(cases[place].written)));
        blob *message = finish(writer);
        wota_reader reader = reader_of(message);
        double number = 1;
        CHECK_OK(wota_read_number(&reader, &number));
        CHECK_EQUAL(cases[place].read, bits_of_double(number));
        check_end(&reader);
        blob_destroy(message);
        wota_writer_free(writer);
    }
}

static void texts(void)
{
    static const char *const samples[] = {
        "", "a", "cat", "0123456789abcdef", "Stra\xC3\x9F" "e, \xE6\x9D\xB1, \xF0\x9F\xAA\xA8", "\xED\xA0\x80 alone",
        "ascii that is long enough for many at a time, then \xC3\xA9, then ascii again for a while",
        "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"};
    char buffer[128];
    for (size_t place = 0; place < sizeof samples / sizeof samples[0]; place += 1) {
        size_t bytes = strlen(samples[place]);
        wota_writer *writer = new_writer();
        CHECK_OK(wota_write_array(writer, 2));
        CHECK_OK(wota_write_text(writer, samples[place], bytes));
        CHECK_OK(wota_write_integer(writer, 5));
        blob *message = finish(writer);
        wota_reader start = reader_of(message);
        uint64_t count;
        CHECK_OK(wota_read_array(&start, &count));
        for (size_t capacity = 0; capacity <= bytes + 8; capacity += 1) {
            wota_reader reader = start;
            size_t length = 999;
            memset(buffer, '#', sizeof buffer);
            drystone_status status = wota_read_text(&reader, capacity == 0 ? NULL : buffer, capacity, &length);
            if (capacity == 0) {
                CHECK_OK(status);
                CHECK_EQUAL(bytes, length);
                CHECK_EQUAL(1, wota_reader_offset(&reader));
            } else if (capacity < bytes) {
                CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, status);
                CHECK_EQUAL(999, length);
                CHECK_EQUAL(1, wota_reader_offset(&reader));
            } else {
                int64_t integer = 0;
                CHECK_OK(status);
                CHECK_EQUAL(bytes, length);
                CHECK_BYTES(samples[place], buffer, bytes);
                CHECK_OK(wota_read_integer(&reader, &integer));
                CHECK_EQUAL(5, integer);
            }
            /* Nothing is written beyond the buffer, not even a terminating NUL. */
            for (size_t rest = capacity; rest < sizeof buffer; rest += 1)
                CHECK(buffer[rest] == '#');
        }
        blob_destroy(message);
        wota_writer_free(writer);
    }
}

static void blob_bytes(void)
{
    static const uint8_t pebble[4] = {0xF0, 0xE3, 0x20, 0xFF};
    uint8_t buffer[8];
    blob *whole = stone_of(pebble, sizeof pebble);
    blob *stone = NULL;
    CHECK_OK(blob_slice(whole, 0, 25, &stone));
    for (int inlined = 0; inlined < 2; inlined += 1) {
        wota_writer *writer = new_writer();
        CHECK_OK(inlined == 1 ? wota_write_blob_copy(writer, stone) : wota_write_blob(writer, stone));
        blob *message = finish(writer);
        wota_writer_free(writer);
        for (size_t capacity = 0; capacity <= sizeof buffer; capacity += 1) {
            wota_reader reader = reader_of(message);
            size_t bits = 999;
            memset(buffer, 0x55, sizeof buffer);
            drystone_status status = wota_read_blob_bytes(&reader, capacity == 0 ? NULL : buffer, capacity, &bits);
            if (capacity == 0 || capacity >= 4) {
                CHECK_OK(status);
                CHECK_EQUAL(25, bits);
            } else {
                CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, status);
                CHECK_EQUAL(999, bits);
            }
            if (capacity < 4) {
                CHECK_EQUAL(0, wota_reader_offset(&reader));
                CHECK_EQUAL(0x55, buffer[0]);
            } else {
                check_end(&reader);
                CHECK_BYTES(pebble, buffer, 3);
                CHECK_EQUAL(0x80, buffer[3] & 0x80);
                CHECK_EQUAL(0x55, buffer[4]);
            }
        }
        blob_destroy(message);
    }
    blob_destroy(stone);
    blob_destroy(whole);
}

static void stones_outlive_messages(void)
{
    blob *stone = stone_of("survivor", 8);
    blob *message = message_holding((blob *const[]){stone, stone}, 2);
    wota_reader reader = reader_of(message);
    uint64_t count;
    blob *first = NULL;
    blob *second = NULL;
    CHECK_OK(wota_read_array(&reader, &count));
    CHECK_OK(wota_read_blob(&reader, &first));
    CHECK_OK(wota_read_blob(&reader, &second));
    CHECK(first == stone && second == stone);
    CHECK_EQUAL(5, blob_refcount(stone));
    blob_destroy(message);
    blob_destroy(stone);
    blob_destroy(second);
    CHECK_EQUAL(1, blob_refcount(first));
    CHECK_BYTES("survivor", blob_data(first), 8);
    blob_destroy(first);

    /* A message inside a message is read as the same message. */
    blob *inner = message_of_integer(42);
    blob *outer = message_holding(&inner, 1);
    reader = reader_of(outer);
    CHECK_OK(wota_read_array(&reader, &count));
    CHECK_OK(wota_read_blob(&reader, &first));
    CHECK(first == inner && wota_is_message(first));
    blob_destroy(outer);
    blob_destroy(inner);
    CHECK_EQUAL(42, integer_of_message(first));
    blob_destroy(first);
}

static void finding(void)
{
    wota_writer *writer = new_writer();
    CHECK_OK(wota_write_record(writer, 6));
    CHECK_OK(wota_write_text(writer, "nested", 6));
    CHECK_OK(wota_write_record(writer, 1));
    CHECK_OK(wota_write_text(writer, "inner", 5));
    CHECK_OK(wota_write_integer(writer, 1));
    CHECK_OK(wota_write_text(writer, "list", 4));
    CHECK_OK(wota_write_array(writer, 2));
    CHECK_OK(wota_write_text(writer, "a", 1));
    CHECK_OK(wota_write_text(writer, "ab", 2));
    CHECK_OK(wota_write_text(writer, "a", 1));
    CHECK_OK(wota_write_integer(writer, 3));
    CHECK_OK(wota_write_text(writer, "ab", 2));
    CHECK_OK(wota_write_integer(writer, 4));
    CHECK_OK(wota_write_text(writer, "", 0));
    CHECK_OK(wota_write_integer(writer, 5));
    CHECK_OK(wota_write_text(writer, "\xF0\x9F\xAA\xA8", 4));
    CHECK_OK(wota_write_symbol(writer, WOTA_TRUE));
    blob *message = finish(writer);
    wota_writer_free(writer);

    static const struct {
        const char *key;
        int64_t value;
    } integers[] = {{"a", 3}, {"ab", 4}, {"", 5}};
    const wota_reader start = reader_of(message);
    wota_reader reader = start;
    int64_t integer = 0;
    for (size_t place = 0; place < 3; place += 1) {
        reader = start;
        CHECK_OK(wota_find(&reader, integers[place].key, strlen(integers[place].key)));
        CHECK_OK(wota_read_integer(&reader, &integer));
        CHECK_EQUAL(integers[place].value, integer);
    }
    reader = start;
    CHECK_OK(wota_find(&reader, NULL, 0));
    CHECK_OK(wota_read_integer(&reader, &integer));
    CHECK_EQUAL(5, integer);

    reader = start;
    CHECK_OK(wota_find(&reader, "nested", 6));
    CHECK_OK(wota_find(&reader, "inner", 5));
    CHECK_OK(wota_read_integer(&reader, &integer));
    CHECK_EQUAL(1, integer);

    reader = start;
    int32_t symbol = 0;
    CHECK_OK(wota_find(&reader, "\xF0\x9F\xAA\xA8", 4));
    CHECK_OK(wota_read_symbol(&reader, &symbol));
    CHECK_EQUAL(WOTA_TRUE, symbol);
    check_end(&reader);

    /* Keys of inner records and texts that are values are not keys here. */
    static const struct {
        const char *key;
        size_t length;
    } absent[] = {{"inner", 5}, {"b", 1}, {"abc", 3}, {"A", 1}, {"nested\0", 7},
                  {"lis", 3}, {"listen", 6}, {"\xF0\x9F\xAA\xA7", 4}};
    reader = start;
    for (size_t place = 0; place < sizeof absent / sizeof absent[0]; place += 1) {
        CHECK_STATUS(DRYSTONE_NOT_FOUND, wota_find(&reader, absent[place].key, absent[place].length));
        CHECK_EQUAL(0, wota_reader_offset(&reader));
    }
    uint64_t pairs = 0;
    CHECK_OK(wota_read_record(&reader, &pairs));
    CHECK_EQUAL(6, pairs);
    blob_destroy(message);
}

static void keeping_a_place(void)
{
    wota_writer *writer = new_writer();
    CHECK_OK(wota_write_array(writer, 3));
    CHECK_OK(wota_write_array(writer, 2));
    CHECK_OK(wota_write_integer(writer, 1));
    CHECK_OK(wota_write_integer(writer, 2));
    CHECK_OK(wota_write_integer(writer, 3));
    CHECK_OK(wota_write_integer(writer, 4));
    blob *message = finish(writer);
    wota_writer_free(writer);

    wota_reader reader = reader_of(message);
    uint64_t count;
    int64_t integer;
    CHECK_OK(wota_read_array(&reader, &count));
    wota_reader inside = reader;
    wota_reader copy;
    memcpy(&copy, &reader, sizeof copy);
    CHECK_OK(wota_skip(&reader));
    CHECK_EQUAL(4, wota_reader_offset(&reader));
    CHECK_OK(wota_read_array(&inside, &count));
    for (int64_t expected = 1; expected <= 4; expected += 1) {
        CHECK_OK(wota_read_integer(&inside, &integer));
        CHECK_EQUAL(expected, integer);
    }
    check_end(&inside);
    CHECK_OK(wota_read_integer(&reader, &integer));
    CHECK_EQUAL(3, integer);
    CHECK_OK(wota_skip(&copy));
    CHECK_OK(wota_skip(&copy));
    CHECK_OK(wota_skip(&copy));
    check_end(&copy);
    blob_destroy(message);
}

static void refused_starts(void)
{
    wota_reader reader;
    blob *b = blob_new(64);
    CHECK_STATUS(DRYSTONE_NOT_STONE, wota_reader_init(&reader, b, NULL));
    CHECK_OK(blob_make_stone(b));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_reader_init(&reader, b, NULL));
    blob_destroy(b);

    /* A slice or copy of a message is plain bytes, not a message. */
    blob *message = message_of_integer(1);
    blob *slice = NULL;
    blob *copy = NULL;
    CHECK_OK(blob_slice(message, 0, 64, &slice));
    CHECK_OK(blob_copy(message, 0, 64, &copy));
    CHECK(!wota_is_message(slice) && !wota_is_message(copy));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_reader_init(&reader, slice, NULL));
    CHECK_STATUS(DRYSTONE_NOT_STONE, wota_reader_init(&reader, copy, NULL));
    blob_destroy(slice);
    blob_destroy(copy);
    blob_destroy(message);
}

int main(void)
{
    wrong_types();
    values();
    numbers();
    texts();
    blob_bytes();
    stones_outlive_messages();
    finding();
    keeping_a_place();
    refused_starts();
    return test_end("wota_read");
}
