/* The Wota writer: the words of every value, and what it refuses; a refusal changes nothing. */
#include "test.h"

#define WORDS(...) ((const uint64_t[]){__VA_ARGS__})
#define COUNT(...) (sizeof WORDS(__VA_ARGS__) / sizeof(uint64_t))
/* Finishes, compares, and leaves the writer empty for the next value. */
#define CHECK_WRITTEN(writer, ...) written((writer), WORDS(__VA_ARGS__), COUNT(__VA_ARGS__))

static void written(wota_writer *writer, const uint64_t *words, size_t count)
{
    blob *message = finish(writer);
    check_words(message, words, count);
    CHECK(wota_is_message(message));
    CHECK(blob_is_stone(message));
    CHECK_EQUAL(1, blob_refcount(message));
    CHECK_STATUS(DRYSTONE_IS_STONE, blob_write_bytes(message, (const uint8_t *)"x", 1));
    blob_destroy(message);
}

static void integers(wota_writer *writer)
{
    static const struct {
        int64_t value;
        uint64_t word;
    } cases[] = {
        {0, 0},
        {1, 0x100},
        {-1, 0xFFFFFFFFFFFFFF00},
        {2023, 0x7E700},
        {-2023, 0xFFFFFFFFFFF81900},
        {(INT64_C(1) << 55) - 1, 0x7FFFFFFFFFFFFF00},
        {-(INT64_C(1) << 55), 0x8000000000000000},
    };
    for (size_t place = 0; place < sizeof cases / sizeof cases[0]; place += 1) {
        CHECK_OK(wota_write_integer(writer, cases[place].value));
        CHECK_WRITTEN(writer, cases[place].word);
    }
    static const int64_t outside[] = {INT64_C(1) << 55, -(INT64_C(1) << 55) - 1, INT64_MAX, INT64_MIN};
    CHECK_OK(wota_write_array(writer, 1));
    for (size_t place = 0; place < sizeof outside / sizeof outside[0]; place += 1)
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, wota_write_integer(writer, outside[place]));
    CHECK_OK(wota_write_integer(writer, 7));
    CHECK_WRITTEN(writer, 0x102, 0x700);
}

static void numbers(wota_writer *writer)
{
    static const struct {
        uint64_t bits;
        bool integer;
        uint64_t word;
    } cases[] = {
        {0x0000000000000000, true, 0},                           /* 0 */
        {0x8000000000000000, false, 0x8000000000000000},         /* -0 */
        {0x3FF0000000000000, true, 0x100},                       /* 1 */
        {0xC09F9C0000000000, true, 0xFFFFFFFFFFF81900},          /* -2023 */
        {0x3FE0000000000000, false, 0x3FE0000000000000},         /* 0.5 */
        {0xBFF028F5C28F5C29, false, 0xBFF028F5C28F5C29},         /* -1.01 */
        {0x4350000000000000, true, UINT64_C(1) << 62},           /* 2^54 */
        {0x435FFFFFFFFFFFFF, true, 0x7FFFFFFFFFFFFC00},          /* the last integral double below 2^55 */
        {0x4360000000000000, false, 0x4360000000000000},         /* 2^55 */
        {0xC360000000000000, true, 0x8000000000000000},          /* -2^55 */
        {0xC360000000000001, false, 0xC360000000000001},         /* the next one below */
        {0x7FEFFFFFFFFFFFFF, false, 0x7FEFFFFFFFFFFFFF},         /* the largest */
        {0x0000000000000001, false, 0x0000000000000001},         /* the smallest */
        {0x7FF0000000000000, false, 0x7FF0000000000000},         /* infinity */
        {0xFFF0000000000000, false, 0xFFF0000000000000},         /* -infinity */
        {0x7FF8000000000000, false, 0x7FF8000000000000},         /* NaN, and others become it */
        {0xFFF8000000000000, false, 0x7FF8000000000000},
        {0x7FF8000000000001, false, 0x7FF8000000000000},
        {0x7FF4000000000000, false, 0x7FF8000000000000},
    };
    for (size_t place = 0; place < sizeof cases / sizeof cases[0]; place += 1) {
        CHECK_OK(wota_write_number(writer, double_of_bits(cases[place].bits)));
        if (cases[place].integer)
            CHECK_WRITTEN(writer, cases[place].word);
        else
            CHECK_WRITTEN(writer, 1, cases[place].word);
    }
}

