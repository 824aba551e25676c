/* What the binding needs from the engine and the compiler, checked once. */
#ifndef DRYSTONE_QUICKJS_COMPAT_H
#define DRYSTONE_QUICKJS_COMPAT_H

#include "quickjs.h"

/* Immutable ArrayBuffers and the memory callback of JS_NewArrayBuffer have this shape since 0.16. */
#if !defined(QUICKJS_NG) || (QJS_VERSION_MAJOR == 0 && QJS_VERSION_MINOR < 16)
#error "the drystone module needs quickjs-ng 0.16 or newer"
#endif

#if defined(_WIN32) || defined(__CYGWIN__)
#define DRYSTONE_MODULE_EXPORT __declspec(dllexport)
#elif defined(__GNUC__) || defined(__clang__)
#define DRYSTONE_MODULE_EXPORT __attribute__((visibility("default")))
#else
#define DRYSTONE_MODULE_EXPORT
#endif

#if defined(__GNUC__) || defined(__clang__)
#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#else
#define LIKELY(condition) (condition)
#define UNLIKELY(condition) (condition)
#endif

#if defined(__GNUC__) || defined(__clang__)
#define UNUSED __attribute__((unused))
#else
#define UNUSED
#endif

/* The one shape of the module's functions, for JS_NewCFunctionData2. A constructor's `this_value` is what
   `new` was applied to. */
#define MODULE_FUNCTION(name)                                                                                          \
    static JSValue name(UNUSED JSContext *ctx, UNUSED JSValueConst this_value, UNUSED int argc,                        \
                        UNUSED JSValueConst *argv, UNUSED int magic, UNUSED JSValueConst *data)

/* False where the host has turned the engine's own collections off. */
static inline bool collects_by_itself(JSRuntime *runtime) { return JS_GetGCThreshold(runtime) != (size_t)-1; }

/* An object's address, which counts nothing, and back. */
static inline void *object_address(JSValueConst value) { return JS_VALUE_GET_PTR(value); }
static inline JSValue object_at(void *address) { return JS_MKPTR(JS_TAG_OBJECT, address); }

#endif
