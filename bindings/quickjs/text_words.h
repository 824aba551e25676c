/* Reads of short texts as words, to compare and to hash them. */
#ifndef DRYSTONE_QUICKJS_TEXT_WORDS_H
#define DRYSTONE_QUICKJS_TEXT_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t eight_bytes(const char *text) {
    uint64_t bytes;
    memcpy(&bytes, text, sizeof bytes);
    return bytes;
}

/* The last eight bytes, or all of a shorter text. */
static inline uint64_t tail_of(const char *text, size_t length) {
    uint32_t first, last;
    if (length >= 8)
        return eight_bytes(text + length - 8);
    if (length >= 4) {
        memcpy(&first, text, sizeof first);
        memcpy(&last, text + length - 4, sizeof last);
        return first | (uint64_t)last << 32;
    }
    return length == 0 ? 0
                       : (unsigned char)text[0] | (uint64_t)(unsigned char)text[length / 2] << 8 |
                             (uint64_t)(unsigned char)text[length - 1] << 16;
}

#endif
