/* The output of an encoder: a message in one of the two dialects, or Nota. Calls go through a table, which costs no more
   than calls into a shared library cost anyway. */
#ifndef DRYSTONE_QUICKJS_SINK_H
#define DRYSTONE_QUICKJS_SINK_H

#include "runtime.h"

/* The library's calls for one format. The type of Wota's writer stands for the writers of all formats. */
struct sink_calls {
    drystone_status (*integer)(wota_writer *writer, int64_t integer);
    drystone_status (*number)(wota_writer *writer, double number);
    drystone_status (*symbol)(wota_writer *writer, int32_t symbol);
    drystone_status (*text)(wota_writer *writer, const char *text, size_t length);
    drystone_status (*array)(wota_writer *writer, uint64_t count);
    drystone_status (*record)(wota_writer *writer, uint64_t pairs);
    /* a stone is written by reference if the format has references */
    drystone_status (*blob)(wota_writer *writer, blob *sent);
    drystone_status (*bits)(wota_writer *writer, const uint8_t *data, size_t bits);
    /* a value of a message by reference; NULL if the format has no references */
    drystone_status (*view)(wota_writer *writer, const wota_view *view);
    drystone_status (*finish)(wota_writer *writer, blob **made);
    void (*reset)(wota_writer *writer);
    void (*free)(wota_writer *writer);
    const char *name; /* the name of the function that programs call */
};

struct sink {
    const struct sink_calls *calls;
    wota_writer *writer;
    enum form form;
    bool nearest; /* numbers that DEC64 cannot represent are rounded */
};

/* The runtime's writer of that format, or a new one if an outer call uses it. */
static drystone_status sink_borrow(struct runtime_state *state, enum form form, bool nearest, struct sink *sink);
/* `keep`: the writer's memory is worth keeping for the next time. */
static void sink_return(struct runtime_state *state, const struct sink *sink, bool keep);

#endif