static void texts(wota_writer *writer)
{
    CHECK_OK(wota_write_text(writer, NULL, 0));
    CHECK_WRITTEN(writer, 0x5);
    CHECK_OK(wota_write_text(writer, "", 0));
    CHECK_WRITTEN(writer, 0x5);
    CHECK_OK(wota_write_text(writer, "a", 1));
    CHECK_WRITTEN(writer, 0x105, 0x6100000000);
    CHECK_OK(wota_write_text(writer, "cat", 3));
    CHECK_WRITTEN(writer, 0x305, 0x6300000061, 0x7400000000);
    CHECK_OK(wota_write_text(writer, "\xF0\x9F\x92\xA9x", 5));
    CHECK_WRITTEN(writer, 0x205, 0x0001F4A900000078);
    /* The length counts, not a NUL. */
    CHECK_OK(wota_write_text(writer, "a\0b", 3));
    CHECK_WRITTEN(writer, 0x305, 0x6100000000, 0x6200000000);
    /* Lone surrogates as three bytes; a low one before a high one is still two lone ones. */
    CHECK_OK(wota_write_text(writer, "\xED\xA0\x80", 3));
    CHECK_WRITTEN(writer, 0x105, 0xD80000000000);
    CHECK_OK(wota_write_text(writer, "\xED\xB0\x80\xED\xA0\x80", 6));
    CHECK_WRITTEN(writer, 0x205, 0x0000DC000000D800);
}

static void refused_texts(wota_writer *writer)
{
    static const struct {
        const char *bytes;
        size_t length;
    } bad[] = {
        {"\x80", 1},                        /* continuation without a start */
        {"\xBF", 1},
        {"\xC3", 1},                        /* ends inside a character */
        {"\xE2\x82", 2},
        {"\xF0\x9F\x92", 3},
        {"\xC3(", 2},                       /* start without its continuation */
        {"\xE2\x82(", 3},
        {"\xE2(\x82", 3},
        {"\xF0\x9F\x92(", 4},
        {"\xF0(\x92\xA9", 4},
        {"\xC0\x80", 2},                    /* longer than needed */
        {"\xC1\xBF", 2},
        {"\xE0\x80\x80", 3},
        {"\xE0\x9F\xBF", 3},
        {"\xF0\x80\x80\x80", 4},
        {"\xF0\x8F\xBF\xBF", 4},
        {"\xF4\x90\x80\x80", 4},            /* above 10FFFF */
        {"\xF5\x80\x80\x80", 4},
        {"\xF8\x88\x80\x80\x80", 5},
        {"\xFE", 1},
        {"\xFF", 1},
        {"\xED\xA0\xBD\xED\xB2\xA9", 6},    /* a pair of surrogates as two characters */
        {"\xED\xA0\x80\xED\xB0\x80", 6},
        {"\xED\xAF\xBF\xED\xBF\xBF", 6},
    };
    char text[96];
    CHECK_OK(wota_write_array(writer, 2));
    CHECK_OK(wota_write_text(writer, "before", 6));
    for (size_t place = 0; place < sizeof bad / sizeof bad[0]; place += 1) {
        /* After and before runs of ASCII of every length, for code that handles many characters at a time. */
        for (size_t before = 0; before <= 40; before += 1) {
            for (size_t after = 0; after <= 40; after += 8) {
                memset(text, 'a', sizeof text);
                memcpy(text + before, bad[place].bytes, bad[place].length);
                CHECK_STATUS(DRYSTONE_MALFORMED, wota_write_text(writer, text, before + bad[place].length + after));
            }
        }
    }
    CHECK_OK(wota_write_text(writer, "after", 5));
    CHECK_WRITTEN(writer, 0x202, 0x605, 0x6200000065, 0x660000006F, 0x7200000065, 0x505, 0x6100000066, 0x7400000065,
                  0x7200000000);
}

