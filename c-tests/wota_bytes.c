/* Untrusted Wota bytes: cut, lengthened, changed, random. Whatever they are, the three ways to read them agree,
 * accepted bytes can be read to the end, and written again they are the same. */
#include "mutation.h"
#include "random.h"

static wota_dialect dialect = WOTA_CLASSIC;

/* Reads every value there is. Arrays and records only open, so the walk needs no stack. */
static void walk(wota_reader *reader, size_t words)
{
    wota_type type;
    for (size_t values = 0;; values += 1) {
        int64_t integer;
        int64_t dec64;
        double number;
        wota_reader again = *reader;
        uint64_t count;
        int32_t symbol;
        size_t length;
        blob *b;
        CHECK(values <= words);
        drystone_status status = wota_read_type(reader, &type);
        if (status == DRYSTONE_END)
            break;
        CHECK_OK(status);
        switch (type) {
        case WOTA_INTEGER:
            CHECK_OK(wota_read_integer(reader, &integer));
            CHECK_STATUS(dialect == WOTA_DEC64 ? DRYSTONE_OK : DRYSTONE_UNSUPPORTED, wota_read_dec64(&again, &dec64));
            break;
        case WOTA_FLOAT:
            CHECK_OK(wota_read_number(reader, &number));
            CHECK_STATUS(dialect == WOTA_DEC64 ? DRYSTONE_OK : DRYSTONE_UNSUPPORTED, wota_read_dec64(&again, &dec64));
            break;
        case WOTA_ARRAY: CHECK_OK(wota_read_array(reader, &count)); break;
        case WOTA_RECORD: CHECK_OK(wota_read_record(reader, &count)); break;
        case WOTA_SYMBOL: CHECK_OK(wota_read_symbol(reader, &symbol)); break;
        case WOTA_BLOB:
            CHECK_OK(wota_read_blob(reader, &b));
            blob_destroy(b);
            break;
        default: {
            CHECK_EQUAL(WOTA_TEXT, type);
            CHECK_OK(wota_read_text(reader, NULL, 0, &length));
            /* Exactly the returned length, so that memory tools detect an extra byte. An empty text still needs a
             * capacity of 1: capacity 0 returns the length and does not move the reader. */
            size_t capacity = length == 0 ? 1 : length;
            char *text = malloc(capacity);
            CHECK(text != NULL);
            CHECK_OK(wota_read_text(reader, text, capacity, &length));
            free(text);
            break;
        }
        }
    }
    CHECK_EQUAL(words, wota_reader_offset(reader));
}

/* Reads the bytes in every way; returns the status that all gave. */
static drystone_status ways_in(const uint8_t *bytes, size_t count, const wota_limits *limits)
{
    blob *untouched = (blob *)(uintptr_t)0x5A5A;
    blob *message = untouched;
    blob *back = NULL;
    wota_reader reader;
    size_t offset = SIZE_MAX;
    drystone_status status = wota_validate(bytes, count, dialect, limits, &offset);
    CHECK_STATUS(status, wota_reader_init_bytes(&reader, bytes, count, dialect, limits));
    CHECK_STATUS(status, wota_from_bytes(bytes, count, dialect, limits, &message));
    if (status != DRYSTONE_OK) {
        CHECK(status == DRYSTONE_MALFORMED || status == DRYSTONE_TRUNCATED || status == DRYSTONE_LIMIT_EXCEEDED ||
              status == DRYSTONE_FOREIGN_REFERENCE);
        CHECK(message == untouched);
        CHECK(offset <= count / 8);
        return status;
    }
    CHECK_EQUAL(0, count % 8);
    walk(&reader, count / 8);
    CHECK_OK(wota_reader_init(&reader, message, limits));
    walk(&reader, count / 8);
    CHECK_OK(wota_to_bytes(message, &back));
    CHECK_EQUAL(count * 8, blob_length_bits(back));
    CHECK_BYTES(bytes, blob_data(back), count);
    blob_destroy(back);
    blob_destroy(message);
    return status;
}

