/* Every vector of vectors/blob.json: the fields that are written, the resulting bits, and the reads. */
#include "test.h"
#include "vector_file.h"

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static size_t number_at(const cJSON *list, int place)
{
    const cJSON *number = cJSON_GetArrayItem(list, place);
    CHECK(cJSON_IsNumber(number));
    return (size_t)number->valuedouble;
}

static int64_t integer_of(const cJSON *text)
{
    CHECK(cJSON_IsString(text));
    return strtoll(text->valuestring, NULL, 10);
}

static int64_t word_of(const cJSON *text)
{
    CHECK(cJSON_IsString(text));
    return (int64_t)strtoull(text->valuestring, NULL, 16);
}

static drystone_status status_of(const cJSON *part)
{
    const cJSON *status = member(part, "status");
    return status == NULL ? DRYSTONE_OK : vector_status(test_case, status->valuestring);
}

static bool bit_at(const blob *b, size_t place) { return (blob_data(b)[place / 8] >> (7 - place % 8) & 1) != 0; }

static void check_bits(const blob *b, const char *expected)
{
    CHECK_EQUAL(strlen(expected), blob_length_bits(b));
    for (size_t place = 0; expected[place] != '\0'; place += 1)
        CHECK(bit_at(b, place) == (expected[place] == '1'));
}

static blob *blob_of_bits(const char *bits)
{
    blob *b = blob_new(0);
    CHECK(b != NULL);
    for (; *bits != '\0'; bits += 1)
        CHECK_OK(blob_write_bit(b, *bits == '1'));
    return b;
}

static drystone_status write_one(blob *b, const cJSON *write)
{
    const cJSON *part;
    drystone_status status;
    if ((part = member(write, "bit")) != NULL)
        return blob_write_bit(b, cJSON_IsTrue(part));
    if ((part = member(write, "fit")) != NULL)
        return blob_write_fit(b, integer_of(cJSON_GetArrayItem(part, 0)), (uint32_t)number_at(part, 1));
    if ((part = member(write, "kim")) != NULL)
        return blob_write_kim(b, integer_of(part));
    if ((part = member(write, "dec64")) != NULL)
        return blob_write_dec64(b, word_of(part));
    if ((part = member(write, "text")) != NULL)
        return blob_write_text(b, part->valuestring, strlen(part->valuestring));
    if ((part = member(write, "self")) != NULL)
        return blob_write_blob(b, b);
    if ((part = member(write, "pad")) != NULL)
        return blob_write_pad(b, (size_t)part->valuedouble);
    if ((part = member(write, "blob_bits")) != NULL) {
        blob *other = blob_of_bits(part->valuestring);
        status = blob_write_blob(b, other);
        blob_destroy(other);
        return status;
    }
    size_t count = 0;
    bool text = (part = member(write, "text_bytes")) != NULL;
    if (!text)
        part = member(write, "bytes");
    CHECK(part != NULL);
    uint8_t *bytes = vector_bytes(test_case, part, &count);
    status = text ? blob_write_text(b, (const char *)bytes, count) : blob_write_bytes(b, bytes, count);
    free(bytes);
    return status;
}

static void read_text(const blob *b, const cJSON *read)
{
    size_t from = (size_t)member(read, "text")->valuedouble;
    size_t length = 77;
    size_t bits = 78;
    drystone_status status = status_of(read);
    CHECK_STATUS(status, blob_read_text(b, from, NULL, 0, &length, &bits));
    if (status != DRYSTONE_OK) {
        char buffer[8] = "kept";
        CHECK_STATUS(status, blob_read_text(b, from, buffer, sizeof buffer, &length, &bits));
        CHECK(length == 77 && bits == 78 && strcmp(buffer, "kept") == 0);
        return;
    }
    size_t count = 0;
    const cJSON *digits = member(read, "gives_bytes");
    uint8_t *bytes = NULL;
    const char *expected;
    if (digits != NULL) {
        bytes = vector_bytes(test_case, digits, &count);
        expected = (const char *)bytes;
    } else {
        expected = member(read, "gives")->valuestring;
        count = strlen(expected);
    }
    CHECK_EQUAL(count, length);
    CHECK_EQUAL((size_t)member(read, "bits")->valuedouble, bits);
    char *buffer = malloc(count + 1);
    CHECK(buffer != NULL);
    /* A capacity one byte too small; capacity 0 returns only the lengths. */
    if (count > 1)
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, blob_read_text(b, from, buffer, count - 1, &length, &bits));
    CHECK_OK(blob_read_text(b, from, buffer, count, &length, &bits));
    CHECK_EQUAL(count, length);
    CHECK_BYTES(expected, buffer, count);
    free(buffer);
    free(bytes);
}

