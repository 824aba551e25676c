/* drystone: the fast path of arena_alloc, compiled into the caller. It does what the call does, and calls it when a
 * block does not simply fit. The two words that it uses are the first ones of an arena and stay so from 1.0 on.
 *
 * With AddressSanitizer every block goes through the call, which tells the sanitizer about it. */
#ifndef DRYSTONE_INLINE_H
#define DRYSTONE_INLINE_H

#include "drystone.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Pointers and numbers made of each other, in words that neither language's compilers warn about. */
#ifdef __cplusplus
#define DRYSTONE_INLINE_CAST(type, value) reinterpret_cast<type>(value)
#else
#define DRYSTONE_INLINE_CAST(type, value) ((type)(value))
#endif

#if defined(__SANITIZE_ADDRESS__)
#define DRYSTONE_INLINE_CALLS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DRYSTONE_INLINE_CALLS 1
#endif
#endif

/* The frozen words: the byte before the one where the next block may begin, and the last byte of blocks that need no
 * call. */
struct drystone_arena_words {
  char *before;
  char *end;
};

/* As arena_alloc_aligned, for a live arena and an alignment that is a power of two up to 64 KiB, which is best a
 * constant. */
static inline void *arena_alloc_aligned_inline(arena *a, size_t size, size_t align)
{
#ifndef DRYSTONE_INLINE_CALLS
  struct drystone_arena_words *words = DRYSTONE_INLINE_CAST(struct drystone_arena_words *, a);
  /* Setting the low bits is rounding up, seen from the byte before. */
  uintptr_t before = DRYSTONE_INLINE_CAST(uintptr_t, words->before) | (align - 1);
  uintptr_t end = DRYSTONE_INLINE_CAST(uintptr_t, words->end);
  /* Never an addition to the size: it may be anything. */
  if (before <= end && size <= end - before) {
    words->before = DRYSTONE_INLINE_CAST(char *, before + size);
    return DRYSTONE_INLINE_CAST(char *, before + 1);
  }
  void *block = arena_alloc_aligned(a, size, align);
#if defined(__GNUC__)
  /* Says that the call's position is wanted too: a loop of allocations can then keep it in a register, instead of
   * loading each time what it has just stored. */
  __asm__("" : : "r"(words->before));
#endif
  return block;
#else
  return arena_alloc_aligned(a, size, align);
#endif
}

/* As arena_alloc, for a live arena. */
static inline void *arena_alloc_inline(arena *a, size_t size)
{
  return arena_alloc_aligned_inline(a, size, 16);
}

#undef DRYSTONE_INLINE_CAST

#ifdef __cplusplus
}
#endif

#endif
