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

/* The frozen words. */
struct drystone_arena_words {
  /* The byte before the one where the next block may begin; the last byte of blocks that need no call; the highest byte
   * before the position that was noted. */
  char *before;
  char *end;
  char *highest;
  uintptr_t not_frozen[5];
  /* The handle of the innermost scope, if nothing but the position has changed in it, and the byte before its start. Else
   * the next scope's handle, with marks. */
  uint64_t current;
  char *place;
  /* The number of levels that may be entered without a call. */
  uint32_t quick;
  uint32_t not_frozen_either;
  /* Of each level its handle, if another scope was entered in it, and the byte before its start. */
  uint64_t handles[16];
  char *places[16];
};

/* A handle: two bits that are zero, a flag, the depth (16 bits), a serial number. A scope's next one inside has the next
 * serial number and is one level deeper. The marks: of a next scope's handle, and of one that may be entered without a
 * call. */
#define DRYSTONE_INLINE_DEPTH(handle) ((handle) >> 3 & 0xFFFF)
#define DRYSTONE_INLINE_INNER 0x80008u
#define DRYSTONE_INLINE_SERIAL 0x80000u
#define DRYSTONE_INLINE_MARKS UINT64_C(3)
#define DRYSTONE_INLINE_NEXT 2u
#define DRYSTONE_INLINE_QUICK 1u

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

/* The rest of the next function. */
static inline drystone_status drystone_inline_enter(arena *a, size_t budget, arena_scope *scope)
{
  /* The caller's own variable would have to lie in memory. */
  arena_scope called = 0;
  drystone_status status = arena_scope_enter(a, budget, &called);
  /* The marks are zero already. This tells it to the compiler, which then leaves out the test of
   * arena_scope_exit_inline. */
  if (status == DRYSTONE_OK)
    *scope = called & ~DRYSTONE_INLINE_MARKS;
  return status;
}

/* As arena_scope_enter, for a live arena and a pointer that is not NULL. A scope with a budget of its own takes a call. */
static inline drystone_status arena_scope_enter_inline(arena *a, size_t budget, arena_scope *scope)
{
#ifndef DRYSTONE_INLINE_CALLS
  struct drystone_arena_words *words = DRYSTONE_INLINE_CAST(struct drystone_arena_words *, a);
  uint64_t current = words->current;
  uint64_t entered = current & ~DRYSTONE_INLINE_MARKS;
  if (budget != ARENA_NO_BUDGET)
    return drystone_inline_enter(a, budget, scope);
  if (!DRYSTONE_INLINE_LIKELY((current & DRYSTONE_INLINE_QUICK) != 0)) {
    uint64_t level = DRYSTONE_INLINE_DEPTH(current);
    if ((current & DRYSTONE_INLINE_NEXT) != 0 || level >= words->quick)
      return drystone_inline_enter(a, budget, scope);
    words->handles[level - 1] = current;
    words->places[level - 1] = words->place;
    entered += DRYSTONE_INLINE_INNER;
  }
  /* Mostly a scope begins where the one before it did. Without the store, its end need not wait for the end of that
   * one. */
  if (!DRYSTONE_INLINE_LIKELY(words->place == words->before))
    words->place = words->before;
  words->current = entered;
  *scope = entered;
  return DRYSTONE_OK;
#else
  return drystone_inline_enter(a, budget, scope);
#endif
}

/* As arena_scope_exit, for a live arena. */
static inline drystone_status arena_scope_exit_inline(arena *a, arena_scope scope)
{
#ifndef DRYSTONE_INLINE_CALLS
  struct drystone_arena_words *words = DRYSTONE_INLINE_CAST(struct drystone_arena_words *, a);
  if (DRYSTONE_INLINE_LIKELY(words->current == scope && (scope & DRYSTONE_INLINE_MARKS) == 0)) {
    if (!DRYSTONE_INLINE_LIKELY(words->before <= words->highest))
      words->highest = words->before;
    words->before = words->place;
    words->current = scope + (DRYSTONE_INLINE_SERIAL + DRYSTONE_INLINE_MARKS);
    return DRYSTONE_OK;
  }
#endif
  return arena_scope_exit(a, scope);
}

#undef DRYSTONE_INLINE_LIKELY
#undef DRYSTONE_INLINE_DEPTH
#undef DRYSTONE_INLINE_INNER
#undef DRYSTONE_INLINE_SERIAL
#undef DRYSTONE_INLINE_MARKS
#undef DRYSTONE_INLINE_NEXT
#undef DRYSTONE_INLINE_QUICK
#undef DRYSTONE_INLINE_CAST

#ifdef __cplusplus
}
#endif

#endif
