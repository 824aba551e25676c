/* Every vector of vectors/kim.json and vectors/dec64.json. Kim is tested through the fields of blobs, and through
 * Nota texts where the number is a character. */
#include "test.h"
#include "vector_file.h"

static const cJSON *member(const cJSON *object, const char *name)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, name);
    CHECK(found != NULL);
    return found;
}

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(member(object, name));
    CHECK(text != NULL);
    return text;
}

static uint64_t word_of(const cJSON *object, const char *name)
{
    CHECK_EQUAL(16, strlen(text_of(object, name)));
    return strtoull(text_of(object, name), NULL, 16);
}

/* Kim */

/* A stone of that many zero bits, followed by the bytes. */
static blob *stone_at(size_t odd, const uint8_t *bytes, size_t count)
{
    blob *b = blob_new(odd);
    CHECK(b != NULL);
    CHECK_OK(blob_write_bytes(b, bytes, count));
    CHECK_OK(blob_make_stone(b));
    return b;
}

static void kim_field(const uint8_t *bytes, size_t count, int64_t value)
{
    for (size_t odd = 0; odd < 9; odd += 1) {
        blob *expected = stone_at(odd, bytes, count);
        blob *written = blob_new(odd);
        int64_t read = ~value;
        size_t bits = 0;
        CHECK_OK(blob_write_kim(written, value));
        CHECK(blob_equal(expected, written));
        CHECK_OK(blob_read_kim(expected, odd, &read, &bits));
        CHECK_EQUAL(value, read);
        CHECK_EQUAL(count * 8, bits);
        blob_destroy(expected);
        blob_destroy(written);
    }
}

static drystone_status nota_of_character(const uint8_t *bytes, size_t count, uint8_t *nota)
{
    nota[0] = 0x11;
    if (count != 0)
        memcpy(nota + 1, bytes, count);
    return nota_validate(nota, count + 1, NULL, NULL);
}

static void kim_valid(const cJSON *vector)
{
    size_t count = 0;
    uint8_t nota[32];
    test_case = text_of(vector, "name");
    uint8_t *bytes = vector_bytes(test_case, member(vector, "bytes"), &count);
    const char *form = text_of(vector, "form");
    const char *digits = text_of(vector, "integer");
    CHECK(count < sizeof nota);
    if (strcmp(form, "unsigned") != 0)
        kim_field(bytes, count, strtoll(digits, NULL, 10));
    if (strcmp(form, "signed") != 0) {
        bool character = strtoull(digits, NULL, 10) <= 0x10FFFF;
        CHECK_STATUS(character ? DRYSTONE_OK : DRYSTONE_MALFORMED, nota_of_character(bytes, count, nota));
    }
    free(bytes);
}

static void kim_invalid(const cJSON *vector)
{
    size_t count = 0;
    uint8_t nota[32];
    test_case = text_of(vector, "name");
    uint8_t *bytes = vector_bytes(test_case, member(vector, "bytes"), &count);
    const char *form = text_of(vector, "form");
    drystone_status status = vector_status(test_case, text_of(vector, "status"));
    CHECK(count < sizeof nota);
    if (strcmp(form, "unsigned") != 0) {
        /* A number that is cut off by the end of a blob is out of range. */
        drystone_status expected = status == DRYSTONE_TRUNCATED ? DRYSTONE_OUT_OF_RANGE : status;
        for (size_t odd = 0; odd < 9; odd += 1) {
            blob *b = stone_at(odd, bytes, count);
            int64_t value = 77;
            size_t bits = 78;
            CHECK_STATUS(expected, blob_read_kim(b, odd, &value, &bits));
            CHECK(value == 77 && bits == 78);
            blob_destroy(b);
        }
    }
    if (strcmp(form, "signed") != 0)
        CHECK_STATUS(status, nota_of_character(bytes, count, nota));
    free(bytes);
}

/* DEC64 */

