/* What hosts ask of an engine, and the families answer differently. */
#ifndef DRYSTONE_QUICKJS_HOST_ENGINE_H
#define DRYSTONE_QUICKJS_HOST_ENGINE_H

#include "quickjs.h"

#ifdef QUICKJS_NG

#define NO_MEMORY_LIMIT 0

/* Whether the evaluation of a module survives it. */
#if QJS_VERSION_MAJOR > 0 || QJS_VERSION_MINOR >= 16
#define IMPORTS_SURVIVE_NO_MEMORY 1
#else
#define IMPORTS_SURVIVE_NO_MEMORY 0
#endif

/* 0.14 has no flag for it, and an assertion for most of it. */
#ifndef JS_ABORT_ON_LEAKS
#define JS_ABORT_ON_LEAKS 0
#endif

static inline void be_strict(JSRuntime *runtime) {
    JS_SetDumpFlags(runtime, JS_DUMP_LEAKS | JS_DUMP_ATOM_LEAKS | JS_ABORT_ON_LEAKS);
}

static inline JSClassID take_class_id(JSRuntime *runtime, JSClassID *id) { return JS_NewClassID(runtime, id); }

/* What an interrupt handler is asked for. */
#if QJS_VERSION_MAJOR > 0 || QJS_VERSION_MINOR >= 18
typedef JSContext interrupted_engine;
#else
typedef JSRuntime interrupted_engine;
#endif

#endif

#endif
