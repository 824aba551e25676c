/* Every vector of vectors/nota.json: its bytes are checked, read, and converted to a message and back; its value is
 * written. */
#define FORM(name) nota_##name
#define FORM_UNIT 1
#include "vector_values.h"

static blob *const untouched = (blob *)(uintptr_t)0x5A5A;

static void check_bytes(const uint8_t *expected, size_t count, blob *actual)
{
    CHECK(blob_is_stone(actual) && !wota_is_message(actual));
    CHECK_EQUAL(count * 8, blob_length_bits(actual));
    CHECK_BYTES(expected, blob_data(actual), count);
    blob_destroy(actual);
}

static void valid_vector(nota_writer *writer, const struct vector *vector)
{
    nota_reader reader;
    blob *message = NULL;
    blob *bytes = NULL;
    size_t offset = 12345;
    CHECK_OK(nota_validate(vector->bytes, vector->count, vector->limits, &offset));
    CHECK_EQUAL(12345, offset);
    CHECK_OK(nota_reader_init(&reader, vector->bytes, vector->count, vector->limits));
    read_through(&reader, vector);

    CHECK_OK(nota_to_message(vector->bytes, vector->count, vector->limits, &message));
    CHECK(wota_is_message(message));
    CHECK_EQUAL(0, wota_held_count(message));
    CHECK_OK(nota_from_message(message, &bytes));
    blob_destroy(message);
    check_bytes(vector->written, vector->written_count, bytes);

    write_value(writer, vector->description);
    const cJSON *nested = member(vector->description, "nested_arrays");
    if (nested != NULL && nested->valueint > 512) {
        nota_writer_reset(writer);
        return;
    }
    CHECK_OK(nota_writer_finish(writer, &bytes));
    check_bytes(vector->written, vector->written_count, bytes);
}

static void invalid_vector(const struct vector *vector)
{
    nota_reader reader;
    blob *message = untouched;
    size_t offset = SIZE_MAX;
    CHECK_STATUS(vector->status, nota_validate(vector->bytes, vector->count, vector->limits, &offset));
    CHECK(offset <= vector->count);
    CHECK_STATUS(vector->status, nota_validate(vector->bytes, vector->count, vector->limits, NULL));
    CHECK_STATUS(vector->status, nota_to_message(vector->bytes, vector->count, vector->limits, &message));
    CHECK(message == untouched);
    CHECK_STATUS(vector->status, nota_reader_init(&reader, vector->bytes, vector->count, vector->limits));
}

int main(int count, char **arguments)
{
    struct vector_file file;
    nota_writer *writer = NULL;
    CHECK_EQUAL(2, count);
    vector_file_load(&file, arguments[1]);
    CHECK_OK(nota_writer_new(&writer));
    for (size_t place = 0; place < file.count; place += 1) {
        test_case = file.vectors[place].name;
        if (file.vectors[place].valid)
            valid_vector(writer, &file.vectors[place]);
        else
            invalid_vector(&file.vectors[place]);
    }
    test_case = "";
    nota_writer_free(writer);
    vector_file_free(&file);
    return test_end("nota_vectors");
}
