/* Reads and writes a vector's value by its description, in any format: include it once in a program, after defining
 *   FORM(name)   the names of the format's calls, such as wota_##name
 *   FORM_UNIT    how many bytes one step of an offset is
 *   FORM_DEC64   if the format has calls for DEC64 numbers */
#include "test.h"
#include "vector_file.h"

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static uint64_t hex_number(const cJSON *text)
{
    CHECK(cJSON_IsString(text));
    return strtoull(text->valuestring, NULL, 16);
}

/* The bytes of "text_bytes", which say what JSON text cannot: NUL and lone surrogates. */
static size_t hex_bytes(const cJSON *text, char *buffer, size_t capacity)
{
    size_t count = strlen(text->valuestring) / 2;
    CHECK(count <= capacity);
    for (size_t place = 0; place < count; place += 1) {
        const char two[3] = {text->valuestring[2 * place], text->valuestring[2 * place + 1], '\0'};
        buffer[place] = (char)strtoul(two, NULL, 16);
    }
    return count;
}

/* The bits of "blob_bits", first bit first. */
static size_t bit_string(const cJSON *text, uint8_t *buffer, size_t capacity)
{
    size_t bits = strlen(text->valuestring);
    CHECK((bits + 7) / 8 <= capacity);
    memset(buffer, 0, capacity);
    for (size_t place = 0; place < bits; place += 1) {
        if (text->valuestring[place] == '1')
            buffer[place / 8] = (uint8_t)(buffer[place / 8] | 0x80 >> place % 8);
    }
    return bits;
}

static bool is_whole(double number)
{
    return number >= -9007199254740992.0 && number <= 9007199254740992.0 && (double)(int64_t)number == number;
}

/* Reading */

static void read_text_of(FORM(reader) *reader, const char *expected, size_t count)
{
    size_t length = SIZE_MAX;
    CHECK_OK(FORM(read_text)(reader, NULL, 0, &length));
    CHECK_EQUAL(count, length);
    char *buffer = malloc(length + 1);
    CHECK(buffer != NULL);
    CHECK_OK(FORM(read_text)(reader, buffer, length + 1, &length));
    CHECK_EQUAL(count, length);
    CHECK_BYTES(expected, buffer, count);
    free(buffer);
}

static void read_json(FORM(reader) *reader, const cJSON *value)
{
    const cJSON *item;
    wota_type type = -1;
    uint64_t count = 0;
    CHECK_OK(FORM(read_type)(reader, &type));
    if (cJSON_IsNull(value) || cJSON_IsBool(value)) {
        int32_t symbol = -1;
        CHECK_EQUAL(WOTA_SYMBOL, type);
        CHECK_OK(FORM(read_symbol)(reader, &symbol));
        CHECK_EQUAL(cJSON_IsNull(value) ? WOTA_NULL : cJSON_IsTrue(value) ? WOTA_TRUE : WOTA_FALSE, symbol);
    } else if (cJSON_IsNumber(value)) {
        FORM(reader) again = *reader;
        double number = 0;
        CHECK_EQUAL(is_whole(value->valuedouble) ? WOTA_INTEGER : WOTA_FLOAT, type);
        CHECK_OK(FORM(read_number)(reader, &number));
        CHECK_EQUAL(bits_of_double(value->valuedouble), bits_of_double(number));
        if (type == WOTA_INTEGER) {
            int64_t integer = 0;
            CHECK_OK(FORM(read_integer)(&again, &integer));
            CHECK_EQUAL((int64_t)value->valuedouble, integer);
        }
    } else if (cJSON_IsString(value)) {
        CHECK_EQUAL(WOTA_TEXT, type);
        read_text_of(reader, value->valuestring, strlen(value->valuestring));
    } else if (cJSON_IsArray(value)) {
        CHECK_EQUAL(WOTA_ARRAY, type);
        CHECK_OK(FORM(read_array)(reader, &count));
        CHECK_EQUAL(cJSON_GetArraySize(value), count);
        cJSON_ArrayForEach(item, value) read_json(reader, item);
    } else {
        CHECK(cJSON_IsObject(value));
        CHECK_EQUAL(WOTA_RECORD, type);
        cJSON_ArrayForEach(item, value)
        {
            FORM(reader) found = *reader;
            CHECK_OK(FORM(find)(&found, item->string, strlen(item->string)));
            read_json(&found, item);
        }
        CHECK_OK(FORM(read_record)(reader, &count));
        CHECK_EQUAL(cJSON_GetArraySize(value), count);
        cJSON_ArrayForEach(item, value)
        {
            read_text_of(reader, item->string, strlen(item->string));
            read_json(reader, item);
        }
    }
}

static void read_value(FORM(reader) *reader, const cJSON *description);

