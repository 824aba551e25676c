/* DEC64 numbers: conversions between words, doubles and texts, for many more numbers than the vectors have; and
 * messages of the DEC64 dialect: what the writer refuses, what the reader returns. */
#include "random.h"
#include "test.h"

/* The C library reads decimals with one rounding, too. */
static double double_of_text(const char *text, size_t length)
{
    char terminated[40];
    CHECK(length < sizeof terminated);
    memcpy(terminated, text, length);
    terminated[length] = '\0';
    return strtod(terminated, NULL);
}

static void words(void)
{
    size_t rounds = test_size(100000, 1000);
    struct random source = random_of(64);
    for (size_t round = 0; round < rounds; round += 1) {
        int64_t word = (int64_t)(random_next(&source) >> random_next(&source) % 60);
        if (round % 2 == 1)
            word = (int64_t)((uint64_t)0 - (uint64_t)word);
        char text[32];
        size_t length = 0;
        int64_t back = 0x5A5A;
        CHECK_OK(dec64_to_text(word, text, sizeof text, &length));
        CHECK(length <= 32);
        CHECK_OK(dec64_from_text(text, length, &back));
        double value = dec64_to_double(word);
        if ((word & 0xFF) == 0x80) {
            CHECK(value != value);
            CHECK_EQUAL(DEC64_NULL, back);
            CHECK(length == 4 && memcmp(text, "null", 4) == 0);
            continue;
        }
        /* The same number, in whichever word. */
        CHECK_EQUAL(bits_of_double(value), bits_of_double(dec64_to_double(back)));
        CHECK_EQUAL(bits_of_double(double_of_text(text, length) + 0.0), bits_of_double(value));
        char again[32];
        size_t again_length = 0;
        CHECK_OK(dec64_to_text(back, again, sizeof again, &again_length));
        CHECK(again_length == length && memcmp(text, again, length) == 0);
    }
}

/* Every decimal of up to 15 digits is the shortest text of a double, so nothing is lost either way. */
static void doubles(void)
{
    size_t rounds = test_size(100000, 1000);
    struct random source = random_of(65);
    for (size_t round = 0; round < rounds; round += 1) {
        int64_t coefficient = (int64_t)(random_next(&source) % UINT64_C(1000000000000000)) - INT64_C(500000000000000);
        char text[40];
        int exponent = (int)(random_next(&source) % 200) - 100;
        int length = snprintf(text, sizeof text, "%" PRId64 "e%d", coefficient, exponent);
        double value = strtod(text, NULL);
        int64_t word = dec64_from_double(value);
        int64_t from_text = 0;
        CHECK_EQUAL(bits_of_double(value + 0.0), bits_of_double(dec64_to_double(word)));
        CHECK_OK(dec64_from_text(text, (size_t)length, &from_text));
        CHECK_EQUAL(bits_of_double(value + 0.0), bits_of_double(dec64_to_double(from_text)));
        CHECK_EQUAL(dec64_from_double(-value), dec64_from_double(dec64_to_double(dec64_from_double(-value))));
    }
    for (int64_t whole = -1000; whole <= 1000; whole += 1)
        CHECK_EQUAL((uint64_t)whole << 8, dec64_from_double((double)whole));
    int64_t word = 0;
    CHECK_OK(dec64_from_text("1.50", 4, &word));
    CHECK(dec64_to_double(word) == 1.5);
    CHECK_EQUAL(0x0FFF, dec64_from_double(1.5));
}

static wota_writer *dec64_writer(void)
{
    wota_writer *writer = NULL;
    CHECK_OK(wota_writer_new(WOTA_DEC64, &writer));
    return writer;
}