static void read_one(blob *b, const cJSON *read)
{
    const cJSON *part;
    const cJSON *gives = member(read, "gives");
    drystone_status status = status_of(read);
    int64_t value = 0x5A5A5A;
    bool truth = false;
    size_t bits = 0x5A5A;
    blob *slice = NULL;
    blob *copy = NULL;
    if ((part = member(read, "bit")) != NULL) {
        CHECK_STATUS(status, blob_read_bit(b, (size_t)part->valuedouble, &truth));
        CHECK(truth == cJSON_IsTrue(gives));
    } else if ((part = member(read, "fit")) != NULL) {
        CHECK_STATUS(status, blob_read_fit(b, number_at(part, 0), (uint32_t)number_at(part, 1), &value));
        CHECK_EQUAL(gives == NULL ? 0x5A5A5A : integer_of(gives), value);
    } else if ((part = member(read, "kim")) != NULL) {
        CHECK_STATUS(status, blob_read_kim(b, (size_t)part->valuedouble, &value, &bits));
        CHECK_EQUAL(gives == NULL ? 0x5A5A5A : integer_of(gives), value);
        CHECK_EQUAL(gives == NULL ? 0x5A5A : (size_t)member(read, "bits")->valuedouble, bits);
    } else if ((part = member(read, "dec64")) != NULL) {
        CHECK_STATUS(status, blob_read_dec64(b, (size_t)part->valuedouble, &value));
        CHECK_EQUAL(gives == NULL ? 0x5A5A5A : word_of(gives), value);
    } else if ((part = member(read, "is_pad")) != NULL) {
        CHECK_STATUS(status, blob_is_pad(b, number_at(part, 0), number_at(part, 1), &truth));
        CHECK(truth == cJSON_IsTrue(gives));
    } else if ((part = member(read, "blob")) != NULL) {
        CHECK_STATUS(status, blob_slice(b, number_at(part, 0), number_at(part, 1), &slice));
        CHECK_STATUS(status, blob_copy(b, number_at(part, 0), number_at(part, 1), &copy));
        if (status == DRYSTONE_OK) {
            check_bits(slice, gives->valuestring);
            check_bits(copy, gives->valuestring);
        }
        blob_destroy(slice);
        blob_destroy(copy);
    } else {
        read_text(b, read);
    }
}

/* The fields, in a blob that has the capacity or has to grow. */
static blob *write_all(const cJSON *vector, size_t capacity)
{
    const cJSON *write;
    blob *b = blob_with_capacity(capacity);
    CHECK(b != NULL);
    cJSON_ArrayForEach(write, member(vector, "writes"))
    {
        size_t before = blob_length_bits(b);
        drystone_status status = status_of(write);
        CHECK_STATUS(status, write_one(b, write));
        if (status != DRYSTONE_OK)
            CHECK_EQUAL(before, blob_length_bits(b));
    }
    check_bits(b, member(vector, "bits")->valuestring);
    return b;
}

static void every_read(blob *b, const cJSON *vector)
{
    const cJSON *read;
    cJSON_ArrayForEach(read, member(vector, "reads")) read_one(b, read);
}

static void every_vector(const cJSON *vector)
{
    test_case = member(vector, "name")->valuestring;
    blob *roomy = write_all(vector, 100000);
    blob *b = write_all(vector, 0);
    CHECK(blob_equal(roomy, b));
    blob_destroy(roomy);
    CHECK_OK(blob_make_stone(b));
    every_read(b, vector);

    /* The same bits at the start of a longer blob, shared by a slice: the bits after the slice are not read. */
    size_t bits = blob_length_bits(b);
    blob *longer = NULL;
    blob *slice = NULL;
    CHECK_OK(blob_copy(b, 0, bits, &longer));
    CHECK_OK(blob_write_bytes(longer, (const uint8_t *)"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 9));
    CHECK_OK(blob_make_stone(longer));
    CHECK_OK(blob_slice(longer, 0, bits, &slice));
    every_read(slice, vector);
    blob_destroy(slice);
    blob_destroy(longer);
    blob_destroy(b);
}

int main(int count, char **arguments)
{
    CHECK_EQUAL(2, count);
    cJSON *root = vector_json(arguments[1]);
    const cJSON *vector;
    cJSON_ArrayForEach(vector, vector_section(root, "vectors")) every_vector(vector);
    test_case = "";
    cJSON_Delete(root);
    return test_end("blob_vectors");
}