static void lengthened(const struct vector *vector)
{
    if (!vector->valid || vector->limits != NULL)
        return;
    for (size_t more = 1; more <= 17; more += 1) {
        uint8_t *block = malloc(vector->count + more);
        CHECK(block != NULL);
        memcpy(block, vector->bytes, vector->count);
        memset(block + vector->count, 0, more);
        CHECK_STATUS(DRYSTONE_MALFORMED, ways_in(block, vector->count + more, NULL));
        free(block);
    }
}

/* Bytes from a file or a socket may be unaligned. */
static void unaligned(const struct vector *vector)
{
    for (size_t shift = 1; shift < 8; shift += 1) {
        uint8_t *block = malloc(vector->count + shift);
        CHECK(block != NULL);
        if (vector->count != 0)
            memcpy(block + shift, vector->bytes, vector->count);
        CHECK_STATUS(vector->status, ways_in(block + shift, vector->count, vector->limits));
        free(block);
    }
}

/* Words that resemble Wota, with small counts, real types and letters, so that many get far before they fail. */
static void made_up(void)
{
    size_t rounds = test_size(200000, 3000);
    size_t accepted = 0;
    struct random random = random_of(20240229);
    for (size_t round = 0; round < rounds; round += 1) {
        size_t words = random_next(&random) % 12 + 1;
        uint8_t *block = malloc(words * 8);
        CHECK(block != NULL);
        for (size_t place = 0; place < words; place += 1) {
            uint64_t word = dialect == WOTA_CLASSIC ? random_next(&random) % 4 << 8 | random_next(&random) % 10
                                                    : random_next(&random) % 4 << 12 | random_next(&random) % 9 << 8 | 0x80;
            if (dialect == WOTA_DEC64 && random_next(&random) % 4 == 0)
                word = random_next(&random) % 16 << 8 | random_next(&random) % 2 * 0xFF;
            if (random_next(&random) % 4 == 0)
                word = (0x60 + random_next(&random) % 3) << 32 | (random_next(&random) % 2 == 0 ? 0 : 0x61);
            if (random_next(&random) % 16 == 0)
                word = random_next(&random);
            store_word(block + place * 8, word);
        }
        accepted += ways_in(block, words * 8, NULL) == DRYSTONE_OK;
        free(block);
    }
    /* Neither all nor none, or the generator tests nothing. */
    CHECK(accepted > rounds / 100 && accepted < rounds);
}

static void limits(void)
{
    uint8_t bytes[24];
    store_word(bytes, 0x102);
    store_word(bytes + 8, 0x102);
    store_word(bytes + 16, 0x100);
    wota_limits limits = {.struct_size = sizeof limits, .max_depth = 2, .max_words = 3};
    CHECK_OK(ways_in(bytes, sizeof bytes, &limits));
    limits.max_depth = 1;
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, ways_in(bytes, sizeof bytes, &limits));
    limits.max_depth = 2;
    limits.max_words = 2;
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, ways_in(bytes, sizeof bytes, &limits));
    CHECK_OK(ways_in(bytes, sizeof bytes, NULL));

    /* Readers of messages within the process may have limits as well. */
    blob *message = NULL;
    wota_reader reader;
    CHECK_OK(wota_from_bytes(bytes, sizeof bytes, WOTA_CLASSIC, NULL, &message));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, wota_reader_init(&reader, message, &limits));
    limits.max_words = 3;
    CHECK_OK(wota_reader_init(&reader, message, &limits));
    limits.max_depth = 1;
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, wota_reader_init(&reader, message, &limits));
    blob_destroy(message);

    /* A struct of unknown size is refused. */
    limits.max_depth = 2;
    limits.struct_size = 0;
    message = NULL;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_validate(bytes, sizeof bytes, WOTA_CLASSIC, &limits, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_from_bytes(bytes, sizeof bytes, WOTA_CLASSIC, &limits, &message));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT,
                 wota_reader_init_bytes(&reader, bytes, sizeof bytes, WOTA_CLASSIC, &limits));
    CHECK(message == NULL);
}

