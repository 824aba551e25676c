/* The formats in which values are written. */
#ifndef DRYSTONE_QUICKJS_FORM_H
#define DRYSTONE_QUICKJS_FORM_H

#include <stdbool.h>

#include "drystone.h"

enum form { FORM_CLASSIC, FORM_DEC64, FORM_NOTA, FORMS };

/* The writer of a format, kept between encodes for its memory; see sink.h. */
struct kept_writer {
    wota_writer *writer; /* NULL until used */
    bool busy;           /* a getter may call encode while encode runs */
};

#endif
