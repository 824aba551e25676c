/* The files in vectors/ in memory: JSON, and every vector with its bytes expanded for files in the format of
 * wota.json. */
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
    drystone_status status; /* the status of every check of the bytes; DRYSTONE_OK for a valid one */
    uint8_t *bytes;         /* words little-endian; in a block of exactly this size so that memory tools see overruns */
    size_t count;
    const wota_limits *limits; /* NULL unless the vector has its own */
    wota_limits own_limits;
    const cJSON *description;  /* the vector's JSON object, which describes the value */
    uint8_t *written;          /* what a writer writes for the value; usually the same as bytes */
    size_t written_count;
};

struct vector_file {
    cJSON *root;
    struct vector *vectors;
    size_t count;
};

/* Reads the file; if it does not have the documented format, prints what is wrong and exits. */
void vector_file_load(struct vector_file *file, const char *path);
void vector_file_free(struct vector_file *file);

/* For files of other formats; these also print and exit if something is wrong with the file. */
cJSON *vector_json(const char *path);
const cJSON *vector_section(const cJSON *root, const char *section);
/* The bytes of hexadecimal digits, or of a list of such and repetitions; a block of exactly this size. */
uint8_t *vector_bytes(const char *vector, const cJSON *digits, size_t *count);
drystone_status vector_status(const char *vector, const char *name);

#endif