static void double_to_word(const cJSON *vector)
{
    double value = double_of_bits(word_of(vector, "float_bits"));
    int64_t word = (int64_t)word_of(vector, "dec64");
    bool exact = cJSON_IsTrue(member(vector, "exact"));
    wota_writer *writer = NULL;
    test_case = text_of(vector, "name");
    CHECK_EQUAL(word, dec64_from_double(value));
    CHECK((dec64_to_double(word) == value) == exact);

    CHECK_OK(wota_writer_new(WOTA_DEC64, &writer));
    CHECK_STATUS(exact ? DRYSTONE_OK : DRYSTONE_OUT_OF_RANGE, wota_write_number(writer, value));
    wota_writer_reset(writer);
    drystone_status nearest = word == DEC64_NULL ? DRYSTONE_OUT_OF_RANGE : DRYSTONE_OK;
    CHECK_STATUS(nearest, wota_write_number_nearest(writer, value));
    if (nearest == DRYSTONE_OK) {
        blob *message = finish(writer);
        check_words(message, &(uint64_t){(uint64_t)word}, 1);
        blob_destroy(message);
    }
    wota_writer_free(writer);
}

static bool is_number(int64_t word) { return (word & 0xFF) != 0x80; }

static void word_to_double(const cJSON *vector)
{
    int64_t word = (int64_t)word_of(vector, "dec64");
    test_case = text_of(vector, "name");
    double value = dec64_to_double(word);
    if (is_number(word))
        CHECK_EQUAL(word_of(vector, "float_bits"), bits_of_double(value));
    else
        CHECK(value != value);
}

/* In a block of exactly its size, so that reading one byte more is detected. */
static drystone_status from_text(const char *text, size_t length, int64_t *word)
{
    char *block = malloc(length);
    CHECK(block != NULL || length == 0);
    if (length != 0)
        memcpy(block, text, length);
    drystone_status status = dec64_from_text(block, length, word);
    free(block);
    return status;
}

static void text_to_word(const cJSON *vector)
{
    int64_t word = 0x5A5A;
    const char *text = text_of(vector, "text");
    test_case = text_of(vector, "name");
    CHECK_OK(from_text(text, strlen(text), &word));
    CHECK_EQUAL(word_of(vector, "dec64"), word);
}

static void word_to_text(const cJSON *vector)
{
    int64_t word = (int64_t)word_of(vector, "dec64");
    const char *text = text_of(vector, "text");
    size_t expected = strlen(text);
    test_case = text_of(vector, "name");
    for (size_t capacity = 0; capacity <= 32; capacity += 1) {
        char buffer[32];
        size_t length = 77;
        memset(buffer, '?', sizeof buffer);
        drystone_status status = dec64_to_text(word, buffer, capacity, &length);
        CHECK_STATUS(capacity < expected ? DRYSTONE_OUT_OF_RANGE : DRYSTONE_OK, status);
        CHECK_EQUAL(capacity < expected ? 77 : expected, length);
        if (status == DRYSTONE_OK)
            CHECK_BYTES(text, buffer, expected);
        for (size_t place = status == DRYSTONE_OK ? expected : 0; place < sizeof buffer; place += 1)
            CHECK_EQUAL('?', buffer[place]);
    }
}

static void refused_text(const cJSON *vector)
{
    int64_t word = 0x5A5A;
    size_t length;
    test_case = text_of(vector, "name");
    drystone_status status = vector_status(test_case, text_of(vector, "status"));
    const cJSON *digits = cJSON_GetObjectItemCaseSensitive(vector, "text_bytes");
    if (digits != NULL) {
        uint8_t *bytes = vector_bytes(test_case, digits, &length);
        CHECK_STATUS(status, from_text((const char *)bytes, length, &word));
        free(bytes);
    } else {
        const char *text = text_of(vector, "text");
        CHECK_STATUS(status, from_text(text, strlen(text), &word));
    }
    CHECK_EQUAL(0x5A5A, word);
}

static void each(const cJSON *root, const char *section, void (*check)(const cJSON *vector))
{
    const cJSON *vector;
    cJSON_ArrayForEach(vector, vector_section(root, section)) check(vector);
    test_case = "";
}

int main(int count, char **arguments)
{
    CHECK_EQUAL(3, count);
    cJSON *kim = vector_json(arguments[1]);
    each(kim, "valid", kim_valid);
    each(kim, "invalid", kim_invalid);
    cJSON_Delete(kim);
    cJSON *dec64 = vector_json(arguments[2]);
    each(dec64, "doubles", double_to_word);
    each(dec64, "words", word_to_double);
    each(dec64, "texts", text_to_word);
    each(dec64, "written", word_to_text);
    each(dec64, "refused", refused_text);
    cJSON_Delete(dec64);
    return test_end("number_vectors");
}
