/* The module's entry under the name that it had before drystone_quickjs.h. */
#ifndef DRYSTONE_QUICKJS_MODULE_H
#define DRYSTONE_QUICKJS_MODULE_H

#include "drystone_quickjs.h"

static inline JSModuleDef *js_init_module_drystone(JSContext *ctx, const char *name) {
    return drystone_js_module(ctx, name);
}

#endif
