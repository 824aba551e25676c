/* drystone: the fast paths of arena_alloc, arena_scope_enter, arena_scope_exit, bucket_table_get and
 * bucket_table_get_integer, compiled into the caller. Each does what the call does, and makes the call when there is more
 * to do. The words of an arena that they use are its first ones, and stay so from 1.0 on. The first word of a table says
 * whether the others are as here.
 *
 * With AddressSanitizer those of arenas are the calls, which tell the sanitizer about blocks. Those of tables are inlined
 * only on x86-64 with GCC or Clang, with -O2 or -O3, a `long` of 64 bits, SSE2 and no MemorySanitizer; elsewhere they are
 * the calls. */
#ifndef DRYSTONE_INLINE_H
#define DRYSTONE_INLINE_H

#include "drystone.h"

/* No other header: programs without a C library, or without vectors, may include this one. Unless it is compiled for
 * speed, such a search takes longer than the call. */
#if defined(__x86_64__) && defined(__GNUC__) && defined(__SSE2__) && defined(__LP64__) && defined(__OPTIMIZE__) &&       \
    !defined(__OPTIMIZE_SIZE__)
#define DRYSTONE_INLINE_SEARCH 1
#endif
#if defined(__has_builtin)
#if !__has_builtin(__builtin_ia32_packsswb128) || !__has_builtin(__builtin_ia32_pmovmskb128)
#undef DRYSTONE_INLINE_SEARCH
#endif
#endif
/* MemorySanitizer does not see what the library wrote to a table. */
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#undef DRYSTONE_INLINE_SEARCH
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Casts between pointers and numbers, and between numbers, that neither C nor C++ compilers warn about. */
#ifdef __cplusplus
#define DRYSTONE_INLINE_CAST(type, value) reinterpret_cast<type>(value)
#define DRYSTONE_INLINE_NUMBER(type, value) static_cast<type>(value)
#else
#define DRYSTONE_INLINE_CAST(type, value) ((type)(value))
#define DRYSTONE_INLINE_NUMBER(type, value) ((type)(value))
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

#ifdef DRYSTONE_INLINE_SEARCH
/* The words of a table, by their place in bytes: which map was opened, where its memory was, the addresses of the
 * parts of its index, what these parts contained, and how it is searched. */
enum drystone_table_place {
  DRYSTONE_TABLE_SEAL = 0,
  DRYSTONE_TABLE_MEMORY = 8,
  DRYSTONE_TABLE_BASE = 16,
  DRYSTONE_TABLE_LENGTH = 24,
  DRYSTONE_TABLE_VERSION_AT = 32,
  DRYSTONE_TABLE_SLOTS = 40,
  DRYSTONE_TABLE_GROUPS = 48,
  DRYSTONE_TABLE_SEED_AT = 56,
  DRYSTONE_TABLE_VERSION = 64,
  DRYSTONE_TABLE_SEED = 72,
  /* How many slots belong to the version. */
  DRYSTONE_TABLE_SEEN = 80,
  DRYSTONE_TABLE_CAPACITY = 88,
  DRYSTONE_TABLE_LAST_GROUP = 92,
  /* The greatest difference (exclusive or) of an entry from its hash, four times, and the bits of an entry that are the
   * slot's number. */
  DRYSTONE_TABLE_GREATEST = 96,
  DRYSTONE_TABLE_BELOW = 112
};

typedef int drystone_inline_lanes __attribute__((vector_size(16)));
typedef short drystone_inline_units __attribute__((vector_size(16)));
__extension__ typedef unsigned __int128 drystone_inline_long;

/* The seal of a map with an index. Another layout or another search has another seal, so a program that was compiled with
 * this one then makes the calls. */
#define DRYSTONE_INLINE_MAP UINT64_C(0x7461626C65207001)

static inline uint32_t drystone_inline_half(const unsigned char *bytes)
{
  uint32_t half;
  __builtin_memcpy(&half, bytes, sizeof half);
  return half;
}

