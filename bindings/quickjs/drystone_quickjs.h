/* The binding's C interface, for hosts that link it (drystone_quickjs.c) into their engine.
 *
 * What drystone.h says of owners, NULLs and errors holds here too. A context and its runtime belong to one thread at
 * a time, as everywhere in the engine.
 */
#ifndef DRYSTONE_QUICKJS_H
#define DRYSTONE_QUICKJS_H

#include "quickjs.h"

#include "drystone.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Makes `import * as drystone from "<module_name>"` work in a context: once for each context, before the first such
 * import. 0, or -1 with an exception pending, which is a lack of memory.
 */
int drystone_js_init(JSContext *ctx, const char *module_name);

/**
 * The same, for a host's module loader, which has to give the module itself. NULL with an exception pending.
 */
JSModuleDef *drystone_js_module(JSContext *ctx, const char *module_name);

#ifdef __cplusplus
}
#endif

#endif
