/* One value in every format. Vectors of the same name in wota.json, wota-dec64.json and nota.json are the same value,
 * and each is converted to each other. Then values that the other dialect cannot represent, and stones, which do not
 * change. */
#include "test.h"
#include "vector_file.h"

static blob *const untouched = (blob *)(uintptr_t)0x5A5A;

static struct vector_file classic;
static struct vector_file dec64;
static struct vector_file nota;

static const struct vector *named(const struct vector_file *file, const char *name)
{
    for (size_t place = 0; place < file->count; place += 1) {
        const struct vector *vector = &file->vectors[place];
        if (vector->valid && strcmp(vector->name, name) == 0)
            return vector;
    }
    return NULL;
}

static blob *message_of(const struct vector *vector, wota_dialect dialect)
{
    blob *message = NULL;
    CHECK_OK(wota_from_bytes(vector->bytes, vector->count, dialect, vector->limits, &message));
    return message;
}

static blob *transcoded(const blob *message, wota_dialect dialect)
{
    blob *out = NULL;
    CHECK_OK(wota_transcode(message, dialect, &out));
    CHECK(wota_is_message(out));
    CHECK_EQUAL(1, blob_refcount(out));
    return out;
}

static void same_values(void)
{
    size_t both = 0;
    size_t all = 0;
    for (size_t place = 0; place < dec64.count; place += 1) {
        const struct vector *second = &dec64.vectors[place];
        const struct vector *first = second->valid ? named(&classic, second->name) : NULL;
        if (first == NULL)
            continue;
        test_case = second->name;
        blob *words = message_of(first, WOTA_CLASSIC);
        blob *numbers = message_of(second, WOTA_DEC64);
        static const wota_dialect flags[] = {0, WOTA_NEAREST};
        for (int flag = 0; flag < 2; flag += 1) {
            blob *there = transcoded(words, WOTA_DEC64 | flags[flag]);
            blob *back = transcoded(numbers, WOTA_CLASSIC | flags[flag]);
            CHECK(blob_equal(there, numbers));
            CHECK(blob_equal(back, words));
            blob_destroy(there);
            blob_destroy(back);
        }
        blob *same = transcoded(words, WOTA_CLASSIC);
        CHECK(blob_equal(same, words));
        blob_destroy(same);
        same = transcoded(numbers, WOTA_DEC64);
        CHECK(blob_equal(same, numbers));
        blob_destroy(same);
        both += 1;

        const struct vector *third = named(&nota, second->name);
        if (third != NULL) {
            blob *from_words = NULL;
            blob *from_numbers = NULL;
            blob *back = NULL;
            CHECK_OK(nota_from_message(words, &from_words));
            CHECK_OK(nota_from_message(numbers, &from_numbers));
            CHECK_EQUAL(third->count * 8, blob_length_bits(from_words));
            CHECK_BYTES(third->bytes, blob_data(from_words), third->count);
            CHECK(blob_equal(from_words, from_numbers));
            CHECK_OK(nota_to_message(third->bytes, third->count, third->limits, &back));
            CHECK(blob_equal(back, words));
            blob_destroy(from_words);
            blob_destroy(from_numbers);
            blob_destroy(back);
            all += 1;
        }
        blob_destroy(words);
        blob_destroy(numbers);
    }
    test_case = "";
    /* Most have every form; with none this would test nothing. */
    CHECK(both > 80 && all > 80);
}

/* Every vector, including those that the other dialect cannot represent. */
static void all_classic_vectors(void)
{
    for (size_t place = 0; place < classic.count; place += 1) {
        const struct vector *vector = &classic.vectors[place];
        if (!vector->valid)
            continue;
        test_case = vector->name;
        blob *message = message_of(vector, WOTA_CLASSIC);
        blob *exact = NULL;
        blob *nearest = NULL;
        drystone_status status = wota_transcode(message, WOTA_DEC64, &exact);
        drystone_status nearest_status = wota_transcode(message, WOTA_DEC64 | WOTA_NEAREST, &nearest);
        CHECK(status == DRYSTONE_OK || status == DRYSTONE_OUT_OF_RANGE);
        CHECK(nearest_status == DRYSTONE_OK || nearest_status == DRYSTONE_OUT_OF_RANGE);
        if (status == DRYSTONE_OK) {
            CHECK_OK(nearest_status);
            CHECK(blob_equal(exact, nearest));
        }
        blob_destroy(exact);
        blob_destroy(nearest);
        blob_destroy(message);
    }
    test_case = "";
}

static blob *message_of_number(wota_dialect dialect, double value)
{
    wota_writer *writer = NULL;
    CHECK_OK(wota_writer_new(dialect, &writer));
    CHECK_OK(wota_write_array(writer, 2));
    CHECK_OK(wota_write_integer(writer, 1));
    CHECK_OK(wota_write_number(writer, value));
    blob *message = finish(writer);
    wota_writer_free(writer);
    return message;
}

