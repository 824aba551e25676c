/* Bit fields of blobs: which calls refuse a stone, a shared blob and an antestone; a refused write changes nothing;
 * fields at every bit, compared with single bits. The values themselves are in blob_vectors.c. */
#include "random.h"
#include "test.h"

static blob *const untouched = (blob *)(uintptr_t)0x5A5A;

/* Every kind of write, by number; false after the last one. */
static bool write_number(int number, blob *b, blob *other, drystone_status *status)
{
    switch (number) {
    case 0: *status = blob_write_bit(b, true); return true;
    case 1: *status = blob_write_fit(b, 5, 3); return true;
    case 2: *status = blob_write_kim(b, 5); return true;
    case 3: *status = blob_write_kim(b, -500); return true;
    case 4: *status = blob_write_dec64(b, 5); return true;
    case 5: *status = blob_write_text(b, "cat", 3); return true;
    case 6: *status = blob_write_text(b, "\xC3\xA9", 2); return true;
    case 7: *status = blob_write_text(b, NULL, 0); return true;
    case 8: *status = blob_write_blob(b, other); return true;
    case 9: *status = blob_write_blob(b, b); return true;
    case 10: *status = blob_write_pad(b, 8); return true;
    case 11: *status = blob_write_pad(b, 1000); return true;
    case 12: *status = blob_write_bytes(b, (const uint8_t *)"ab", 2); return true;
    default: return false;
    }
}

static blob *three_bits(void)
{
    blob *b = blob_new(0);
    CHECK(b != NULL);
    CHECK_OK(blob_write_fit(b, 5, 3));
    return b;
}

static void is_three_bits(const blob *b)
{
    CHECK_EQUAL(3, blob_length_bits(b));
    CHECK_EQUAL(0xA0, blob_data(b)[0] & 0xE0);
}

static void writes_are_refused(void)
{
    drystone_status status = DRYSTONE_OK;
    blob *other = stone_of("other", 5);
    blob *b = three_bits();
    blob_incref(b);
    for (int number = 0; write_number(number, b, other, &status); number += 1) {
        CHECK_STATUS(DRYSTONE_BUSY, status);
        is_three_bits(b);
    }
    blob_destroy(b);
    CHECK_OK(blob_make_stone(b));
    for (int number = 0; write_number(number, b, other, &status); number += 1) {
        CHECK_STATUS(DRYSTONE_IS_STONE, status);
        is_three_bits(b);
    }
    blob_destroy(b);

    /* The source may be shared, and stone or not. */
    blob *shared = three_bits();
    blob_incref(shared);
    b = three_bits();
    CHECK_OK(blob_write_blob(b, shared));
    CHECK_EQUAL(6, blob_length_bits(b));
    CHECK_EQUAL(0xB4, blob_data(b)[0] & 0xFC);
    CHECK_EQUAL(2, blob_refcount(shared));
    blob_destroy(shared);
    blob_destroy(shared);
    blob_destroy(b);
    blob_destroy(other);
}

static void values_are_refused(void)
{
    static const struct {
        int64_t value;
        uint32_t bits;
    } fits[] = {
        {2, 1}, {-2, 1}, {256, 8}, {-129, 8}, {INT64_MAX, 56}, {INT64_MIN, 56}, {INT64_C(1) << 56, 56},
        {-(INT64_C(1) << 55) - 1, 56}, {0, 0}, {0, 57}, {0, 64}, {0, UINT32_MAX},
    };
    static const struct {
        const char *bytes;
        size_t count;
    } texts[] = {
        {"\xFF", 1}, {"abc\x80", 4}, {"\xC0\x80", 2}, {"\xED\xA0\xBD\xED\xB2\xA9", 6}, {"\xF5\x80\x80\x80", 4},
    };
    blob *b = three_bits();
    for (size_t place = 0; place < sizeof fits / sizeof fits[0]; place += 1) {
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, blob_write_fit(b, fits[place].value, fits[place].bits));
        is_three_bits(b);
    }
    for (size_t place = 0; place < sizeof texts / sizeof texts[0]; place += 1) {
        CHECK_STATUS(DRYSTONE_MALFORMED, blob_write_text(b, texts[place].bytes, texts[place].count));
        is_three_bits(b);
    }
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, blob_write_pad(b, 0));
    /* More than any memory: the length itself overflows, or the bytes cannot be allocated. */
    CHECK_STATUS(DRYSTONE_NO_MEMORY, blob_write_pad(b, SIZE_MAX));
    CHECK_STATUS(DRYSTONE_NO_MEMORY, blob_write_pad(b, SIZE_MAX / 2));
    is_three_bits(b);
    blob_destroy(b);
}

