/* The files in vectors/ in memory: JSON, and for those that have the shape of wota.json every vector with its bytes
 * written out. */
#ifndef DRYSTONE_VECTOR_FILE_H
#define DRYSTONE_VECTOR_FILE_H

#include <drystone.h>

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vector {
    const char *name;
    bool valid;
    drystone_status status; /* what every check of the bytes gives; DRYSTONE_OK for a valid one */
    uint8_t *bytes;         /* words little-endian; in a block of exactly this size so that memory tools see overruns */
    size_t count;
    const wota_limits *limits; /* NULL unless the vector has its own */
    wota_limits own_limits;
    const cJSON *description;  /* the vector's JSON object, which says what the value is */
    uint8_t *written;          /* what a writer makes of the value; mostly the same as bytes */
    size_t written_count;
};

struct vector_file {
    cJSON *root;
    struct vector *vectors;
    size_t count;
};

/* Reads the file; prints what is wrong with it and exits when it does not have the documented shape. */
void vector_file_load(struct vector_file *file, const char *path);
void vector_file_free(struct vector_file *file);

/* For files of another shape; like the above, these print and exit where something is wrong with the file. */
cJSON *vector_json(const char *path);
const cJSON *vector_section(const cJSON *root, const char *section);
/* The bytes of hexadecimal digits, or of a list of such and repetitions; a block of exactly this size. */
uint8_t *vector_bytes(const char *vector, const cJSON *digits, size_t *count);
drystone_status vector_status(const char *vector, const char *name);

#endif
