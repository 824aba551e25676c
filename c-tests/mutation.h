/* Vectors cut at every length and changed at every byte. */
#ifndef DRYSTONE_MUTATION_H
#define DRYSTONE_MUTATION_H

#include "test.h"
#include "vector_file.h"

/* Reads the bytes in every way, checks that all give the same status, and returns it. */
typedef drystone_status read_bytes(const uint8_t *bytes, size_t count, const wota_limits *limits);

/* A block of exactly these bytes, so that memory tools see overruns. */
static inline uint8_t *block_of(const uint8_t *bytes, size_t count)
{
    uint8_t *block = malloc(count);
    CHECK(block != NULL || count == 0);
    if (count != 0)
        memcpy(block, bytes, count);
    return block;
}

/* The long vectors repeat themselves: not every length of them is tried. */
static inline void cut(const struct vector *vector, size_t short_step, read_bytes *read)
{
    size_t step = vector->count > 512 ? test_size(7, 331) : short_step;
    for (size_t count = 0; count < vector->count; count += count + step < vector->count ? step : 1) {
        uint8_t *block = block_of(vector->bytes, count);
        drystone_status status = read(block, count, vector->limits);
        if (vector->valid)
            CHECK_STATUS(DRYSTONE_TRUNCATED, status);
        free(block);
    }
}

/* Each byte with all its bits changed, and with each of them. */
static inline void changed(const struct vector *vector, read_bytes *read)
{
    static const uint8_t masks[] = {0xFF, 0x80, 0x01, 0x10, 0x40, 0x20, 0x08, 0x02, 0x04};
    size_t mask_count = test_size(sizeof masks, 3);
    size_t step = vector->count > 512 ? test_size(13, 997) : 1;
    uint8_t *block = block_of(vector->bytes, vector->count);
    for (size_t place = 0; place < vector->count; place += step) {
        for (size_t mask = 0; mask < mask_count; mask += 1) {
            block[place] = (uint8_t)(block[place] ^ masks[mask]);
            read(block, vector->count, vector->limits);
            block[place] = (uint8_t)(block[place] ^ masks[mask]);
        }
    }
    free(block);
}

#endif
