#ifndef DRYSTONE_QUICKJS_MESSAGE_H
#define DRYSTONE_QUICKJS_MESSAGE_H

#include "runtime.h"

/* A message, given as a Blob or as the ArrayBuffer over it: borrowed. Any other Blob too, whose status will say what it is.
   NULL: neither; no exception. */
static blob *message_of(JSContext *ctx, struct module *module, JSValueConst value);

#endif