static inline uint64_t drystone_inline_word(const unsigned char *bytes)
{
  uint64_t word;
  __builtin_memcpy(&word, bytes, sizeof word);
  return word;
}

static inline drystone_inline_lanes drystone_inline_load(const unsigned char *bytes)
{
  drystone_inline_lanes lanes;
  __builtin_memcpy(&lanes, bytes, sizeof lanes);
  return lanes;
}

#define DRYSTONE_INLINE_ADDRESS(place)                                                                                 \
  DRYSTONE_INLINE_CAST(const unsigned char *, drystone_inline_word(words + (place)))

/* Looks up an integer key by the first entry of its group that matches its hash, which decides nearly every search.
 * Returns 1 with the field of the value, 0 when there is no such key, and -1 when the call has to look. */
static inline int drystone_inline_first(const bucket_table *table, int64_t key, uint64_t *field)
{
  const unsigned char *words = DRYSTONE_INLINE_CAST(const unsigned char *, table);
  if (!DRYSTONE_INLINE_LIKELY(drystone_inline_word(words + DRYSTONE_TABLE_SEAL) == DRYSTONE_INLINE_MAP))
    return -1;
  uint64_t seed = drystone_inline_word(words + DRYSTONE_TABLE_SEED);
  drystone_inline_long product = UINT64_C(0x9E3779B97F4A7C15);
  product *= DRYSTONE_INLINE_NUMBER(uint64_t, key) ^ seed;
  uint64_t hash = DRYSTONE_INLINE_NUMBER(uint64_t, product ^ product >> 64);
  const unsigned char *group = DRYSTONE_INLINE_ADDRESS(DRYSTONE_TABLE_GROUPS) +
                               (hash & drystone_inline_half(words + DRYSTONE_TABLE_LAST_GROUP)) * 32;
  /* Before the checks: the processor looks ahead a limited number of instructions, so their number decides how many of
   * the caller's next lookups in a large map wait for memory at the same time. */
  __builtin_prefetch(group);
  /* The memory first: if it has not moved or shrunk, the parts are still inside it. */
  const bucket_memory *memory =
      DRYSTONE_INLINE_CAST(const bucket_memory *, drystone_inline_word(words + DRYSTONE_TABLE_MEMORY));
  const unsigned char *slots = DRYSTONE_INLINE_ADDRESS(DRYSTONE_TABLE_SLOTS);
  if (!DRYSTONE_INLINE_LIKELY(memory->base == DRYSTONE_INLINE_ADDRESS(DRYSTONE_TABLE_BASE) &&
                              memory->length >= drystone_inline_word(words + DRYSTONE_TABLE_LENGTH)))
    return -1;
  if (!DRYSTONE_INLINE_LIKELY(
          drystone_inline_word(DRYSTONE_INLINE_ADDRESS(DRYSTONE_TABLE_VERSION_AT)) ==
              drystone_inline_word(words + DRYSTONE_TABLE_VERSION) &&
          drystone_inline_half(slots - 8) == drystone_inline_half(words + DRYSTONE_TABLE_CAPACITY) &&
          drystone_inline_word(DRYSTONE_INLINE_ADDRESS(DRYSTONE_TABLE_SEED_AT)) == seed))
    return -1;
  /* An entry: the top bit, bits of the hash, the number of the slot. The hash here has no top bit, so the difference of an
   * entry is negative, and at most `greatest` if only the slot's number differs. That of an empty entry is not negative. */
  drystone_inline_lanes greatest = drystone_inline_load(words + DRYSTONE_TABLE_GREATEST);
  int half = DRYSTONE_INLINE_NUMBER(int, hash >> 33);
  drystone_inline_lanes wanted = {half, half, half, half};
  drystone_inline_lanes low = (drystone_inline_load(group) ^ wanted) > greatest;
  drystone_inline_lanes high = (drystone_inline_load(group + 16) ^ wanted) > greatest;
  int different = __builtin_ia32_pmovmskb128(__builtin_ia32_packsswb128(
      DRYSTONE_INLINE_CAST(drystone_inline_units, low), DRYSTONE_INLINE_CAST(drystone_inline_units, high)));
  if (!DRYSTONE_INLINE_LIKELY(different != 0xFFFF))
    /* The last entry is empty: the group has room, so no key of it is elsewhere. */
    return drystone_inline_half(group + 28) == 0 ? 0 : -1;
  /* Two bits for each entry; the lowest that is 0 is the lowest that is 1 in the next number. */
  size_t entry = 2 * DRYSTONE_INLINE_NUMBER(size_t, __builtin_ctz(DRYSTONE_INLINE_NUMBER(unsigned, different + 1)));
  size_t number = drystone_inline_half(group + entry) & drystone_inline_half(words + DRYSTONE_TABLE_BELOW);
  if (!DRYSTONE_INLINE_LIKELY(number < drystone_inline_word(words + DRYSTONE_TABLE_SEEN)))
    return -1;
  const unsigned char *slot = slots + number * 20;
  if (!DRYSTONE_INLINE_LIKELY(drystone_inline_word(slot + 4) == DRYSTONE_INLINE_NUMBER(uint64_t, key)))
    return -1;
  *field = drystone_inline_word(slot + 12);
  return 1;
}
#undef DRYSTONE_INLINE_ADDRESS
#endif