static void numbers_without_place(void)
{
    static const struct {
        uint64_t bits;
        drystone_status nearest;
        uint64_t word;
    } cases[] = {
        {0x7FF8000000000000, DRYSTONE_OUT_OF_RANGE, 0},
        {0x7FF0000000000000, DRYSTONE_OUT_OF_RANGE, 0},
        {0xFFF0000000000000, DRYSTONE_OUT_OF_RANGE, 0},
        {0x7FEFFFFFFFFFFFFF, DRYSTONE_OUT_OF_RANGE, 0},
        {0x0000000000000001, DRYSTONE_OK, 0},
        {0x8000000000000001, DRYSTONE_OK, 0},
    };
    for (size_t place = 0; place < sizeof cases / sizeof cases[0]; place += 1) {
        blob *out = untouched;
        blob *message = message_of_number(WOTA_CLASSIC, double_of_bits(cases[place].bits));
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, wota_transcode(message, WOTA_DEC64, &out));
        CHECK_STATUS(cases[place].nearest, wota_transcode(message, WOTA_DEC64 | WOTA_NEAREST, &out));
        if (cases[place].nearest == DRYSTONE_OK) {
            check_words(out, (const uint64_t[]){0x2180, 0x100, cases[place].word}, 3);
            blob_destroy(out);
        } else {
            CHECK(out == untouched);
        }
        blob_destroy(message);
    }
    /* -0 becomes 0 in DEC64. */
    blob *message = message_of_number(WOTA_CLASSIC, -0.0);
    blob *out = transcoded(message, WOTA_DEC64);
    check_words(out, (const uint64_t[]){0x2180, 0x100, 0}, 3);
    blob_destroy(out);
    blob_destroy(message);
    /* Numbers with more digits than a double has become the nearest double; so does the largest number. */
    wota_writer *writer = NULL;
    CHECK_OK(wota_writer_new(WOTA_DEC64, &writer));
    CHECK_OK(wota_write_array(writer, 2));
    CHECK_OK(wota_write_dec64(writer, 0x6F9C9E6576434CF0));
    CHECK_OK(wota_write_dec64(writer, 0x7FFFFFFFFFFFFF7F));
    message = finish(writer);
    out = transcoded(message, WOTA_CLASSIC);
    check_words(out, (const uint64_t[]){0x202, 1, 0x400921FB54442D18, 1, bits_of_double(36028797018963967e127)}, 5);
    blob_destroy(out);
    blob_destroy(message);
    wota_writer_free(writer);
}

static void statuses(void)
{
    static const wota_dialect unknown[] = {2, -1, 3, WOTA_NEAREST | 2, 512, INT32_MIN, INT32_MAX};
    blob *out = untouched;
    blob *message = message_of_integer(1);
    blob *stone = stone_of("12345678", 8);
    blob *antestone = blob_new(64);
    for (size_t place = 0; place < sizeof unknown / sizeof unknown[0]; place += 1)
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_transcode(message, unknown[place], &out));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_transcode(stone, WOTA_DEC64, &out));
    CHECK_STATUS(DRYSTONE_NOT_STONE, wota_transcode(antestone, WOTA_DEC64, &out));
    CHECK(out == untouched);
    blob_destroy(message);
    blob_destroy(stone);
    blob_destroy(antestone);
}

/* Stones by reference in both dialects, each counted as often as it is written. */
static void stones_stay(void)
{
    blob *stone = stone_of("a stone", 7);
    blob *inner = message_of_integer(5);
    blob *message = message_holding((blob *const[]){stone, inner, stone}, 3);
    CHECK_EQUAL(3, blob_refcount(stone));
    blob *other = transcoded(message, WOTA_DEC64);
    CHECK_EQUAL(3, wota_held_count(other));
    CHECK_EQUAL(5, blob_refcount(stone));
    CHECK_EQUAL(3, blob_refcount(inner));
    check_words(other, (const uint64_t[]){0x3180, 56 << 12 | 0x880, 0, 64 << 12 | 0x880, 1, 56 << 12 | 0x880, 2}, 7);
    blob_destroy(message);
    CHECK_EQUAL(3, blob_refcount(stone));

    wota_reader reader;
    uint64_t count = 0;
    blob *read = NULL;
    CHECK_OK(wota_reader_init(&reader, other, NULL));
    CHECK_OK(wota_read_array(&reader, &count));
    CHECK_OK(wota_read_blob(&reader, &read));
    CHECK(read == stone);
    blob_destroy(read);
    blob *bytes = NULL;
    CHECK_OK(wota_to_bytes(other, &bytes));
    CHECK_EQUAL(64 * (1 + 2 + 2 + 2), blob_length_bits(bytes));
    CHECK_OK(wota_validate(blob_data(bytes), blob_length_bits(bytes) / 8, WOTA_DEC64, NULL, NULL));
    CHECK_EQUAL(56 << 12 | 0x380, load_word(blob_data(bytes) + 8));
    blob_destroy(bytes);
    blob *back = transcoded(other, WOTA_CLASSIC);
    CHECK_EQUAL(5, blob_refcount(stone));
    CHECK_EQUAL(3, wota_held_count(back));
    blob_destroy(other);
    blob_destroy(back);
    CHECK_EQUAL(1, blob_refcount(stone));
    CHECK_EQUAL(1, blob_refcount(inner));

    /* A number that cannot be represented, after a stone: the stone's count is dropped again. */
    wota_writer *writer = new_writer();
    CHECK_OK(wota_write_array(writer, 2));
    CHECK_OK(wota_write_blob(writer, stone));
    CHECK_OK(wota_write_number(writer, double_of_bits(0x7FF8000000000000)));
    message = finish(writer);
    other = untouched;
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, wota_transcode(message, WOTA_DEC64, &other));
    CHECK(other == untouched);
    CHECK_EQUAL(2, blob_refcount(stone));
    blob_destroy(message);
    wota_writer_free(writer);
    blob_destroy(inner);
    blob_destroy(stone);
}

int main(int count, char **arguments)
{
    CHECK_EQUAL(4, count);
    vector_file_load(&classic, arguments[1]);
    vector_file_load(&dec64, arguments[2]);
    vector_file_load(&nota, arguments[3]);
    same_values();
    all_classic_vectors();
    vector_file_free(&classic);
    vector_file_free(&dec64);
    vector_file_free(&nota);
    numbers_without_place();
    statuses();
    stones_stay();
    return test_end("transcode");
}