static void containers(wota_writer *writer)
{
    CHECK_OK(wota_write_array(writer, 0));
    CHECK_WRITTEN(writer, 0x2);
    CHECK_OK(wota_write_record(writer, 0));
    CHECK_WRITTEN(writer, 0x3);

    CHECK_OK(wota_write_record(writer, 2));
    CHECK_OK(wota_write_text(writer, "a", 1));
    CHECK_OK(wota_write_integer(writer, 1));
    CHECK_OK(wota_write_text(writer, "cat", 3));
    CHECK_OK(wota_write_symbol(writer, WOTA_TRUE));
    CHECK_WRITTEN(writer, 0x203, 0x105, 0x6100000000, 0x100, 0x305, 0x6300000061, 0x7400000000, 0x307);

    /* Closing several levels with one value, followed by a sibling. */
    CHECK_OK(wota_write_array(writer, 2));
    CHECK_OK(wota_write_record(writer, 1));
    CHECK_OK(wota_write_text(writer, "a", 1));
    CHECK_OK(wota_write_array(writer, 1));
    CHECK_OK(wota_write_array(writer, 0));
    CHECK_OK(wota_write_integer(writer, 1));
    CHECK_WRITTEN(writer, 0x202, 0x103, 0x105, 0x6100000000, 0x102, 0x2, 0x100);
}

static void too_few(wota_writer *writer)
{
    blob *untouched = (blob *)(uintptr_t)0x5A5A;
    blob *message = untouched;
    CHECK_STATUS(DRYSTONE_TRUNCATED, wota_writer_finish(writer, &message));
    CHECK_OK(wota_write_record(writer, 1));
    CHECK_STATUS(DRYSTONE_TRUNCATED, wota_writer_finish(writer, &message));
    CHECK_OK(wota_write_text(writer, "a", 1));
    CHECK_STATUS(DRYSTONE_TRUNCATED, wota_writer_finish(writer, &message));
    CHECK_OK(wota_write_array(writer, 2));
    CHECK_STATUS(DRYSTONE_TRUNCATED, wota_writer_finish(writer, &message));
    CHECK_OK(wota_write_integer(writer, 1));
    CHECK_STATUS(DRYSTONE_TRUNCATED, wota_writer_finish(writer, &message));
    CHECK(message == untouched);
    /* A refused finish loses nothing. */
    CHECK_OK(wota_write_integer(writer, 2));
    CHECK_WRITTEN(writer, 0x103, 0x105, 0x6100000000, 0x202, 0x100, 0x200);

    CHECK_OK(wota_write_array(writer, (UINT64_C(1) << 56) - 1));
    CHECK_STATUS(DRYSTONE_TRUNCATED, wota_writer_finish(writer, &message));
    wota_writer_reset(writer);
    CHECK_OK(wota_write_record(writer, (UINT64_C(1) << 56) - 1));
    CHECK_STATUS(DRYSTONE_TRUNCATED, wota_writer_finish(writer, &message));
    wota_writer_reset(writer);
    CHECK(message == untouched);
}

/* Every way to add a value, refused with the given status in this state of the writer. */
static void all_refused(wota_writer *writer, drystone_status status, bool texts_too)
{
    blob *b = blob_new(8);
    blob *stone = stone_of("s", 1);
    if (texts_too)
        CHECK_STATUS(status, wota_write_text(writer, "a", 1));
    CHECK_STATUS(status, wota_write_integer(writer, 1));
    CHECK_STATUS(status, wota_write_number(writer, 0.5));
    CHECK_STATUS(status, wota_write_number(writer, 1));
    CHECK_STATUS(status, wota_write_array(writer, 0));
    CHECK_STATUS(status, wota_write_array(writer, 1));
    CHECK_STATUS(status, wota_write_record(writer, 0));
    CHECK_STATUS(status, wota_write_record(writer, 1));
    CHECK_STATUS(status, wota_write_symbol(writer, WOTA_NULL));
    CHECK_STATUS(status, wota_write_symbol(writer, WOTA_PRIVATE));
    CHECK_STATUS(status, wota_write_symbol(writer, WOTA_SYSTEM));
    CHECK_STATUS(status, wota_write_blob(writer, b));
    CHECK_STATUS(status, wota_write_blob(writer, stone));
    CHECK_STATUS(status, wota_write_blob_copy(writer, stone));
    CHECK_STATUS(status, wota_write_blob_bytes(writer, (const uint8_t *)"a", 8));
    CHECK_EQUAL(1, blob_refcount(stone));
    blob_destroy(b);
    blob_destroy(stone);
}