/* As bucket_table_get_integer, for an opened or zeroed table and pointers that are not NULL. */
static inline drystone_status bucket_table_get_integer_inline(const bucket_table *table, int64_t key, int64_t *value)
{
#ifdef DRYSTONE_INLINE_SEARCH
  uint64_t field = 0;
  int found = drystone_inline_first(table, key, &field);
  if (DRYSTONE_INLINE_LIKELY(found > 0)) {
    *value = DRYSTONE_INLINE_NUMBER(int64_t, field);
    return DRYSTONE_OK;
  }
  if (found == 0)
    return DRYSTONE_NOT_FOUND;
  /* The caller's own variable would have to lie in memory. */
  int64_t called = 0;
  drystone_status status = bucket_table_get_integer(table, key, &called);
  if (status == DRYSTONE_OK)
    *value = called;
  return status;
#else
  return bucket_table_get_integer(table, key, value);
#endif
}

/* As bucket_table_get, for an opened or zeroed table and pointers that are not NULL. Keys that are not integers take a
 * call. */
static inline drystone_status bucket_table_get_inline(const bucket_table *table, const bucket_value *key,
                                                      uint8_t value_tag, bucket_value *found)
{
#ifdef DRYSTONE_INLINE_SEARCH
  if (DRYSTONE_INLINE_LIKELY(
          key->tag == 'i' && (value_tag == 'i' || value_tag == 'f' || value_tag == 's' || value_tag == 'b'))) {
    uint64_t field = 0;
    int first = drystone_inline_first(table, key->as.i, &field);
    if (DRYSTONE_INLINE_LIKELY(first > 0)) {
      field = value_tag == 'b' ? field & UINT32_MAX : field;
      found->tag = value_tag;
      __builtin_memcpy(&found->as, &field, sizeof field);
      return DRYSTONE_OK;
    }
    if (first == 0)
      return DRYSTONE_NOT_FOUND;
    /* The caller's own variables would have to lie in memory. */
    bucket_value asked = *key, called = *key;
    drystone_status status = bucket_table_get(table, &asked, value_tag, &called);
    if (status == DRYSTONE_OK)
      *found = called;
    return status;
  }
#endif
  return bucket_table_get(table, key, value_tag, found);
}

#undef DRYSTONE_INLINE_LIKELY
#undef DRYSTONE_INLINE_DEPTH
#undef DRYSTONE_INLINE_INNER
#undef DRYSTONE_INLINE_SERIAL
#undef DRYSTONE_INLINE_MARKS
#undef DRYSTONE_INLINE_NEXT
#undef DRYSTONE_INLINE_QUICK
#undef DRYSTONE_INLINE_CAST
#undef DRYSTONE_INLINE_NUMBER
#undef DRYSTONE_INLINE_MAP

#ifdef __cplusplus
}
#endif

#endif