static void reads_are_refused(void)
{
    bool truth = true;
    int64_t value = 77;
    size_t bits = 78;
    size_t length = 79;
    char buffer[8] = "kept";
    blob *b = blob_new_filled(100, true);
    CHECK_STATUS(DRYSTONE_NOT_STONE, blob_read_bit(b, 0, &truth));
    CHECK_STATUS(DRYSTONE_NOT_STONE, blob_read_fit(b, 0, 8, &value));
    CHECK_STATUS(DRYSTONE_NOT_STONE, blob_read_kim(b, 0, &value, &bits));
    CHECK_STATUS(DRYSTONE_NOT_STONE, blob_read_dec64(b, 0, &value));
    CHECK_STATUS(DRYSTONE_NOT_STONE, blob_read_text(b, 0, buffer, sizeof buffer, &length, &bits));
    CHECK_STATUS(DRYSTONE_NOT_STONE, blob_read_text(b, 0, NULL, 0, &length, &bits));
    CHECK_STATUS(DRYSTONE_NOT_STONE, blob_is_pad(b, 0, 8, &truth));
    CHECK_OK(blob_make_stone(b));
    static const size_t beyond[] = {100, 101, 1000, SIZE_MAX - 63, SIZE_MAX - 7, SIZE_MAX};
    for (size_t place = 0; place < sizeof beyond / sizeof beyond[0]; place += 1) {
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, blob_read_bit(b, beyond[place], &truth));
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, blob_read_fit(b, beyond[place], 1, &value));
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, blob_read_fit(b, beyond[place], 56, &value));
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, blob_read_kim(b, beyond[place], &value, &bits));
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, blob_read_dec64(b, beyond[place], &value));
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, blob_read_text(b, beyond[place], buffer, 8, &length, &bits));
        if (beyond[place] > 100)
            CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, blob_is_pad(b, beyond[place], 8, &truth));
    }
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, blob_is_pad(b, 0, 0, &truth));
    CHECK(truth && value == 77 && bits == 78 && length == 79 && strcmp(buffer, "kept") == 0);
    blob_destroy(b);
}

static void filled(void)
{
    static const size_t lengths[] = {0, 1, 7, 8, 9, 63, 64, 65, 1000, 1001};
    for (size_t place = 0; place < sizeof lengths / sizeof lengths[0]; place += 1) {
        for (int bit = 0; bit < 2; bit += 1) {
            blob *b = blob_new_filled(lengths[place], bit == 1);
            CHECK(b != NULL && !blob_is_stone(b));
            CHECK_EQUAL(1, blob_refcount(b));
            CHECK_EQUAL(lengths[place], blob_length_bits(b));
            /* Any write may follow, even whole bytes after single bits. */
            CHECK_OK(blob_write_bit(b, bit == 0));
            CHECK_OK(blob_make_stone(b));
            for (size_t at = 0; at <= lengths[place]; at += 1) {
                bool read = false;
                CHECK_OK(blob_read_bit(b, at, &read));
                CHECK(read == (at < lengths[place] ? bit == 1 : bit == 0));
            }
            blob_destroy(b);
        }
    }
    blob *zeros = blob_new(77);
    blob *same = blob_new_filled(77, false);
    CHECK(blob_equal(zeros, same));
    blob_destroy(zeros);
    blob_destroy(same);
    CHECK(blob_new_filled(SIZE_MAX, true) == NULL);
    CHECK(blob_new_filled(SIZE_MAX / 2, false) == NULL);
}

