/* For hosts that link the module instead of loading drystone.so: call this once for each context, then
   `import * as drystone from "<name>"` finds it. NULL: an exception is pending. */
#ifndef DRYSTONE_QUICKJS_MODULE_H
#define DRYSTONE_QUICKJS_MODULE_H

#include "quickjs.h"

#ifdef __cplusplus
extern "C" {
#endif

JSModuleDef *js_init_module_drystone(JSContext *ctx, const char *name);

#ifdef __cplusplus
}
#endif

#endif