static void dialects(void)
{
    static const uint8_t zero[8] = {0};
    blob *untouched = (blob *)(uintptr_t)0x5A5A;
    blob *message = untouched;
    wota_reader reader;
    static const struct {
        wota_dialect dialect;
        drystone_status status;
    } cases[] = {{2, DRYSTONE_INVALID_ARGUMENT},
                 {-1, DRYSTONE_INVALID_ARGUMENT},
                 {WOTA_NEAREST, DRYSTONE_INVALID_ARGUMENT},
                 {WOTA_DEC64 | WOTA_NEAREST, DRYSTONE_INVALID_ARGUMENT}};
    for (size_t place = 0; place < sizeof cases / sizeof cases[0]; place += 1) {
        CHECK_STATUS(cases[place].status, wota_validate(zero, 8, cases[place].dialect, NULL, NULL));
        CHECK_STATUS(cases[place].status, wota_from_bytes(zero, 8, cases[place].dialect, NULL, &message));
        CHECK_STATUS(cases[place].status, wota_reader_init_bytes(&reader, zero, 8, cases[place].dialect, NULL));
    }
    CHECK(message == untouched);
    /* In the other dialect the same words are other values, or invalid. */
    uint8_t record[8];
    store_word(record, 0x280);
    CHECK_STATUS(DRYSTONE_MALFORMED, wota_validate(record, 8, WOTA_CLASSIC, NULL, NULL));
    CHECK_OK(wota_validate(record, 8, WOTA_DEC64, NULL, NULL));
    store_word(record, 0x3);
    CHECK_OK(wota_validate(record, 8, WOTA_CLASSIC, NULL, NULL));
    CHECK_OK(wota_reader_init_bytes(&reader, record, 8, WOTA_DEC64, NULL));
    wota_type type = -1;
    CHECK_OK(wota_read_type(&reader, &type));
    CHECK_EQUAL(WOTA_INTEGER, type);
    /* No bytes at NULL. */
    CHECK_STATUS(DRYSTONE_TRUNCATED, ways_in(NULL, 0, NULL));
}

