/* The check harness: macros that print where a check failed and end the program, and the few
 * helpers that every test program wants. Include it once, in the file with main. */
#ifndef DRYSTONE_TEST_H
#define DRYSTONE_TEST_H

#include <drystone.h>

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Checks may run on several threads. */
static atomic_ulong test_checks;

/* What is being checked, for programs that run one body over many cases. */
static _Thread_local const char *test_case = "";

_Noreturn static inline void test_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: check failed: %s", file, line, what);
    if (test_case[0] != '\0')
        fprintf(stderr, " [%s]", test_case);
    fputc('\n', stderr);
    fflush(NULL);
    /* Not exit(): other threads may still run and leak reports would only hide the failure. */
    _Exit(1);
}

static inline void test_check(bool holds, const char *file, int line, const char *what)
{
    atomic_fetch_add_explicit(&test_checks, 1, memory_order_relaxed);
    if (!holds)
        test_fail(file, line, what);
}

static inline void test_check_status(drystone_status expected, drystone_status actual, const char *file, int line,
                                     const char *what)
{
    char text[512];
    atomic_fetch_add_explicit(&test_checks, 1, memory_order_relaxed);
    if (expected == actual)
        return;
    snprintf(text, sizeof text, "%s\n  expected %d (%s)\n  got      %d (%s)", what, (int)expected,
             drystone_status_text(expected), (int)actual, drystone_status_text(actual));
    test_fail(file, line, text);
}

static inline void test_check_equal(uint64_t expected, uint64_t actual, const char *file, int line, const char *what)
{
    char text[512];
    atomic_fetch_add_explicit(&test_checks, 1, memory_order_relaxed);
    if (expected == actual)
        return;
    snprintf(text, sizeof text, "%s\n  expected %" PRId64 " (%016" PRIX64 ")\n  got      %" PRId64 " (%016" PRIX64 ")",
             what, (int64_t)expected, expected, (int64_t)actual, actual);
    test_fail(file, line, text);
}

#define CHECK(condition) test_check((condition), __FILE__, __LINE__, #condition)
#define CHECK_STATUS(expected, call) test_check_status((expected), (call), __FILE__, __LINE__, #call)
#define CHECK_OK(call) CHECK_STATUS(DRYSTONE_OK, call)
/* Integers of any type; negative ones compare as their 64-bit two's complement. */
#define CHECK_EQUAL(expected, actual) \
    test_check_equal((uint64_t)(expected), (uint64_t)(actual), __FILE__, __LINE__, #actual)
#define CHECK_BYTES(expected, actual, count) \
    test_check(memcmp((expected), (actual), (count)) == 0, __FILE__, __LINE__, #actual " holds " #expected)

/* Loops are smaller where every instruction costs fifty (valgrind) or two (sanitizers). */
static inline size_t test_size(size_t full, size_t reduced)
{
    const char *wanted = getenv("DRYSTONE_TEST_REDUCED");
    return wanted != NULL && wanted[0] == '1' ? reduced : full;
}

/* The last line of every main: checks that everything was freed. */
static inline int test_end(const char *name)
{
    CHECK_EQUAL(0, drystone_blobs_alive());
    CHECK_EQUAL(drystone_blobs_created(), drystone_blobs_released());
    printf("%s: %lu checks\n", name, atomic_load(&test_checks));
    return 0;
}

static inline blob *stone_of(const void *bytes, size_t count)
{
    blob *stone = blob_from_bytes((const uint8_t *)bytes, count);
    CHECK(stone != NULL);
    CHECK_OK(blob_make_stone(stone));
    return stone;
}

static inline wota_writer *new_writer(void)
{
    wota_writer *writer = NULL;
    CHECK_OK(wota_writer_new(WOTA_CLASSIC, &writer));
    CHECK(writer != NULL);
    return writer;
}

static inline blob *finish(wota_writer *writer)
{
    blob *message = NULL;
    CHECK_OK(wota_writer_finish(writer, &message));
    CHECK(message != NULL);
    return message;
}

/* A message that is an array of the given stones; the caller keeps its counts of them. */
static inline blob *message_holding(blob *const *stones, size_t count)
{
    wota_writer *writer = new_writer();
    blob *message;
    CHECK_OK(wota_write_array(writer, count));
    for (size_t place = 0; place < count; place += 1)
        CHECK_OK(wota_write_blob(writer, stones[place]));
    message = finish(writer);
    wota_writer_free(writer);
    return message;
}

static inline blob *message_of_integer(int64_t value)
{
    wota_writer *writer = new_writer();
    blob *message;
    CHECK_OK(wota_write_integer(writer, value));
    message = finish(writer);
    wota_writer_free(writer);
    return message;
}

/* A message of as many levels; each refers `times` times to the level below, and the lowest is an integer. */
static inline blob *message_tower(size_t levels, size_t times)
{
    wota_writer *writer = new_writer();
    blob *top = message_of_integer(1);
    for (size_t level = 0; level < levels; level += 1) {
        CHECK_OK(wota_write_array(writer, times));
        for (size_t time = 0; time < times; time += 1)
            CHECK_OK(wota_write_value(writer, top, 0));
        blob_destroy(top);
        top = finish(writer);
    }
    wota_writer_free(writer);
    return top;
}

static inline int64_t integer_of_message(const blob *message)
{
    wota_reader reader;
    int64_t value = 0;
    CHECK_OK(wota_reader_init(&reader, message, NULL));
    CHECK_OK(wota_read_integer(&reader, &value));
    return value;
}

static inline void check_words(const blob *message, const uint64_t *words, size_t count)
{
    CHECK_EQUAL(count * 64, blob_length_bits(message));
    for (size_t place = 0; place < count; place += 1) {
        uint64_t word;
        memcpy(&word, blob_data(message) + place * sizeof word, sizeof word);
        CHECK_EQUAL(words[place], word);
    }
}

static inline uint64_t bits_of_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline double double_of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Words outside of the process are little-endian, on every machine. */
static inline void store_word(uint8_t *bytes, uint64_t word)
{
    for (int place = 0; place < 8; place += 1)
        bytes[place] = (uint8_t)(word >> (8 * place));
}

static inline uint64_t load_word(const uint8_t *bytes)
{
    uint64_t word = 0;
    for (int place = 0; place < 8; place += 1)
        word |= (uint64_t)bytes[place] << (8 * place);
    return word;
}

#endif
