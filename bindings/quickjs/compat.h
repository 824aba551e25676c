/* What the binding needs from the engine and the compiler. Only this header and the two that it includes know which
   engine it is. */
#ifndef DRYSTONE_QUICKJS_COMPAT_H
#define DRYSTONE_QUICKJS_COMPAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quickjs.h"

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
#define COLD __attribute__((cold, noinline))
#define APART __attribute__((noinline)) /* so that its caller needs fewer registers */
#define ALWAYS_INLINE inline __attribute__((always_inline))
/* The memory so many bytes after an address, which need not be the program's, will be read soon. */
#define PREFETCH(address, bytes) __builtin_prefetch((const void *)((uintptr_t)(address) + (bytes)))
#else
#define UNUSED
#define COLD
#define APART
#define ALWAYS_INLINE inline
#define PREFETCH(address, bytes) ((void)(address), (void)(bytes))
#endif

#if defined(QUICKJS_NG)
#include "compat_ng.h"
#elif defined(JS_INVALID_CLASS_ID)
#include "compat_bellard.h"
#else
#error "the drystone module needs quickjs-ng 0.14 or newer, or QuickJS 2026-06-04 or newer"
#endif

/* The one shape of the module's functions, for new_function_with_data. A constructor's `this_value` is what `new` was
   applied to. */
#define MODULE_FUNCTION(name)                                                                                          \
    static JSValue name(UNUSED JSContext *ctx, UNUSED JSValueConst this_value, UNUSED int argc,                        \
                        UNUSED JSValueConst *argv, UNUSED int magic, UNUSED JSValueConst *data)

/* Without a call for what has no count; some engines make one. */
static inline void free_value(JSContext *ctx, JSValue value) {
    if (JS_VALUE_HAS_REF_COUNT(value))
        JS_FreeValue(ctx, value);
}

/* An object's address, which holds no count, and the object at an address. */
static inline void *object_address(JSValueConst value) { return JS_VALUE_GET_PTR(value); }
static inline JSValue object_at(void *address) { return JS_MKPTR(JS_TAG_OBJECT, address); }

/* An address of ours as a value that has no count, and back; only for a function's data, where no program sees it. */
static inline JSValue value_of_address(void *address) { return JS_MKPTR(JS_TAG_UNDEFINED, address); }
static inline void *address_of_value(JSValueConst value) { return JS_VALUE_GET_PTR(value); }

#endif
