/* What a decoder reads from: a message, checked words, or checked Nota bytes. A table as in sink.h. */
#ifndef DRYSTONE_QUICKJS_SOURCE_H
#define DRYSTONE_QUICKJS_SOURCE_H

#include "internal.h"

/* The library's calls of one form. Readers of every form go by the name of Wota's here. */
struct source_calls {
    drystone_status (*type)(wota_reader *reader, wota_type *type);
    drystone_status (*integer)(wota_reader *reader, int64_t *integer);
    drystone_status (*number)(wota_reader *reader, double *number);
    drystone_status (*symbol)(wota_reader *reader, int32_t *symbol);
    drystone_status (*text)(wota_reader *reader, char *buffer, size_t capacity, size_t *length);
    drystone_status (*array)(wota_reader *reader, uint64_t *count);
    drystone_status (*record)(wota_reader *reader, uint64_t *pairs);
    drystone_status (*blob)(wota_reader *reader, blob **out);
    drystone_status (*bits)(wota_reader *reader, uint8_t *buffer, size_t capacity, size_t *bits);
    size_t (*offset)(const wota_reader *reader);
    const char *where; /* the function that programs call, and what offsets count */
};

struct source {
    const struct source_calls *calls;
    wota_reader *reader;
};

static const struct source_calls wota_source_calls, nota_source_calls;

#endif
