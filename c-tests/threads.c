/* Stones on many threads at once: counting, slicing, writing into messages, reading; and exactly one thread frees them.
 *
 * With the argument `joined` the main thread keeps a count until the others have ended. Helgrind knows threads and
 * locks but not the ordering of an atomic count; without that count in play, everything it reports is a real race. */
#include "test.h"

#include <pthread.h>

enum { THREADS = 4 };

struct shared {
    blob *stone;
    blob *message;
    size_t rounds;
    pthread_barrier_t *start;
};

static void *count(void *argument)
{
    const struct shared *shared = argument;
    pthread_barrier_wait(shared->start);
    for (size_t round = 0; round < shared->rounds; round += 1) {
        blob_incref(shared->stone);
        blob_incref(shared->stone);
        CHECK(blob_refcount(shared->stone) >= 3);
        blob_destroy(shared->stone);
        blob_destroy(shared->stone);
    }
    /* The count this thread was given. */
    blob_destroy(shared->stone);
    return NULL;
}

static void *use(void *argument)
{
    const struct shared *shared = argument;
    wota_writer *writer = new_writer();
    pthread_barrier_wait(shared->start);
    for (size_t round = 0; round < shared->rounds; round += 1) {
        blob *slice = NULL;
        blob *copy = NULL;
        blob *found = NULL;
        wota_reader reader;
        CHECK_OK(blob_slice(shared->stone, 8, 64, &slice));
        CHECK_OK(blob_copy(shared->stone, 0, 61, &copy));
        CHECK_OK(wota_write_array(writer, 3));
        CHECK_OK(wota_write_blob(writer, slice));
        CHECK_OK(wota_write_blob(writer, copy));
        CHECK_OK(wota_write_blob(writer, shared->message));
        blob *letter = finish(writer);
        blob_destroy(slice);
        blob_destroy(copy);
        CHECK_OK(wota_reader_init(&reader, shared->message, NULL));
        CHECK_OK(wota_find(&reader, "stone", 5));
        CHECK_OK(wota_read_blob(&reader, &found));
        CHECK(found == shared->stone);
        CHECK_BYTES("common stone", blob_data(found), 12);
        blob_destroy(found);
        blob_destroy(letter);
    }
    wota_writer_free(writer);
    blob_destroy(shared->stone);
    blob_destroy(shared->message);
    return NULL;
}

static atomic_int releases;

static void count_release(void *context, uint8_t *data, size_t bits)
{
    (void)context;
    (void)data;
    (void)bits;
    atomic_fetch_add(&releases, 1);
}

static blob *message_with(blob *stone)
{
    wota_writer *writer = new_writer();
    CHECK_OK(wota_write_record(writer, 2));
    CHECK_OK(wota_write_text(writer, "name", 4));
    CHECK_OK(wota_write_text(writer, "common", 6));
    CHECK_OK(wota_write_text(writer, "stone", 5));
    CHECK_OK(wota_write_blob(writer, stone));
    blob *message = finish(writer);
    wota_writer_free(writer);
    return message;
}

static bool joined;

static void run(void *(*body)(void *), size_t rounds, bool with_message)
{
    static uint8_t bytes[12] = "common stone";
    pthread_t threads[THREADS];
    pthread_barrier_t start;
    atomic_store(&releases, 0);
    struct shared shared = {.rounds = rounds, .start = &start};
    shared.stone = blob_wrap_owned(bytes, 96, count_release, NULL);
    CHECK(shared.stone != NULL);
    if (with_message)
        shared.message = message_with(shared.stone);
    CHECK_EQUAL(0, pthread_barrier_init(&start, NULL, THREADS));
    for (int thread = 0; thread < THREADS; thread += 1) {
        blob_incref(shared.stone);
        blob_incref(shared.message);
        CHECK_EQUAL(0, pthread_create(&threads[thread], NULL, body, &shared));
    }
    /* The threads' own counts keep both alive: the last thread frees them. */
    if (!joined) {
        blob_destroy(shared.stone);
        blob_destroy(shared.message);
    }
    for (int thread = 0; thread < THREADS; thread += 1)
        CHECK_EQUAL(0, pthread_join(threads[thread], NULL));
    if (joined) {
        CHECK_EQUAL(0, atomic_load(&releases));
        blob_destroy(shared.message);
        blob_destroy(shared.stone);
    }
    CHECK_EQUAL(0, pthread_barrier_destroy(&start));
    CHECK_EQUAL(1, atomic_load(&releases));
    CHECK_EQUAL(0, drystone_blobs_alive());
}

/* The race for the last count, many times: the shorter the lives, the closer the race. */
static void *drop(void *argument)
{
    const struct shared *shared = argument;
    pthread_barrier_wait(shared->start);
    blob_destroy(shared->stone);
    return NULL;
}

int main(int arguments, char **argument)
{
    joined = arguments == 2 && strcmp(argument[1], "joined") == 0;
    run(count, test_size(300000, 3000), false);
    run(use, test_size(30000, 300), true);
    size_t races = test_size(500, 20);
    for (size_t race = 0; race < races; race += 1)
        run(drop, 0, false);
    return test_end("threads");
}