static void writing(void)
{
    blob *const untouched = (blob *)(uintptr_t)0x5A5A;
    blob *message = untouched;
    wota_writer *writer = dec64_writer();
    CHECK_OK(wota_write_array(writer, 7));
    /* Not-a-number words, too large ones, and too small ones, which round to 0. */
    static const uint64_t no_places[] = {0x7FF8000000000000, 0x7FF0000000000000, 0xFFF0000000000000,
                                         0x7FEFFFFFFFFFFFFF, 0x0000000000000001};
    for (size_t place = 0; place < sizeof no_places / sizeof no_places[0]; place += 1)
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, wota_write_number(writer, double_of_bits(no_places[place])));
    for (size_t place = 0; place < 4; place += 1)
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, wota_write_number_nearest(writer, double_of_bits(no_places[place])));
    static const uint64_t no_numbers[] = {0x80, 0x180, 0x280, 0xFFFFFFFFFFFFFF80, 0x8000000000000080};
    for (size_t place = 0; place < sizeof no_numbers / sizeof no_numbers[0]; place += 1)
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, wota_write_dec64(writer, (int64_t)no_numbers[place]));
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, wota_write_integer(writer, INT64_C(1) << 55));
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, wota_write_array(writer, UINT64_C(1) << 52));
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, wota_write_record(writer, UINT64_C(1) << 52));
    CHECK_STATUS(DRYSTONE_TRUNCATED, wota_writer_finish(writer, &message));
    CHECK(message == untouched);
    CHECK_OK(wota_write_number(writer, .1));
    CHECK_OK(wota_write_number(writer, 2023));
    CHECK_OK(wota_write_dec64(writer, 0x102));
    CHECK_OK(wota_write_number_nearest(writer, double_of_bits(1)));
    CHECK_OK(wota_write_number_nearest(writer, .1));
    CHECK_OK(wota_write_integer(writer, -1));
    CHECK_OK(wota_write_number(writer, -0.0));
    CHECK_STATUS(DRYSTONE_MALFORMED, wota_write_dec64(writer, 0x100));
    CHECK_STATUS(DRYSTONE_MALFORMED, wota_write_number_nearest(writer, 1));
    message = finish(writer);
    check_words(message, (const uint64_t[]){0x7180, 0x1FF, 0x7E700, 0x102, 0, 0x1FF, 0xFFFFFFFFFFFFFF00, 0}, 8);
    blob_destroy(message);
    CHECK_OK(wota_write_record(writer, 1));
    CHECK_STATUS(DRYSTONE_MALFORMED, wota_write_dec64(writer, 0x100));
    CHECK_STATUS(DRYSTONE_MALFORMED, wota_write_number_nearest(writer, 1));
    wota_writer_free(writer);

    writer = new_writer();
    CHECK_STATUS(DRYSTONE_UNSUPPORTED, wota_write_dec64(writer, 0x100));
    CHECK_OK(wota_write_number_nearest(writer, double_of_bits(1)));
    message = finish(writer);
    check_words(message, (const uint64_t[]){1, 1}, 2);
    wota_reader reader;
    int64_t word = 77;
    CHECK_OK(wota_reader_init(&reader, message, NULL));
    CHECK_STATUS(DRYSTONE_UNSUPPORTED, wota_read_dec64(&reader, &word));
    CHECK(word == 77 && wota_reader_offset(&reader) == 0);
    blob_destroy(message);
    wota_writer_free(writer);
}

static void reading(void)
{
    static const struct {
        uint64_t word;
        wota_type type;
        int64_t integer;
        double number;
    } cases[] = {{0x100, WOTA_INTEGER, 1, 1},
                 {0x102, WOTA_INTEGER, 100, 100},
                 {0xAFF, WOTA_INTEGER, 1, 1},
                 {0x81, WOTA_INTEGER, 0, 0},
                 {0x5FF, WOTA_FLOAT, 0, .5},
                 {0x164, WOTA_FLOAT, 0, 1e100},
                 {0x111, WOTA_FLOAT, 0, 1e17},
                 {0x7FFFFFFFFFFFFF00, WOTA_INTEGER, (INT64_C(1) << 55) - 1, 36028797018963967.0}};
    wota_writer *writer = dec64_writer();
    for (size_t place = 0; place < sizeof cases / sizeof cases[0]; place += 1) {
        wota_reader reader;
        wota_type type = -1;
        int64_t integer = 0;
        int64_t word = 0;
        double number = 0;
        CHECK_OK(wota_write_dec64(writer, (int64_t)cases[place].word));
        blob *message = finish(writer);
        CHECK_OK(wota_reader_init(&reader, message, NULL));
        wota_reader start = reader;
        CHECK_OK(wota_read_type(&reader, &type));
        CHECK_EQUAL(cases[place].type, type);
        CHECK_STATUS(type == WOTA_INTEGER ? DRYSTONE_OK : DRYSTONE_WRONG_TYPE, wota_read_integer(&reader, &integer));
        CHECK_EQUAL(cases[place].integer, integer);
        reader = start;
        CHECK_OK(wota_read_number(&reader, &number));
        CHECK(cases[place].number == number);
        CHECK_EQUAL(1, wota_reader_offset(&reader));
        CHECK_STATUS(DRYSTONE_END, wota_read_dec64(&reader, &word));
        reader = start;
        CHECK_OK(wota_read_dec64(&reader, &word));
        CHECK_EQUAL(cases[place].word, word);
        blob_destroy(message);
    }
    CHECK_OK(wota_write_text(writer, "1", 1));
    blob *message = finish(writer);
    wota_reader reader;
    int64_t word = 77;
    CHECK_OK(wota_reader_init(&reader, message, NULL));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_read_dec64(&reader, &word));
    CHECK(word == 77 && wota_reader_offset(&reader) == 0);
    blob_destroy(message);
    wota_writer_free(writer);
}

int main(void)
{
    words();
    doubles();
    writing();
    reading();
    return test_end("dec64");
}
