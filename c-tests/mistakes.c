/* Deliberate mistakes, one per run, named by the argument. Each test runs one under valgrind, or built with the
 * sanitizers, and passes only if the tool reports it. This proves that clean runs of the other programs mean
 * something, and that the library does not hide memory from the tools. */
#include <drystone.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Uses the invalid read, so that no compiler removes it. */
static volatile uint64_t sink;

static blob *new_stone(void)
{
    blob *stone = blob_from_bytes((const uint8_t *)"some stone", 10);
    if (blob_make_stone(stone) != DRYSTONE_OK)
        abort();
    return stone;
}

static wota_writer *new_writer(void)
{
    wota_writer *writer = NULL;
    if (wota_writer_new(WOTA_CLASSIC, &writer) != DRYSTONE_OK)
        abort();
    return writer;
}

static blob *new_message(blob *stone)
{
    wota_writer *writer = new_writer();
    blob *message = NULL;
    if (wota_write_blob(writer, stone) != DRYSTONE_OK || wota_writer_finish(writer, &message) != DRYSTONE_OK)
        abort();
    wota_writer_free(writer);
    return message;
}

static mailbox *new_mailbox(void)
{
    mailbox *box = NULL;
    if (mailbox_new(0, &box) != DRYSTONE_OK)
        abort();
    return box;
}

static void use_after_destroy(void)
{
    blob *stone = new_stone();
    blob_destroy(stone);
    sink = blob_length_bits(stone);
}

static void bytes_after_destroy(void)
{
    blob *stone = new_stone();
    const uint8_t *bytes = blob_data(stone);
    blob_destroy(stone);
    sink = bytes[0];
}

/* Large enough for a block of its own: a small blob shares a block with its header, where the tools see less. */
static const uint8_t long_bytes[300];

static void bytes_after_write(void)
{
    blob *b = blob_from_bytes(long_bytes, sizeof long_bytes);
    const uint8_t *bytes = blob_data(b);
    static const uint8_t more[100000];
    if (blob_write_bytes(b, more, sizeof more) != DRYSTONE_OK)
        abort();
    sink = bytes[0];
    blob_destroy(b);
}

static void bytes_after_the_end(void)
{
    blob *stone = blob_from_bytes(long_bytes, sizeof long_bytes);
    if (blob_make_stone(stone) != DRYSTONE_OK)
        abort();
    sink = blob_data(stone)[sizeof long_bytes];
    blob_destroy(stone);
}

static void double_destroy(void)
{
    blob *stone = new_stone();
    blob_destroy(stone);
    blob_destroy(stone);
}

static void missing_destroy(void)
{
    blob *stone = new_stone();
    sink = blob_length_bits(stone);
}

static void missing_destroy_of_message(void)
{
    blob *stone = new_stone();
    blob *message = new_message(stone);
    blob_destroy(stone);
    sink = wota_held_count(message);
}

/* An extra count keeps an unreachable blob alive. */
static void count_too_many(void)
{
    blob *stone = new_stone();
    blob_incref(stone);
    blob_destroy(stone);
}

/* A stone read from a message has a count that must be dropped. */
static void read_stone_kept(void)
{
    blob *stone = new_stone();
    blob *message = new_message(stone);
    blob *read = NULL;
    wota_reader reader;
    if (wota_reader_init(&reader, message, NULL) != DRYSTONE_OK || wota_read_blob(&reader, &read) != DRYSTONE_OK)
        abort();
    sink = blob_length_bits(read);
    blob_destroy(message);
    blob_destroy(stone);
}

static void reader_after_message(void)
{
    blob *stone = new_stone();
    blob *message = new_message(stone);
    wota_reader reader;
    wota_type type = 0;
    if (wota_reader_init(&reader, message, NULL) != DRYSTONE_OK)
        abort();
    blob_destroy(message);
    sink = (uint64_t)wota_read_type(&reader, &type);
    blob_destroy(stone);
}

static void borrowed_memory_freed(void)
{
    uint8_t *memory = calloc(16, 1);
    blob *stone = blob_wrap(memory, 128);
    blob *other = blob_new(128);
    free(memory);
    sink = blob_equal(stone, other);
    blob_destroy(stone);
    blob_destroy(other);
}

static void writer_not_freed(void)
{
    wota_writer *writer = new_writer();
    sink = (uint64_t)wota_write_integer(writer, 1);
}

static void letter_used_after_sweep(void)
{
    mailbox *box = new_mailbox();
    blob *letter = new_stone();
    if (mailbox_post(box, letter) != DRYSTONE_OK)
        abort();
    mailbox_destroy(box);
    sink = blob_length_bits(letter);
}

/* Posting takes over the count: destroying the letter as well leaves a freed letter in the mailbox. */
static void posted_letter_destroyed(void)
{
    mailbox *box = new_mailbox();
    blob *letter = new_stone();
    if (mailbox_post(box, letter) != DRYSTONE_OK)
        abort();
    blob_destroy(letter);
    mailbox_destroy(box);
}

static void mailbox_not_destroyed(void)
{
    mailbox *box = new_mailbox();
    if (mailbox_post(box, new_stone()) != DRYSTONE_OK)
        abort();
    sink = mailbox_length(box);
}

static void mailbox_after_destroy(void)
{
    mailbox *box = new_mailbox();
    mailbox_destroy(box);
    sink = mailbox_length(box);
}

static bucket_heap *new_heap(void)
{
    bucket_heap *heap = NULL;
    if (bucket_heap_new(0, 0, &heap) != DRYSTONE_OK)
        abort();
    return heap;
}

