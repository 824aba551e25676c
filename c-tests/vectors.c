/* Every vector of vectors/wota.json and vectors/wota-dec64.json: its bytes are checked and read, its value is
 * written. */
#define FORM(name) wota_##name
#define FORM_UNIT 8
#define FORM_DEC64
#include "vector_values.h"

static wota_dialect dialect;

static void valid_vector(wota_writer *writer, const struct vector *vector)
{
    wota_reader reader;
    blob *message = NULL;
    blob *bytes = NULL;
    size_t offset = 12345;
    CHECK_OK(wota_validate(vector->bytes, vector->count, dialect, vector->limits, &offset));
    CHECK_OK(wota_reader_init_bytes(&reader, vector->bytes, vector->count, dialect, vector->limits));
    read_through(&reader, vector);
    CHECK_OK(wota_from_bytes(vector->bytes, vector->count, dialect, vector->limits, &message));
    CHECK(wota_is_message(message));
    CHECK_EQUAL(0, wota_held_count(message));
    CHECK_EQUAL(vector->count * 8, blob_length_bits(message));
    CHECK_OK(wota_reader_init(&reader, message, vector->limits));
    read_through(&reader, vector);
    CHECK_OK(wota_to_bytes(message, &bytes));
    CHECK_EQUAL(vector->count * 8, blob_length_bits(bytes));
    CHECK_BYTES(vector->bytes, blob_data(bytes), vector->count);
    blob_destroy(bytes);
    blob_destroy(message);

    write_value(writer, vector->description);
    const cJSON *nested = member(vector->description, "nested_arrays");
    if (nested != NULL && nested->valueint > 512) {
        wota_writer_reset(writer);
        return;
    }
    message = finish(writer);
    CHECK_OK(wota_to_bytes(message, &bytes));
    CHECK_EQUAL(vector->written_count * 8, blob_length_bits(bytes));
    CHECK_BYTES(vector->written, blob_data(bytes), vector->written_count);
    blob_destroy(bytes);
    blob_destroy(message);
}

static void invalid_vector(const struct vector *vector)
{
    wota_reader reader;
    blob *untouched = (blob *)(uintptr_t)0x5A5A;
    blob *message = untouched;
    size_t offset = SIZE_MAX;
    CHECK_STATUS(vector->status, wota_validate(vector->bytes, vector->count, dialect, vector->limits, &offset));
    CHECK(offset <= vector->count / 8);
    CHECK_STATUS(vector->status, wota_validate(vector->bytes, vector->count, dialect, vector->limits, NULL));
    CHECK_STATUS(vector->status, wota_from_bytes(vector->bytes, vector->count, dialect, vector->limits, &message));
    CHECK(message == untouched);
    CHECK_STATUS(vector->status,
                 wota_reader_init_bytes(&reader, vector->bytes, vector->count, dialect, vector->limits));
}

static void every_vector(const char *path)
{
    struct vector_file file;
    wota_writer *writer = NULL;
    vector_file_load(&file, path);
    CHECK_OK(wota_writer_new(dialect, &writer));
    for (size_t place = 0; place < file.count; place += 1) {
        test_case = file.vectors[place].name;
        if (file.vectors[place].valid)
            valid_vector(writer, &file.vectors[place]);
        else
            invalid_vector(&file.vectors[place]);
    }
    test_case = "";
    wota_writer_free(writer);
    vector_file_free(&file);
}

int main(int count, char **arguments)
{
    CHECK_EQUAL(3, count);
    dialect = WOTA_CLASSIC;
    every_vector(arguments[1]);
    dialect = WOTA_DEC64;
    every_vector(arguments[2]);
    return test_end("vectors");
}