/* Leaving the process: stones become inline blobs, and nothing else changes. */
static void stones_go_inline(void)
{
    static const uint8_t pebble[9] = {0xF0, 0xE3, 0x20, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    blob *whole = stone_of(pebble, sizeof pebble);
    blob *slice = NULL;
    blob *empty = blob_wrap(NULL, 0);
    CHECK_OK(blob_slice(whole, 0, 25, &slice));
    wota_writer *writer = new_writer();
    CHECK_OK(wota_write_array(writer, 5));
    CHECK_OK(wota_write_blob(writer, slice));
    CHECK_OK(wota_write_integer(writer, 1));
    CHECK_OK(wota_write_blob(writer, whole));
    CHECK_OK(wota_write_blob(writer, empty));
    CHECK_OK(wota_write_blob(writer, slice));
    blob *message = finish(writer);
    static const uint64_t expected[] = {0x502,  0x1904, 0xF0E3208000000000, 0x100, 0x4804, 0xF0E320FFFFFFFFFF,
                                        0xFF00000000000000, 0x4, 0x1904, 0xF0E3208000000000};
    blob *bytes = NULL;
    CHECK_OK(wota_to_bytes(message, &bytes));
    CHECK(blob_is_stone(bytes) && !wota_is_message(bytes));
    CHECK_EQUAL(0, wota_held_count(bytes));
    CHECK_EQUAL(sizeof expected * 8, blob_length_bits(bytes));
    for (size_t place = 0; place < sizeof expected / sizeof expected[0]; place += 1)
        CHECK_EQUAL(expected[place], load_word(blob_data(bytes) + place * 8));
    /* The message is unchanged, and holds the same stones. */
    CHECK_EQUAL(4, wota_held_count(message));
    CHECK_OK(ways_in(blob_data(bytes), sizeof expected, NULL));
    blob_destroy(bytes);
    blob_destroy(message);

    /* A message that holds nothing is a stone like any other, its words in the bytes' order... */
    blob *inner = message_of_integer(1);
    message = message_holding(&inner, 1);
    CHECK_OK(wota_to_bytes(message, &bytes));
    CHECK_EQUAL(3 * 64, blob_length_bits(bytes));
    CHECK_EQUAL(0x4004, load_word(blob_data(bytes) + 8));
    blob_destroy(bytes);
    blob_destroy(message);
    blob_destroy(inner);

    /* ...and one that holds stones as its portable bytes. */
    inner = message_holding(&whole, 1);
    message = message_holding(&inner, 1);
    blob *untouched = (blob *)(uintptr_t)0x5A5A;
    bytes = untouched;
    CHECK_OK(wota_to_bytes(message, &bytes));
    blob *inner_bytes = NULL;
    CHECK_OK(wota_to_bytes(inner, &inner_bytes));
    CHECK_EQUAL(blob_length_bits(inner_bytes) + 2 * 64, blob_length_bits(bytes));
    for (size_t place = 0; place < blob_length_bits(inner_bytes) / 8; place += 1)
        CHECK_EQUAL(blob_data(inner_bytes)[place], blob_data(bytes)[16 + (place ^ 7)]);
    blob_destroy(inner_bytes);
    blob_destroy(bytes);
    bytes = untouched;
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_to_bytes(whole, &bytes));
    blob *antestone = blob_new(64);
    CHECK_STATUS(DRYSTONE_NOT_STONE, wota_to_bytes(antestone, &bytes));
    CHECK(bytes == untouched);
    /* The words of a message in memory are refused as bytes from outside: its reference is foreign there. */
    CHECK_STATUS(DRYSTONE_FOREIGN_REFERENCE, ways_in(blob_data(inner), blob_length_bits(inner) / 8, NULL));
    blob_destroy(antestone);
    blob_destroy(inner);
    blob_destroy(message);
    blob_destroy(slice);
    blob_destroy(whole);
    blob_destroy(empty);
    wota_writer_free(writer);
}

/* A writer does not check its caller's keys; bytes that leave the process are checked. */
static void duplicate_keys_stay(void)
{
    blob *bytes = NULL;
    wota_writer *writer = new_writer();
    CHECK_OK(wota_write_record(writer, 2));
    for (int pair = 0; pair < 2; pair += 1) {
        CHECK_OK(wota_write_text(writer, "same", 4));
        CHECK_OK(wota_write_integer(writer, pair));
    }
    blob *message = finish(writer);
    CHECK_STATUS(DRYSTONE_MALFORMED, wota_to_bytes(message, &bytes));
    CHECK(bytes == NULL);
    blob_destroy(message);
    wota_writer_free(writer);
}

static void every_vector(const char *path)
{
    struct vector_file file;
    vector_file_load(&file, path);
    for (size_t place = 0; place < file.count; place += 1) {
        const struct vector *vector = &file.vectors[place];
        test_case = vector->name;
        /* One large vector of 800 KB is enough. */
        if (vector->count > 100000)
            continue;
        cut(vector, test_size(1, 3), ways_in);
        lengthened(vector);
        changed(vector, ways_in);
        unaligned(vector);
    }
    test_case = "";
    vector_file_free(&file);
    made_up();
}

int main(int count, char **arguments)
{
    CHECK_EQUAL(3, count);
    dialect = WOTA_DEC64;
    every_vector(arguments[2]);
    dialect = WOTA_CLASSIC;
    every_vector(arguments[1]);
    limits();
    dialects();
    stones_go_inline();
    duplicate_keys_stay();
    return test_end("wota_bytes");
}
