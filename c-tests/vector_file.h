/* vectors/wota.json in memory: every vector with its bytes written out. */
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
    uint8_t *bytes;         /* little-endian, in a block of exactly this size so that memory tools see overruns */
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

#endif
