#ifndef DRYSTONE_QUICKJS_CLASS_NAME_H
#define DRYSTONE_QUICKJS_CLASS_NAME_H

#include "compat.h"

/* What kind of object it is, for messages. False: not known. No exception is left. */
static bool class_name_of(JSContext *ctx, JSValueConst object, char *name, size_t room);

#endif