/* A key of "record" is a JSON text, or a description of one. */
static size_t key_of(const cJSON *key, char *buffer, size_t capacity)
{
    if (!cJSON_IsString(key))
        return hex_bytes(member(key, "text_bytes"), buffer, capacity);
    size_t count = strlen(key->valuestring);
    CHECK(count <= capacity);
    memcpy(buffer, key->valuestring, count);
    return count;
}

static void read_record(FORM(reader) *reader, const cJSON *pairs)
{
    const cJSON *pair;
    char key[64];
    uint64_t count = 0;
    cJSON_ArrayForEach(pair, pairs)
    {
        FORM(reader) found = *reader;
        CHECK_OK(FORM(find)(&found, key, key_of(cJSON_GetArrayItem(pair, 0), key, sizeof key)));
        read_value(&found, cJSON_GetArrayItem(pair, 1));
    }
    CHECK_OK(FORM(read_record)(reader, &count));
    CHECK_EQUAL(cJSON_GetArraySize(pairs), count);
    cJSON_ArrayForEach(pair, pairs)
    {
        size_t length = key_of(cJSON_GetArrayItem(pair, 0), key, sizeof key);
        read_text_of(reader, key, length);
        read_value(reader, cJSON_GetArrayItem(pair, 1));
    }
}

static void read_blob_of(FORM(reader) *reader, const cJSON *text)
{
    uint8_t expected[64];
    uint8_t buffer[64];
    size_t bits = bit_string(text, expected, sizeof expected);
    size_t length = SIZE_MAX;
    FORM(reader) again = *reader;
    blob *b = NULL;
    CHECK_OK(FORM(read_blob)(reader, &b));
    CHECK(blob_is_stone(b));
    CHECK_EQUAL(bits, blob_length_bits(b));
    CHECK_BYTES(expected, blob_data(b), (bits + 7) / 8);
    blob_destroy(b);
    CHECK_OK(FORM(read_blob_bytes)(&again, NULL, 0, &length));
    CHECK_EQUAL(bits, length);
    CHECK_OK(FORM(read_blob_bytes)(&again, buffer, sizeof buffer, &length));
    CHECK_EQUAL(bits, length);
    CHECK_BYTES(expected, buffer, (bits + 7) / 8);
    CHECK_EQUAL(FORM(reader_offset)(reader), FORM(reader_offset)(&again));
}

static void read_value(FORM(reader) *reader, const cJSON *description)
{
    const cJSON *part;
    const cJSON *item;
    const cJSON *inner = member(description, "value");
    uint64_t count = 0;
    if ((part = member(description, "json")) != NULL) {
        read_json(reader, part);
    } else if ((part = member(description, "integer")) != NULL) {
        int64_t integer = 0;
        CHECK_OK(FORM(read_integer)(reader, &integer));
        CHECK_EQUAL(strtoll(part->valuestring, NULL, 10), integer);
#ifdef FORM_DEC64
    } else if ((part = member(description, "dec64")) != NULL) {
        FORM(reader) again = *reader;
        int64_t dec64 = 0;
        double number = 0;
        CHECK_OK(FORM(read_dec64)(reader, &dec64));
        CHECK_EQUAL(hex_number(part), dec64);
        CHECK_OK(FORM(read_number)(&again, &number));
        CHECK_EQUAL(bits_of_double(dec64_to_double(dec64)), bits_of_double(number));
#endif
    } else if ((part = member(description, "float_bits")) != NULL) {
        double number = 0;
        CHECK_OK(FORM(read_number)(reader, &number));
        CHECK_EQUAL(hex_number(part), bits_of_double(number));
    } else if ((part = member(description, "text_bytes")) != NULL) {
        char expected[64];
        size_t length = hex_bytes(part, expected, sizeof expected);
        read_text_of(reader, expected, length);
    } else if ((part = member(description, "blob_bits")) != NULL) {
        read_blob_of(reader, part);
    } else if ((part = member(description, "symbol")) != NULL) {
        int32_t symbol = -1;
        CHECK_OK(FORM(read_symbol)(reader, &symbol));
        CHECK_EQUAL(part->valueint, symbol);
        read_value(reader, inner);
    } else if ((part = member(description, "array")) != NULL) {
        CHECK_OK(FORM(read_array)(reader, &count));
        CHECK_EQUAL(cJSON_GetArraySize(part), count);
        cJSON_ArrayForEach(item, part) read_value(reader, item);
    } else if ((part = member(description, "record")) != NULL) {
        read_record(reader, part);
    } else {
        part = member(description, "nested_arrays");
        CHECK(cJSON_IsNumber(part));
        for (int level = 1; level <= part->valueint; level += 1) {
            CHECK_OK(FORM(read_array)(reader, &count));
            CHECK_EQUAL(inner == NULL && level == part->valueint ? 0 : 1, count);
        }
        if (inner != NULL)
            read_value(reader, inner);
    }
}

