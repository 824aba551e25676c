#ifndef DRYSTONE_QUICKJS_FEEDER_H
#define DRYSTONE_QUICKJS_FEEDER_H

#include "compat.h"

/* The context's class nota.Feeder. */
static JSValue feeder_class_new(JSContext *ctx, JSValueConst module_object);

#endif