/* Fields of every width in a row, and the same bits one by one. */
static void fields_are_their_bits(void)
{
    size_t rounds = test_size(40, 4);
    struct random random = random_of(7);
    for (size_t round = 0; round < rounds; round += 1) {
        uint64_t values[200];
        uint32_t widths[200];
        blob *fields = blob_with_capacity(round % 2 == 0 ? 0 : 20000);
        blob *bits = blob_new(0);
        size_t offset = 0;
        for (int place = 0; place < 200; place += 1) {
            widths[place] = (uint32_t)(random_next(&random) % 57);
            bool word = widths[place] == 0;
            if (word)
                widths[place] = 64;
            values[place] = random_next(&random) >> (64 - widths[place]);
            CHECK_OK(word ? blob_write_dec64(fields, (int64_t)values[place])
                          : blob_write_fit(fields, (int64_t)values[place], widths[place]));
            for (uint32_t bit = widths[place]; bit > 0; bit -= 1)
                CHECK_OK(blob_write_bit(bits, (values[place] >> (bit - 1) & 1) != 0));
        }
        CHECK(blob_equal(fields, bits));
        CHECK_OK(blob_make_stone(bits));
        for (int place = 0; place < 200; place += 1) {
            int64_t value = 0;
            uint64_t expected = values[place];
            if (widths[place] == 56 && expected >> 55 != 0)
                expected |= UINT64_C(0xFF) << 56;
            CHECK_OK(widths[place] == 64 ? blob_read_dec64(bits, offset, &value)
                                         : blob_read_fit(bits, offset, widths[place], &value));
            CHECK_EQUAL(expected, value);
            offset += widths[place];
        }
        blob_destroy(fields);
        blob_destroy(bits);
    }
}

/* Large blobs at every bit, from every bit. */
static void blobs_at_every_bit(void)
{
    enum { BYTES = 1000 };
    uint8_t bytes[BYTES];
    struct random random = random_of(8);
    for (int place = 0; place < BYTES; place += 1)
        bytes[place] = (uint8_t)random_next(&random);
    blob *source = stone_of(bytes, BYTES);
    for (size_t target = 0; target < 9; target += 1) {
        for (size_t from = 0; from < 9; from += 1) {
            size_t to = BYTES * 8 - (target * 7 + from) % 17;
            blob *slice = NULL;
            blob *copy = NULL;
            blob *back = NULL;
            CHECK_OK(blob_slice(source, from, to, &slice));
            CHECK_OK(blob_copy(source, from, to, &copy));
            CHECK(blob_equal(slice, copy));
            blob *b = blob_new_filled(target, true);
            CHECK_OK(blob_write_blob(b, slice));
            CHECK_OK(blob_write_bit(b, true));
            CHECK_EQUAL(target + to - from + 1, blob_length_bits(b));
            CHECK_OK(blob_make_stone(b));
            for (size_t at = 0; at < to - from; at += 1) {
                bool bit = false;
                CHECK_OK(blob_read_bit(b, target + at, &bit));
                CHECK(bit == ((bytes[(from + at) / 8] >> (7 - (from + at) % 8) & 1) != 0));
            }
            CHECK_OK(blob_slice(b, target, target + to - from, &back));
            CHECK(blob_equal(back, slice));
            blob_destroy(back);
            blob_destroy(b);
            blob_destroy(copy);
            blob_destroy(slice);
        }
    }
    blob_destroy(source);
}

/* A blob that was written is freed, shared and held like any other. */
static void fields_travel(void)
{
    blob *b = blob_new(0);
    blob *slice = untouched;
    CHECK_OK(blob_write_text(b, "name", 4));
    CHECK_OK(blob_write_kim(b, -1));
    CHECK_STATUS(DRYSTONE_NOT_STONE, blob_slice(b, 0, 8, &slice));
    CHECK(slice == untouched);
    CHECK_OK(blob_make_stone(b));
    blob *message = message_holding(&b, 1);
    blob_destroy(b);
    wota_reader reader;
    uint64_t count;
    blob *out = NULL;
    CHECK_OK(wota_reader_init(&reader, message, NULL));
    CHECK_OK(wota_read_array(&reader, &count));
    CHECK_OK(wota_read_blob(&reader, &out));
    blob_destroy(message);
    char name[4];
    size_t length = 0;
    size_t bits = 0;
    int64_t value = 0;
    CHECK_OK(blob_read_text(out, 0, name, sizeof name, &length, &bits));
    CHECK(length == 4 && bits == 40);
    CHECK_BYTES("name", name, 4);
    CHECK_OK(blob_read_kim(out, bits, &value, &bits));
    CHECK_EQUAL(-1, value);
    CHECK_EQUAL(16, bits);
    blob_destroy(out);
}

int main(void)
{
    writes_are_refused();
    values_are_refused();
    reads_are_refused();
    filled();
    fields_are_their_bits();
    blobs_at_every_bit();
    fields_travel();
    return test_end("blob_fields");
}
