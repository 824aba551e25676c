#include "vector_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn static void bad_file(const char *vector, const char *what)
{
    fprintf(stderr, "vectors file: %s: %s\n", vector, what);
    exit(1);
}

static void *allocate(size_t bytes)
{
    /* A block of no bytes is still a block, so that reading its first byte is an overrun. */
    void *block = malloc(bytes);
    if (block == NULL && bytes != 0)
        bad_file("", "no memory");
    return block;
}

static char *read_file(const char *path)
{
    FILE *stream = fopen(path, "rb");
    if (stream == NULL || fseek(stream, 0, SEEK_END) != 0)
        bad_file(path, "cannot be opened");
    long size = ftell(stream);
    if (size < 0 || fseek(stream, 0, SEEK_SET) != 0)
        bad_file(path, "cannot be read");
    char *text = allocate((size_t)size + 1);
    if (fread(text, 1, (size_t)size, stream) != (size_t)size)
        bad_file(path, "cannot be read");
    text[size] = '\0';
    fclose(stream);
    return text;
}

static uint64_t hex_word(const char *vector, const char *text)
{
    char *end = NULL;
    if (text == NULL || strlen(text) != 16)
        bad_file(vector, "a word is not 16 hexadecimal digits");
    uint64_t word = strtoull(text, &end, 16);
    if (*end != '\0')
        bad_file(vector, "a word is not 16 hexadecimal digits");
    return word;
}

/* One element of "words": a word, or a word with a repeat count. */
static uint64_t element(const char *vector, const cJSON *item, size_t *times)
{
    *times = 1;
    if (cJSON_IsString(item))
        return hex_word(vector, item->valuestring);
    const cJSON *repeat = cJSON_GetObjectItemCaseSensitive(item, "repeat");
    const cJSON *number = cJSON_GetArrayItem(repeat, 1);
    if (cJSON_GetArraySize(repeat) != 2 || !cJSON_IsNumber(number) || number->valuedouble < 0)
        bad_file(vector, "a repetition is not [word, times]");
    *times = (size_t)number->valuedouble;
    return hex_word(vector, cJSON_GetStringValue(cJSON_GetArrayItem(repeat, 0)));
}

static uint8_t *bytes_of_words(const char *vector, const cJSON *words, size_t *count)
{
    const cJSON *item;
    size_t times;
    size_t total = 0;
    cJSON_ArrayForEach(item, words)
    {
        element(vector, item, &times);
        total += times;
    }
    uint8_t *bytes = allocate(total * 8);
    uint8_t *next = bytes;
    cJSON_ArrayForEach(item, words)
    {
        uint64_t word = element(vector, item, &times);
        for (; times > 0; times -= 1) {
            for (int place = 0; place < 8; place += 1)
                *next++ = (uint8_t)(word >> (8 * place));
        }
    }
    *count = total * 8;
    return bytes;
}

static size_t put_hex(const char *vector, const char *text, uint8_t *bytes)
{
    size_t digits = text == NULL ? 1 : strlen(text);
    if (digits % 2 != 0)
        bad_file(vector, "bytes are not pairs of hexadecimal digits");
    for (size_t place = 0; place < digits / 2 && bytes != NULL; place += 1) {
        const char two[3] = {text[2 * place], text[2 * place + 1], '\0'};
        char *end = NULL;
        bytes[place] = (uint8_t)strtoul(two, &end, 16);
        if (end != two + 2)
            bad_file(vector, "bytes are not pairs of hexadecimal digits");
    }
    return digits / 2;
}

/* One element of a list of "bytes": digits, or digits with a repeat count. */
static size_t put_element(const char *vector, const cJSON *item, uint8_t *bytes)
{
    if (cJSON_IsString(item))
        return put_hex(vector, item->valuestring, bytes);
    const cJSON *repeat = cJSON_GetObjectItemCaseSensitive(item, "repeat");
    const cJSON *number = cJSON_GetArrayItem(repeat, 1);
    if (cJSON_GetArraySize(repeat) != 2 || !cJSON_IsNumber(number) || number->valuedouble < 0)
        bad_file(vector, "a repetition is not [bytes, times]");
    const char *digits = cJSON_GetStringValue(cJSON_GetArrayItem(repeat, 0));
    size_t count = 0;
    for (size_t times = (size_t)number->valuedouble; times > 0; times -= 1)
        count += put_hex(vector, digits, bytes == NULL ? NULL : bytes + count);
    return count;
}

