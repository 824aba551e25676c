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

/* One element of "words": a word, or a word with the number of times it stands there. */
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

static uint8_t *bytes_of_hex(const char *vector, const char *text, size_t *count)
{
    size_t digits = text == NULL ? 1 : strlen(text);
    if (digits % 2 != 0)
        bad_file(vector, "bytes are not pairs of hexadecimal digits");
    uint8_t *bytes = allocate(digits / 2);
    for (size_t place = 0; place < digits / 2; place += 1) {
        const char two[3] = {text[2 * place], text[2 * place + 1], '\0'};
        char *end = NULL;
        bytes[place] = (uint8_t)strtoul(two, &end, 16);
        if (end != two + 2)
            bad_file(vector, "bytes are not pairs of hexadecimal digits");
    }
    *count = digits / 2;
    return bytes;
}

static drystone_status status_of(const char *vector, const char *name)
{
    static const struct {
        const char *name;
        drystone_status status;
    } statuses[] = {{"MALFORMED", DRYSTONE_MALFORMED},
                    {"TRUNCATED", DRYSTONE_TRUNCATED},
                    {"LIMIT_EXCEEDED", DRYSTONE_LIMIT_EXCEEDED},
                    {"FOREIGN_REFERENCE", DRYSTONE_FOREIGN_REFERENCE}};
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
            status_of(vector->name, cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "status")));
    if (words != NULL)
        vector->bytes = bytes_of_words(vector->name, words, &vector->count);
    else
        vector->bytes = bytes_of_hex(vector->name, cJSON_GetStringValue(bytes), &vector->count);
    read_limits(vector, cJSON_GetObjectItemCaseSensitive(object, "limits"));
    vector->written = bytes_of_words(vector->name, written != NULL ? written : words, &vector->written_count);
}

void vector_file_load(struct vector_file *file, const char *path)
{
    static const char *const sections[] = {"valid", "invalid"};
    char *text = read_file(path);
    file->root = cJSON_Parse(text);
    free(text);
    if (file->root == NULL)
        bad_file(path, "is no JSON");
    int total = 0;
    for (int section = 0; section < 2; section += 1) {
        int size = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(file->root, sections[section]));
        if (size == 0)
            bad_file(sections[section], "has no vectors");
        total += size;
    }
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