static void too_many(wota_writer *writer)
{
    CHECK_OK(wota_write_integer(writer, 1));
    all_refused(writer, DRYSTONE_MALFORMED, true);
    CHECK_WRITTEN(writer, 0x100);
    CHECK_OK(wota_write_array(writer, 0));
    all_refused(writer, DRYSTONE_MALFORMED, true);
    CHECK_WRITTEN(writer, 0x2);
    CHECK_OK(wota_write_array(writer, 1));
    CHECK_OK(wota_write_record(writer, 1));
    CHECK_OK(wota_write_text(writer, "a", 1));
    CHECK_OK(wota_write_text(writer, "b", 1));
    all_refused(writer, DRYSTONE_MALFORMED, true);
    CHECK_WRITTEN(writer, 0x102, 0x103, 0x105, 0x6100000000, 0x105, 0x6200000000);
}

static void keys_are_texts(wota_writer *writer)
{
    CHECK_OK(wota_write_record(writer, 2));
    all_refused(writer, DRYSTONE_MALFORMED, false);
    CHECK_OK(wota_write_text(writer, "a", 1));
    CHECK_OK(wota_write_record(writer, 0));
    all_refused(writer, DRYSTONE_MALFORMED, false);
    CHECK_OK(wota_write_text(writer, "b", 1));
    CHECK_OK(wota_write_integer(writer, 2));
    CHECK_WRITTEN(writer, 0x203, 0x105, 0x6100000000, 0x3, 0x105, 0x6200000000, 0x200);
}

static void counts_fit_the_field(wota_writer *writer)
{
    CHECK_OK(wota_write_array(writer, 1));
    CHECK(wota_write_array(writer, UINT64_C(1) << 56) != DRYSTONE_OK);
    CHECK(wota_write_array(writer, UINT64_MAX) != DRYSTONE_OK);
    CHECK(wota_write_record(writer, UINT64_C(1) << 56) != DRYSTONE_OK);
    CHECK(wota_write_record(writer, UINT64_MAX) != DRYSTONE_OK);
    CHECK_OK(wota_write_integer(writer, 1));
    CHECK_WRITTEN(writer, 0x102, 0x100);
}

static void symbols(wota_writer *writer)
{
    blob *message;
    CHECK_OK(wota_write_symbol(writer, WOTA_NULL));
    CHECK_WRITTEN(writer, 0x7);
    CHECK_OK(wota_write_symbol(writer, WOTA_FALSE));
    CHECK_WRITTEN(writer, 0x207);
    CHECK_OK(wota_write_symbol(writer, WOTA_TRUE));
    CHECK_WRITTEN(writer, 0x307);

    static const int32_t unknown[] = {1, 4, 5, 6, 7, 10, 11, 255, 256 + 8, -1, INT32_MAX, INT32_MIN};
    CHECK_OK(wota_write_array(writer, 2));
    for (size_t place = 0; place < sizeof unknown / sizeof unknown[0]; place += 1)
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_write_symbol(writer, unknown[place]));

    /* private needs one value, system one record, and each pair is one element. */
    CHECK_OK(wota_write_symbol(writer, WOTA_PRIVATE));
    CHECK_STATUS(DRYSTONE_TRUNCATED, wota_writer_finish(writer, &message));
    CHECK_OK(wota_write_integer(writer, 1));
    CHECK_OK(wota_write_symbol(writer, WOTA_SYSTEM));
    CHECK_STATUS(DRYSTONE_TRUNCATED, wota_writer_finish(writer, &message));
    CHECK_STATUS(DRYSTONE_MALFORMED, wota_write_integer(writer, 1));
    CHECK_STATUS(DRYSTONE_MALFORMED, wota_write_text(writer, "a", 1));
    CHECK_STATUS(DRYSTONE_MALFORMED, wota_write_array(writer, 0));
    CHECK_STATUS(DRYSTONE_MALFORMED, wota_write_symbol(writer, WOTA_NULL));
    CHECK_STATUS(DRYSTONE_MALFORMED, wota_write_symbol(writer, WOTA_PRIVATE));
    CHECK_STATUS(DRYSTONE_MALFORMED, wota_write_symbol(writer, WOTA_SYSTEM));
    CHECK_OK(wota_write_record(writer, 0));
    CHECK_WRITTEN(writer, 0x202, 0x807, 0x100, 0x907, 0x3);

    CHECK_OK(wota_write_symbol(writer, WOTA_PRIVATE));
    CHECK_OK(wota_write_symbol(writer, WOTA_SYSTEM));
    CHECK_OK(wota_write_record(writer, 1));
    CHECK_OK(wota_write_text(writer, "a", 1));
    CHECK_OK(wota_write_symbol(writer, WOTA_PRIVATE));
    CHECK_OK(wota_write_symbol(writer, WOTA_NULL));
    CHECK_WRITTEN(writer, 0x807, 0x907, 0x103, 0x105, 0x6100000000, 0x807, 0x7);
}

