/* Untrusted Nota bytes: cut, lengthened, changed, random, in pieces. Whatever they are, all ways to read them agree,
 * accepted bytes can be read to the end, and a feeder finds the same end however the pieces are cut. */
#include "mutation.h"
#include "random.h"

static blob *const untouched = (blob *)(uintptr_t)0x5A5A;

/* Reads every value there is. Arrays and records only open, so the walk needs no stack. */
static void walk(nota_reader *reader, size_t end)
{
    wota_type type;
    for (size_t values = 0;; values += 1) {
        int64_t integer;
        double number;
        uint64_t count;
        int32_t symbol;
        size_t length;
        blob *b;
        CHECK(values <= end);
        drystone_status status = nota_read_type(reader, &type);
        if (status == DRYSTONE_END)
            break;
        CHECK_OK(status);
        switch (type) {
        case WOTA_INTEGER: CHECK_OK(nota_read_integer(reader, &integer)); break;
        case WOTA_FLOAT:
            CHECK_OK(nota_read_number(reader, &number));
            CHECK(number - number == 0);
            break;
        case WOTA_ARRAY: CHECK_OK(nota_read_array(reader, &count)); break;
        case WOTA_RECORD: CHECK_OK(nota_read_record(reader, &count)); break;
        case WOTA_SYMBOL: CHECK_OK(nota_read_symbol(reader, &symbol)); break;
        case WOTA_BLOB:
            CHECK_OK(nota_read_blob(reader, &b));
            blob_destroy(b);
            break;
        default: {
            CHECK_EQUAL(WOTA_TEXT, type);
            CHECK_OK(nota_read_text(reader, NULL, 0, &length));
            /* Capacity 0 returns the length and does not move the reader. */
            size_t capacity = length == 0 ? 1 : length;
            char *text = malloc(capacity);
            CHECK(text != NULL);
            CHECK_OK(nota_read_text(reader, text, capacity, &length));
            free(text);
            break;
        }
        }
    }
    CHECK_EQUAL(end, nota_reader_offset(reader));
}

/* An accepted value: read, skipped, and converted through a message to a stable form. */
static void accepted(const uint8_t *bytes, size_t count, const wota_limits *limits, blob *message)
{
    nota_reader reader;
    blob *nota = NULL;
    blob *again = NULL;
    blob *same = NULL;
    CHECK_OK(nota_reader_init(&reader, bytes, count, limits));
    nota_reader skipped = reader;
    walk(&reader, count);
    CHECK_OK(nota_skip(&skipped));
    CHECK_EQUAL(count, nota_reader_offset(&skipped));
    CHECK(wota_is_message(message) && wota_held_count(message) == 0);
    if (limits != NULL)
        CHECK(blob_length_bits(message) / 64 <= limits->max_words);
    CHECK_OK(nota_from_message(message, &nota));
    CHECK_OK(nota_to_message(blob_data(nota), blob_length_bits(nota) / 8, limits, &again));
    CHECK(blob_equal(message, again));
    CHECK_OK(nota_from_message(again, &same));
    CHECK(blob_equal(nota, same));
    blob_destroy(nota);
    blob_destroy(again);
    blob_destroy(same);
}

static drystone_status ways_in(const uint8_t *bytes, size_t count, const wota_limits *limits)
{
    blob *message = untouched;
    nota_reader reader;
    size_t offset = SIZE_MAX;
    drystone_status status = nota_validate(bytes, count, limits, &offset);
    CHECK_STATUS(status, nota_reader_init(&reader, bytes, count, limits));
    CHECK_STATUS(status, nota_to_message(bytes, count, limits, &message));
    if (status == DRYSTONE_OK) {
        accepted(bytes, count, limits, message);
        blob_destroy(message);
        return status;
    }
    CHECK(status == DRYSTONE_MALFORMED || status == DRYSTONE_TRUNCATED || status == DRYSTONE_LIMIT_EXCEEDED);
    CHECK(message == untouched);
    CHECK(offset <= count);
    return status;
}

/* Feeds the bytes in pieces of this size: returns the status of the last piece, and where the value ends. */
static drystone_status feed(nota_feeder *feeder, const uint8_t *bytes, size_t count, size_t piece, size_t *end)
{
    drystone_status status = DRYSTONE_TRUNCATED;
    *end = 0;
    while (status == DRYSTONE_TRUNCATED && *end < count) {
        size_t now = count - *end < piece ? count - *end : piece;
        size_t taken = SIZE_MAX;
        /* A block of its own, so that reads beyond the piece are detected. */
        uint8_t *block = malloc(now);
        CHECK(block != NULL);
        memcpy(block, bytes + *end, now);
        status = nota_feeder_feed(feeder, block, now, &taken);
        free(block);
        if (status != DRYSTONE_OK && status != DRYSTONE_TRUNCATED)
            return status;
        CHECK(taken <= now && (status == DRYSTONE_OK || taken == now));
        *end += taken;
    }
    return status;
}