/* A set of one element. */
static uint32_t new_set(bucket_memory *memory)
{
    bucket_value element = {.tag = 'i', .as = {.i = 7}};
    uint32_t set = 0;
    if (bucket_set_from_elements(memory, &element, 1, &set) != DRYSTONE_OK)
        abort();
    return set;
}

static void heap_not_freed(void)
{
    bucket_heap *heap = new_heap();
    sink = new_set(bucket_heap_memory(heap));
}

static void heap_after_free(void)
{
    bucket_heap *heap = new_heap();
    bucket_heap_free(heap);
    sink = bucket_heap_used(heap);
}

static void heap_memory_after_free(void)
{
    bucket_heap *heap = new_heap();
    const bucket_memory *memory = bucket_heap_memory(heap);
    bucket_heap_free(heap);
    sink = memory->length;
}

/* The struct belongs to the caller, the memory it points to to the stone. */
static void stone_memory_after_destroy(void)
{
    bucket_heap *heap = new_heap();
    bucket_memory *from = bucket_heap_memory(heap), memory;
    blob *stone = NULL;
    uint32_t set = 0;
    if (bucket_set_to_stone(from, new_set(from), 'i', &stone) != DRYSTONE_OK ||
        bucket_memory_of_stone(stone, &memory, &set) != DRYSTONE_OK)
        abort();
    bucket_heap_free(heap);
    blob_destroy(stone);
    sink = memory.base[set];
}

static void short_column(void)
{
    bucket_heap *heap = new_heap();
    bucket_memory *memory = bucket_heap_memory(heap);
    uint32_t count = 0, set = new_set(memory);
    uint64_t *column = malloc(4);
    /* The capacity is too large. */
    sink = (uint64_t)bucket_set_elements(memory, set, column, 1, &count);
    free(column);
    bucket_heap_free(heap);
}

static void short_buffer(void)
{
    wota_writer *writer = new_writer();
    blob *message = NULL;
    wota_reader reader;
    size_t length = 0;
    if (wota_write_text(writer, "a text of some length", 21) != DRYSTONE_OK ||
        wota_writer_finish(writer, &message) != DRYSTONE_OK || wota_reader_init(&reader, message, NULL) != DRYSTONE_OK)
        abort();
    char *buffer = malloc(8);
    /* The capacity is too large. */
    sink = (uint64_t)wota_read_text(&reader, buffer, 21, &length);
    free(buffer);
    blob_destroy(message);
    wota_writer_free(writer);
}

static void uninitialised_bytes(void)
{
    /* Volatile, as the compiler would warn of the mistake that valgrind should find. */
    uint8_t *volatile memory = malloc(8);
    sink = (uint64_t)wota_validate(memory, 8, WOTA_CLASSIC, NULL, NULL);
    free(memory);
}

/* For the sanitizers only: valgrind cannot detect it. */
static void integer_overflow(void)
{
    volatile int large = INT32_MAX;
    sink = (uint64_t)(large + 1);
}

/* No mistake: this must not be flagged. */
static void none(void)
{
    blob *stone = new_stone();
    blob *message = new_message(stone);
    mailbox *box = new_mailbox();
    if (mailbox_post(box, message) != DRYSTONE_OK)
        abort();
    blob_destroy(stone);
    mailbox_destroy(box);
    bucket_heap *heap = new_heap();
    sink = new_set(bucket_heap_memory(heap));
    bucket_heap_free(heap);
}

static const struct {
    const char *name;
    void (*make)(void);
} mistakes[] = {
    {"use_after_destroy", use_after_destroy},
    {"bytes_after_destroy", bytes_after_destroy},
    {"bytes_after_write", bytes_after_write},
    {"bytes_after_the_end", bytes_after_the_end},
    {"double_destroy", double_destroy},
    {"missing_destroy", missing_destroy},
    {"missing_destroy_of_message", missing_destroy_of_message},
    {"count_too_many", count_too_many},
    {"read_stone_kept", read_stone_kept},
    {"reader_after_message", reader_after_message},
    {"borrowed_memory_freed", borrowed_memory_freed},
    {"writer_not_freed", writer_not_freed},
    {"letter_used_after_sweep", letter_used_after_sweep},
    {"posted_letter_destroyed", posted_letter_destroyed},
    {"mailbox_not_destroyed", mailbox_not_destroyed},
    {"mailbox_after_destroy", mailbox_after_destroy},
    {"heap_not_freed", heap_not_freed},
    {"heap_after_free", heap_after_free},
    {"heap_memory_after_free", heap_memory_after_free},
    {"stone_memory_after_destroy", stone_memory_after_destroy},
    {"short_column", short_column},
    {"short_buffer", short_buffer},
    {"uninitialised_bytes", uninitialised_bytes},
    {"integer_overflow", integer_overflow},
    {"none", none},
};

int main(int count, char **arguments)
{
    for (size_t place = 0; count == 2 && place < sizeof mistakes / sizeof mistakes[0]; place += 1) {
        if (strcmp(arguments[1], mistakes[place].name) == 0) {
            mistakes[place].make();
            /* A value left on the stack would look like a reference to the lost block. */
            volatile uint8_t wipe[4096];
            for (size_t byte = 0; byte < sizeof wipe; byte += 1)
                wipe[byte] = 0;
            return 0;
        }
    }
    fprintf(stderr, "usage: mistakes NAME\n");
    return 2;
}