static void depth(wota_writer *writer)
{
    static uint64_t words[513];
    for (int records = 0; records < 2; records += 1) {
        for (int level = 0; level < 512; level += 1) {
            if (records == 1 && level > 0)
                CHECK_OK(wota_write_text(writer, "", 0));
            CHECK_OK(records == 1 ? wota_write_record(writer, 1) : wota_write_array(writer, 1));
        }
        if (records == 1)
            CHECK_OK(wota_write_text(writer, "", 0));
        CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, wota_write_array(writer, 1));
        CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, wota_write_record(writer, 1));
        CHECK_OK(wota_write_integer(writer, 9));
        blob *message = finish(writer);
        for (size_t place = 0; place < 512; place += 1)
            words[place] = 0x102;
        words[512] = 0x900;
        if (records == 0)
            check_words(message, words, 513);
        blob_destroy(message);
    }

    /* A message records its own depth, not that of earlier content of the writer: readers compare it. */
    wota_limits limits = {.struct_size = sizeof limits};
    wota_reader reader;
    CHECK_OK(wota_write_array(writer, 2));
    CHECK_OK(wota_write_symbol(writer, WOTA_PRIVATE));
    CHECK_OK(wota_write_array(writer, 0));
    CHECK_OK(wota_write_integer(writer, 1));
    blob *shallow = finish(writer);
    limits.max_depth = 3;
    CHECK_OK(wota_reader_init(&reader, shallow, &limits));
    limits.max_depth = 2;
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, wota_reader_init(&reader, shallow, &limits));
    blob_destroy(shallow);
}

static void blobs(wota_writer *writer)
{
    /* Bits beyond the copied length are not written. */
    static const uint8_t ones[9] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    CHECK_OK(wota_write_blob_bytes(writer, ones, 65));
    CHECK_WRITTEN(writer, 0x4104, UINT64_MAX, UINT64_C(1) << 63);
    CHECK_OK(wota_write_blob_bytes(writer, ones, 1));
    CHECK_WRITTEN(writer, 0x104, UINT64_C(1) << 63);
    CHECK_OK(wota_write_blob_bytes(writer, NULL, 0));
    CHECK_WRITTEN(writer, 0x4);
    CHECK(wota_write_blob_bytes(writer, ones, SIZE_MAX) != DRYSTONE_OK);

    static const uint8_t pebble[4] = {0xF0, 0xE3, 0x20, 0x80};
    blob *stone = stone_of(pebble, sizeof pebble);
    blob *slice = NULL;
    CHECK_OK(blob_slice(stone, 0, 25, &slice));
    CHECK_OK(wota_write_blob_copy(writer, slice));
    CHECK_WRITTEN(writer, 0x1904, 0xF0E3208000000000);
    CHECK_EQUAL(1, blob_refcount(slice));

    /* An antestone is copied: later changes to it do not matter. */
    blob *antestone = blob_from_bytes(pebble, 1);
    CHECK_OK(wota_write_array(writer, 2));
    CHECK_OK(wota_write_blob(writer, antestone));
    CHECK_EQUAL(1, blob_refcount(antestone));
    CHECK_OK(blob_write_bytes(antestone, ones, 8));
    CHECK_OK(wota_write_blob_copy(writer, antestone));
    CHECK_OK(blob_make_stone(antestone));
    CHECK_WRITTEN(writer, 0x202, 0x804, 0xF000000000000000, 0x4804, 0xF0FFFFFFFFFFFFFF, 0xFF00000000000000);
    blob_destroy(antestone);
    blob_destroy(slice);
    blob_destroy(stone);
}

