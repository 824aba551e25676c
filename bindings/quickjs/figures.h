#ifndef DRYSTONE_QUICKJS_FIGURES_H
#define DRYSTONE_QUICKJS_FIGURES_H

#include "compat.h"

struct figure {
    const char *name;
    uint64_t value;
};

/* An object with these properties, as `statistics` methods return it. */
static JSValue object_of_figures(JSContext *ctx, const struct figure *figures, size_t count);

#endif