uint8_t *vector_bytes(const char *vector, const cJSON *digits, size_t *count)
{
    const cJSON *item;
    if (!cJSON_IsArray(digits)) {
        uint8_t *bytes = allocate(put_hex(vector, cJSON_GetStringValue(digits), NULL));
        *count = put_hex(vector, cJSON_GetStringValue(digits), bytes);
        return bytes;
    }
    size_t total = 0;
    cJSON_ArrayForEach(item, digits) total += put_element(vector, item, NULL);
    uint8_t *bytes = allocate(total);
    *count = 0;
    cJSON_ArrayForEach(item, digits) *count += put_element(vector, item, bytes + *count);
    return bytes;
}

drystone_status vector_status(const char *vector, const char *name)
{
    static const struct {
        const char *name;
        drystone_status status;
    } statuses[] = {{"MALFORMED", DRYSTONE_MALFORMED},
                    {"TRUNCATED", DRYSTONE_TRUNCATED},
                    {"LIMIT_EXCEEDED", DRYSTONE_LIMIT_EXCEEDED},
                    {"FOREIGN_REFERENCE", DRYSTONE_FOREIGN_REFERENCE},
                    {"OUT_OF_RANGE", DRYSTONE_OUT_OF_RANGE},
                    {"INVALID_ARGUMENT", DRYSTONE_INVALID_ARGUMENT}};
    for (size_t place = 0; name != NULL && place < sizeof statuses / sizeof statuses[0]; place += 1) {
        if (strcmp(name, statuses[place].name) == 0)
            return statuses[place].status;
    }
    bad_file(vector, "unknown status");
}

static void read_limits(struct vector *vector, const cJSON *limits)
{
    vector->limits = NULL;
    if (limits == NULL)
        return;
    const cJSON *depth = cJSON_GetObjectItemCaseSensitive(limits, "max_depth");
    const cJSON *words = cJSON_GetObjectItemCaseSensitive(limits, "max_words");
    vector->own_limits.struct_size = sizeof vector->own_limits;
    vector->own_limits.max_depth = depth == NULL ? 512 : (uint32_t)depth->valuedouble;
    vector->own_limits.max_words = words == NULL ? UINT64_C(1) << 32 : (uint64_t)words->valuedouble;
    vector->limits = &vector->own_limits;
}

static void read_vector(struct vector *vector, const cJSON *object, bool valid)
{
    const cJSON *words = cJSON_GetObjectItemCaseSensitive(object, "words");
    const cJSON *bytes = cJSON_GetObjectItemCaseSensitive(object, "bytes");
    const cJSON *written = cJSON_GetObjectItemCaseSensitive(object, "written");
    vector->name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "name"));
    if (vector->name == NULL)
        bad_file("?", "a vector has no name");
    if ((words == NULL) == (bytes == NULL))
        bad_file(vector->name, "neither or both of words and bytes");
    vector->valid = valid;
    vector->description = object;
    vector->status = DRYSTONE_OK;
    if (!valid)
        vector->status =
            vector_status(vector->name, cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "status")));
    if (words != NULL)
        vector->bytes = bytes_of_words(vector->name, words, &vector->count);
    else
        vector->bytes = vector_bytes(vector->name, bytes, &vector->count);
    read_limits(vector, cJSON_GetObjectItemCaseSensitive(object, "limits"));
    if (words != NULL || !valid)
        vector->written = bytes_of_words(vector->name, written != NULL ? written : words, &vector->written_count);
    else
        vector->written = vector_bytes(vector->name, written != NULL ? written : bytes, &vector->written_count);
}

cJSON *vector_json(const char *path)
{
    char *text = read_file(path);
    cJSON *root = cJSON_Parse(text);
    free(text);
    if (root == NULL)
        bad_file(path, "is no JSON");
    return root;
}

const cJSON *vector_section(const cJSON *root, const char *section)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, section);
    if (cJSON_GetArraySize(list) == 0)
        bad_file(section, "has no vectors");
    return list;
}

void vector_file_load(struct vector_file *file, const char *path)
{
    static const char *const sections[] = {"valid", "invalid"};
    file->root = vector_json(path);
    int total = 0;
    for (int section = 0; section < 2; section += 1)
        total += cJSON_GetArraySize(vector_section(file->root, sections[section]));
    file->vectors = allocate((size_t)total * sizeof *file->vectors);
    file->count = 0;
    for (int section = 0; section < 2; section += 1) {
        const cJSON *object;
        cJSON_ArrayForEach(object, cJSON_GetObjectItemCaseSensitive(file->root, sections[section]))
        {
            read_vector(&file->vectors[file->count], object, section == 0);
            file->count += 1;
        }
    }
}

void vector_file_free(struct vector_file *file)
{
    for (size_t place = 0; place < file->count; place += 1) {
        free(file->vectors[place].bytes);
        free(file->vectors[place].written);
    }
    free(file->vectors);
    cJSON_Delete(file->root);
}