static void stones_by_reference(wota_writer *writer)
{
    blob *first = stone_of("first", 5);
    blob *second = stone_of("second", 6);
    CHECK_OK(wota_write_array(writer, 3));
    CHECK_OK(wota_write_blob(writer, first));
    CHECK_OK(wota_write_blob(writer, second));
    CHECK_OK(wota_write_blob(writer, first));
    CHECK_EQUAL(3, blob_refcount(first));
    CHECK_EQUAL(2, blob_refcount(second));
    blob *message = finish(writer);
    static const uint64_t words[] = {0x302, 40 << 8 | 8, 0, 48 << 8 | 8, 1, 40 << 8 | 8, 2};
    check_words(message, words, 7);
    CHECK_EQUAL(3, wota_held_count(message));
    CHECK_EQUAL(3, blob_refcount(first));
    const blob *whole = NULL;
    CHECK_EQUAL(7 * 8 + 5 + 6 + 5, blob_kept_bytes(message, &whole));
    CHECK(whole == message);

    /* A message is a stone too, and is written to another by reference. */
    CHECK_OK(wota_write_blob(writer, message));
    blob *outer = finish(writer);
    check_words(outer, WORDS(7 * 64 << 8 | 8, 0), 2);
    CHECK_EQUAL(1, wota_held_count(outer));
    CHECK_EQUAL(2 * 8 + 7 * 8 + 5 + 6 + 5, blob_kept_bytes(outer, NULL));
    blob_destroy(message);
    CHECK_EQUAL(3, blob_refcount(first));
    blob_destroy(outer);
    CHECK_EQUAL(1, blob_refcount(first));
    CHECK_EQUAL(1, blob_refcount(second));

    /* A writer that is reset or freed drops its stones; a new value starts at index 0. */
    CHECK_OK(wota_write_array(writer, 2));
    CHECK_OK(wota_write_blob(writer, first));
    wota_writer_reset(writer);
    CHECK_EQUAL(1, blob_refcount(first));
    CHECK_OK(wota_write_blob(writer, second));
    message = finish(writer);
    check_words(message, WORDS(48 << 8 | 8, 0), 2);
    blob_destroy(message);
    wota_writer *other = new_writer();
    CHECK_OK(wota_write_array(other, 2));
    CHECK_OK(wota_write_blob(other, first));
    CHECK_EQUAL(2, blob_refcount(first));
    wota_writer_free(other);
    CHECK_EQUAL(1, blob_refcount(first));

    /* The message alone keeps its stones alive. */
    CHECK_OK(wota_write_blob(writer, first));
    message = finish(writer);
    size_t alive = drystone_blobs_alive();
    blob_destroy(first);
    CHECK_EQUAL(alive, drystone_blobs_alive());
    blob_destroy(message);
    CHECK_EQUAL(alive - 2, drystone_blobs_alive());
    blob_destroy(second);
}

static void dialects(void)
{
    wota_writer *untouched = (wota_writer *)(uintptr_t)0x5A5A;
    wota_writer *writer = untouched;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_writer_new(WOTA_NEAREST, &writer));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_writer_new(2, &writer));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_writer_new(-1, &writer));
    CHECK(writer == untouched);
}

static void reuse(wota_writer *writer)
{
    /* A finished message is independent: the writer's next content does not change it. */
    CHECK_OK(wota_write_text(writer, "the first message", 17));
    blob *first = finish(writer);
    CHECK_OK(wota_write_text(writer, "THE OTHER MESSAGE", 17));
    blob *second = finish(writer);
    CHECK(!blob_equal(first, second));
    CHECK_OK(wota_write_text(writer, "the first message", 17));
    blob *third = finish(writer);
    CHECK(blob_equal(first, third));
    blob_destroy(first);
    blob_destroy(second);
    blob_destroy(third);

    size_t count = test_size(100000, 2000);
    CHECK_OK(wota_write_array(writer, count));
    for (size_t place = 0; place < count; place += 1)
        CHECK_OK(wota_write_integer(writer, (int64_t)place));
    blob *large = finish(writer);
    CHECK_EQUAL((count + 1) * 64, blob_length_bits(large));
    CHECK_OK(wota_write_integer(writer, 1));
    CHECK_WRITTEN(writer, 0x100);
    blob_destroy(large);
}

int main(void)
{
    wota_writer *writer = new_writer();
    integers(writer);
    numbers(writer);
    texts(writer);
    refused_texts(writer);
    containers(writer);
    too_few(writer);
    too_many(writer);
    keys_are_texts(writer);
    counts_fit_the_field(writer);
    symbols(writer);
    depth(writer);
    blobs(writer);
    stones_by_reference(writer);
    dialects();
    reuse(writer);
    wota_writer_free(writer);
    return test_end("wota_write");
}
