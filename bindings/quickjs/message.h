#ifndef DRYSTONE_QUICKJS_MESSAGE_H
#define DRYSTONE_QUICKJS_MESSAGE_H

#include "runtime.h"

/* A message, given as a Blob or as the ArrayBuffer over it: borrowed. Also any other Blob, for which the library's call returns a status.
   NULL: neither; no exception. */
static blob *message_of(JSContext *ctx, struct module *module, JSValueConst value);

#endif
