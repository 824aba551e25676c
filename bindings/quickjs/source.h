/* The input of a decoder: a message, checked words, or checked Nota bytes. A table as in sink.h. */
#ifndef DRYSTONE_QUICKJS_SOURCE_H
#define DRYSTONE_QUICKJS_SOURCE_H

#include "compat.h"
#include "drystone.h"

/* The library's calls for one format. The type of Wota's reader stands for the readers of all formats. */
struct source_calls {
    /* many values in one call, like wota_read_items */
    drystone_status (*items)(wota_reader *reader, wota_item *items, size_t capacity, char *text, size_t text_capacity,
                             size_t *count);
    drystone_status (*type)(wota_reader *reader, wota_type *type);
    drystone_status (*text)(wota_reader *reader, char *buffer, size_t capacity, size_t *length);
    drystone_status (*blob)(wota_reader *reader, blob **out);
    drystone_status (*bits)(wota_reader *reader, uint8_t *buffer, size_t capacity, size_t *bits);
    size_t (*offset)(const wota_reader *reader);
    const char *where; /* the name of the function that programs call, and the unit of offsets */
};

struct source {
    const struct source_calls *calls;
    wota_reader *reader;
};

static const struct source_calls wota_source_calls, nota_source_calls;

#endif
