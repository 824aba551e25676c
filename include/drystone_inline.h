/* drystone: the fast paths of arena_alloc, arena_scope_enter and arena_scope_exit, compiled into the caller. Each does
 * what the call does, and makes the call when there is more to do. The words of an arena that they use are its first ones,
 * and stay so from 1.0 on.
 *
 * With AddressSanitizer they are the calls, which tell the sanitizer about blocks. */
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

/* The fast path is the straight one. */
#if defined(__GNUC__)
#define DRYSTONE_INLINE_LIKELY(condition) __builtin_expect(!!(condition), 1)
#else
#define DRYSTONE_INLINE_LIKELY(condition) (condition)
#endif

#if defined(__SANITIZE_ADDRESS__)
#define DRYSTONE_INLINE_CALLS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DRYSTONE_INLINE_CALLS 1
#endif
#endif

/* The frozen words: the byte before the one where the next block may begin; the last byte of blocks that need no call; the
 * highest byte before the position that was noted. Then the newest scope, and the number of levels that may be entered
 * without a call; and of each level its handle, if another scope was entered in it, and the byte before its start. */
struct drystone_arena_words {
  char *before;
  char *end;
  char *highest;
  uintptr_t not_frozen[5];
  uint64_t newest;
  uint64_t quick;
  uint64_t handles[16];
  char *places[16];
};

/* In a handle: the depth; a flag of scopes in which nothing but the position has changed, and no scope was entered. From
 * one to the next: a serial number, one level deeper. */
#define DRYSTONE_INLINE_DEPTH 0xFFFFu
#define DRYSTONE_INLINE_QUICK 0x10000u
#define DRYSTONE_INLINE_NEXT 0x40001u

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
  if (DRYSTONE_INLINE_LIKELY(before <= end && size <= end - before)) {
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

/* As arena_scope_enter, for a live arena and a pointer that is not NULL. A scope with a budget of its own takes a call. */
static inline drystone_status arena_scope_enter_inline(arena *a, size_t budget, arena_scope *scope)
{
#ifndef DRYSTONE_INLINE_CALLS
  struct drystone_arena_words *words = DRYSTONE_INLINE_CAST(struct drystone_arena_words *, a);
  uint64_t entered = words->newest + (DRYSTONE_INLINE_NEXT + DRYSTONE_INLINE_QUICK);
  uint64_t level = words->newest & DRYSTONE_INLINE_DEPTH;
  if (DRYSTONE_INLINE_LIKELY(budget == ARENA_NO_BUDGET && level < words->quick)) {
    if (!DRYSTONE_INLINE_LIKELY((words->newest & DRYSTONE_INLINE_QUICK) == 0)) {
      words->handles[level - 1] = words->newest;
      entered -= DRYSTONE_INLINE_QUICK;
    }
    words->places[level] = words->before;
    words->newest = entered;
    *scope = entered;
    return DRYSTONE_OK;
  }
#endif
  /* The caller's own variable would have to lie in memory. */
  arena_scope called = 0;
  drystone_status status = arena_scope_enter(a, budget, &called);
  if (status == DRYSTONE_OK)
    *scope = called;
  return status;
}

/* As arena_scope_exit, for a live arena. */
static inline drystone_status arena_scope_exit_inline(arena *a, arena_scope scope)
{
#ifndef DRYSTONE_INLINE_CALLS
  struct drystone_arena_words *words = DRYSTONE_INLINE_CAST(struct drystone_arena_words *, a);
  if (DRYSTONE_INLINE_LIKELY(words->newest == scope && (scope & DRYSTONE_INLINE_QUICK) != 0)) {
    if (!DRYSTONE_INLINE_LIKELY(words->before <= words->highest))
      words->highest = words->before;
    words->before = words->places[(scope & DRYSTONE_INLINE_DEPTH) - 1];
    words->newest = scope - DRYSTONE_INLINE_QUICK - 1;
    return DRYSTONE_OK;
  }
#endif
  return arena_scope_exit(a, scope);
}

#undef DRYSTONE_INLINE_LIKELY
#undef DRYSTONE_INLINE_DEPTH
#undef DRYSTONE_INLINE_QUICK
#undef DRYSTONE_INLINE_NEXT
#undef DRYSTONE_INLINE_CAST

#ifdef __cplusplus
}
#endif

#endif