static void pieces(const uint8_t *bytes, size_t count, const wota_limits *limits, const size_t *sizes,
                   size_t size_count)
{
    drystone_status whole = nota_validate(bytes, count, limits, NULL);
    drystone_status first = DRYSTONE_OK;
    size_t first_end = 0;
    nota_feeder *feeder = NULL;
    CHECK_OK(nota_feeder_new(NULL, &feeder));
    for (size_t place = 0; place < size_count; place += 1) {
        size_t end = 0;
        nota_feeder_reset(feeder);
        drystone_status status = feed(feeder, bytes, count, sizes[place], &end);
        if (place == 0) {
            first = status;
            first_end = end;
        }
        CHECK_STATUS(first, status);
        if (status != DRYSTONE_OK) {
            /* A feeder only looks for the end, so it may accept bytes that a complete check refuses. */
            CHECK(whole != DRYSTONE_OK);
            CHECK(status == DRYSTONE_TRUNCATED || status == DRYSTONE_MALFORMED || status == DRYSTONE_LIMIT_EXCEEDED);
            continue;
        }
        CHECK_EQUAL(first_end, end);
        const uint8_t *collected = NULL;
        size_t collected_count = 0;
        blob *message = untouched;
        CHECK_OK(nota_feeder_bytes(feeder, &collected, &collected_count));
        CHECK_EQUAL(end, collected_count);
        CHECK_BYTES(bytes, collected, end);
        drystone_status expected = nota_validate(bytes, end, limits, NULL);
        CHECK_STATUS(expected, nota_feeder_take(feeder, limits, &message));
        if (whole == DRYSTONE_OK)
            CHECK_EQUAL(count, end);
        if (expected == DRYSTONE_OK)
            blob_destroy(message);
        else
            CHECK(message == untouched);
    }
    nota_feeder_free(feeder);
}

static void lengthened(const struct vector *vector)
{
    if (!vector->valid || vector->limits != NULL)
        return;
    for (unsigned more = 0; more <= 0xFF; more += 1) {
        uint8_t *block = malloc(vector->count + 1);
        CHECK(block != NULL);
        memcpy(block, vector->bytes, vector->count);
        block[vector->count] = (uint8_t)more;
        CHECK_STATUS(DRYSTONE_MALFORMED, ways_in(block, vector->count + 1, NULL));
        free(block);
        if (vector->count > 64)
            more += 60;
    }
}

static drystone_status ways_in_and_pieces(const uint8_t *bytes, size_t count, const wota_limits *limits)
{
    static const size_t sizes[] = {SIZE_MAX, 1, 3};
    if (count <= 64)
        pieces(bytes, count, limits, sizes, 3);
    return ways_in(bytes, count, limits);
}

/* Every size of piece for short values, some for long ones; also followed by the next value. */
static void in_pieces(const struct vector *vector)
{
    static const size_t some[] = {SIZE_MAX, 1, 2, 3, 7, 10, 11, 12, 64, 1000};
    size_t sizes[64];
    size_t size_count = vector->count < 60 ? vector->count + 2 : sizeof some / sizeof some[0];
    for (size_t place = 0; place < size_count; place += 1)
        sizes[place] = vector->count >= 60 ? some[place] : place == 0 ? SIZE_MAX : place;
    pieces(vector->bytes, vector->count, vector->limits, sizes, size_count);
    if (!vector->valid)
        return;
    uint8_t *block = malloc(vector->count + 3);
    CHECK(block != NULL);
    memcpy(block, vector->bytes, vector->count);
    memcpy(block + vector->count, "\x60\xFF\x21", 3);
    pieces(block, vector->count + 3, vector->limits, sizes, size_count);
    free(block);
}

/* Bytes that resemble Nota, with small counts and letters, so that many get far before they fail. */
static void made_up(void)
{
    static const size_t sizes[] = {SIZE_MAX, 1, 5};
    static const uint8_t heads[] = {0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x60, 0x11};
    size_t rounds = test_size(200000, 2000);
    size_t good = 0;
    struct random random = random_of(20240229);
    for (size_t round = 0; round < rounds; round += 1) {
        size_t count = random_next(&random) % 20 + 1;
        uint8_t *block = malloc(count);
        CHECK(block != NULL);
        for (size_t place = 0; place < count; place += 1) {
            block[place] = (uint8_t)(heads[random_next(&random) % sizeof heads] | random_next(&random) % 4);
            if (random_next(&random) % 8 == 0)
                block[place] = (uint8_t)random_next(&random);
        }
        good += ways_in(block, count, NULL) == DRYSTONE_OK;
        pieces(block, count, NULL, sizes, 3);
        free(block);
    }
    /* Neither all nor none, or the generator tests nothing. */
    CHECK(good > rounds / 200 && good < rounds);
}

int main(int count, char **arguments)
{
    struct vector_file file;
    CHECK_EQUAL(2, count);
    vector_file_load(&file, arguments[1]);
    for (size_t place = 0; place < file.count; place += 1) {
        const struct vector *vector = &file.vectors[place];
        test_case = vector->name;
        in_pieces(vector);
        /* One large vector of 100 KB is enough. */
        if (vector->count > 10000)
            continue;
        cut(vector, 1, ways_in);
        lengthened(vector);
        changed(vector, ways_in_and_pieces);
    }
    test_case = "";
    vector_file_free(&file);
    made_up();
    return test_end("nota_bytes");
}
