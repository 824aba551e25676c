/* What hosts ask of an engine, and the families answer differently. */
#ifndef DRYSTONE_QUICKJS_HOST_ENGINE_H
#define DRYSTONE_QUICKJS_HOST_ENGINE_H

#include "quickjs.h"

#include <stdint.h>

#ifdef QUICKJS_NG

#define NO_MEMORY_LIMIT 0

/* What an allocator's functions are given, and what the host gave for it. */
typedef void allocator_state;
static inline void *opaque_of(allocator_state *state) { return state; }
#define ALLOCATOR(allocate_zeroed, allocate, release, resize, usable_size)                                             \
    { allocate_zeroed, allocate, release, resize, usable_size }

/* JavaScript for a byte, a part and the size of what the bytes of a stone come out as. */
#define BYTE(buffer, index) "new Uint8Array(" buffer ")[" #index "]"
#define PART(buffer, from, count) "new Uint8Array(" buffer ", " #from ", " #count ")"
#define SIZE(buffer) buffer ".byteLength"
#define DETACHES 1
#define SAYS_WHETHER_IT_COLLECTS 1

/* Whether the evaluation of a module survives it. */
#if QJS_VERSION_MAJOR > 0 || QJS_VERSION_MINOR >= 16
#define IMPORTS_SURVIVE_NO_MEMORY 1
#else
#define IMPORTS_SURVIVE_NO_MEMORY 0
#endif

/* Whether programs do, wherever it strikes. */
#define PROGRAMS_SURVIVE_NO_MEMORY 1

/* 0.14 has no flag for it, and an assertion for most of it. */
#ifndef JS_ABORT_ON_LEAKS
#define JS_ABORT_ON_LEAKS 0
#endif

static inline void be_strict(JSRuntime *runtime) {
    JS_SetDumpFlags(runtime, JS_DUMP_LEAKS | JS_DUMP_ATOM_LEAKS | JS_ABORT_ON_LEAKS);
}

static inline void make_late_globals(JSContext *ctx) { (void)ctx; }

static inline JSClassID take_class_id(JSRuntime *runtime, JSClassID *id) { return JS_NewClassID(runtime, id); }

/* What an interrupt handler is asked for. */
#if QJS_VERSION_MAJOR > 0 || QJS_VERSION_MINOR >= 18
typedef JSContext interrupted_engine;
#else
typedef JSRuntime interrupted_engine;
#endif

#else /* Bellard's */

#define NO_MEMORY_LIMIT SIZE_MAX

typedef JSMallocState allocator_state;
static inline void *opaque_of(allocator_state *state) { return state->opaque; }
#define ALLOCATOR(allocate_zeroed, allocate, release, resize, usable_size)                                             \
    { allocate, release, resize, usable_size }

/* A Blob, which no host can detach. */
#define BYTE(buffer, index) buffer ".at(" #index ")"
#define PART(buffer, from, count) buffer ".slice(8 * " #from ", 8 * (" #from " + " #count "))"
#define SIZE(buffer) buffer ".length / 8"
#define DETACHES 0
/* Nothing tells whether the host has turned the engine's own collections off. */
#define SAYS_WHETHER_IT_COLLECTS 0

#define IMPORTS_SURVIVE_NO_MEMORY 1
/* A stack trace that lacks memory frees the error that it is made for: quickjs.c, build_backtrace. */
#define PROGRAMS_SURVIVE_NO_MEMORY 0

/* JS_FreeRuntime asserts that no object is left over; valgrind sees the rest. */
static inline void be_strict(JSRuntime *runtime) { (void)runtime; }

/* Makes what the engine makes when it is first asked for, and loses when it lacks the memory to keep it. */
static inline void make_late_globals(JSContext *ctx) {
    JSValue global = JS_GetGlobalObject(ctx);
    JS_FreeValue(ctx, JS_GetPropertyStr(ctx, global, "Atomics"));
    JS_FreeValue(ctx, global);
}

static inline JSClassID take_class_id(JSRuntime *runtime, JSClassID *id) {
    (void)runtime;
    return JS_NewClassID(id);
}

typedef JSRuntime interrupted_engine;

#endif

#endif