/* Reads and skips the whole value, and checks that nothing follows it. */
static void read_through(FORM(reader) *reader, const struct vector *vector)
{
    FORM(reader) skipped = *reader;
    wota_type type;
    CHECK_EQUAL(0, FORM(reader_offset)(reader));
    read_value(reader, vector->description);
    CHECK_STATUS(DRYSTONE_END, FORM(read_type)(reader, &type));
    CHECK_EQUAL(vector->count / FORM_UNIT, FORM(reader_offset)(reader));
    CHECK_OK(FORM(skip)(&skipped));
    CHECK_EQUAL(vector->count / FORM_UNIT, FORM(reader_offset)(&skipped));
    CHECK_STATUS(DRYSTONE_END, FORM(read_type)(&skipped, &type));
}

/* Writing */

static void write_json(FORM(writer) *writer, const cJSON *value)
{
    const cJSON *item;
    if (cJSON_IsNull(value))
        CHECK_OK(FORM(write_symbol)(writer, WOTA_NULL));
    else if (cJSON_IsBool(value))
        CHECK_OK(FORM(write_symbol)(writer, cJSON_IsTrue(value) ? WOTA_TRUE : WOTA_FALSE));
    else if (cJSON_IsNumber(value) && is_whole(value->valuedouble))
        CHECK_OK(FORM(write_integer)(writer, (int64_t)value->valuedouble));
    else if (cJSON_IsNumber(value))
        CHECK_OK(FORM(write_number)(writer, value->valuedouble));
    else if (cJSON_IsString(value))
        CHECK_OK(FORM(write_text)(writer, value->valuestring, strlen(value->valuestring)));
    else if (cJSON_IsArray(value))
        CHECK_OK(FORM(write_array)(writer, (uint64_t)cJSON_GetArraySize(value)));
    else
        CHECK_OK(FORM(write_record)(writer, (uint64_t)cJSON_GetArraySize(value)));
    if (!cJSON_IsArray(value) && !cJSON_IsObject(value))
        return;
    cJSON_ArrayForEach(item, value)
    {
        if (cJSON_IsObject(value))
            CHECK_OK(FORM(write_text)(writer, item->string, strlen(item->string)));
        write_json(writer, item);
    }
}

static void write_value(FORM(writer) *writer, const cJSON *description)
{
    const cJSON *part;
    const cJSON *item;
    const cJSON *inner = member(description, "value");
    if ((part = member(description, "json")) != NULL) {
        write_json(writer, part);
    } else if ((part = member(description, "integer")) != NULL) {
        CHECK_OK(FORM(write_integer)(writer, strtoll(part->valuestring, NULL, 10)));
#ifdef FORM_DEC64
    } else if ((part = member(description, "dec64")) != NULL) {
        CHECK_OK(FORM(write_dec64)(writer, (int64_t)hex_number(part)));
#endif
    } else if ((part = member(description, "float_bits")) != NULL) {
        CHECK_OK(FORM(write_number)(writer, double_of_bits(hex_number(part))));
    } else if ((part = member(description, "text_bytes")) != NULL) {
        char text[64];
        size_t length = hex_bytes(part, text, sizeof text);
        CHECK_OK(FORM(write_text)(writer, text, length));
    } else if ((part = member(description, "blob_bits")) != NULL) {
        uint8_t bytes[64];
        size_t bits = bit_string(part, bytes, sizeof bytes);
        CHECK_OK(FORM(write_blob_bytes)(writer, bytes, bits));
    } else if ((part = member(description, "symbol")) != NULL) {
        CHECK_OK(FORM(write_symbol)(writer, part->valueint));
        write_value(writer, inner);
    } else if ((part = member(description, "array")) != NULL) {
        CHECK_OK(FORM(write_array)(writer, (uint64_t)cJSON_GetArraySize(part)));
        cJSON_ArrayForEach(item, part) write_value(writer, item);
    } else if ((part = member(description, "record")) != NULL) {
        CHECK_OK(FORM(write_record)(writer, (uint64_t)cJSON_GetArraySize(part)));
        cJSON_ArrayForEach(item, part)
        {
            char key[64];
            size_t length = key_of(cJSON_GetArrayItem(item, 0), key, sizeof key);
            CHECK_OK(FORM(write_text)(writer, key, length));
            write_value(writer, cJSON_GetArrayItem(item, 1));
        }
    } else {
        part = member(description, "nested_arrays");
        CHECK(cJSON_IsNumber(part));
        for (int level = 1; level <= part->valueint; level += 1) {
            bool last = inner == NULL && level == part->valueint;
            /* A reader's limits can allow more levels than a writer ever makes. */
            if (level > 512) {
                CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, FORM(write_array)(writer, 1));
                return;
            }
            CHECK_OK(FORM(write_array)(writer, last ? 0 : 1));
        }
        if (inner != NULL)
            write_value(writer, inner);
    }
}
