/* A small actor engine: actors on threads of their own, each with the engine's own queue, whose letters carry a blob
 * and are freed by destroying it. One actor is shut down with unread letters. */
#include <drystone.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUEUE_LENGTH = 256, STONE_BYTES = 1 << 20, ROUNDS = 1000 };
enum { LETTER_BLOB, LETTER_STOP };

struct letter {
    int type;
    blob *blob_data;
};

struct actor {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct letter letters[QUEUE_LENGTH];
    size_t first;
    size_t count;
    size_t read;
};

static void need(int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "engine: %s\n", what);
        exit(1);
    }
}

static void actor_init(struct actor *actor)
{
    memset(actor, 0, sizeof *actor);
    pthread_mutex_init(&actor->mutex, NULL);
    pthread_cond_init(&actor->changed, NULL);
}

static void send_letter(struct actor *actor, struct letter letter)
{
    pthread_mutex_lock(&actor->mutex);
    while (actor->count == QUEUE_LENGTH)
        pthread_cond_wait(&actor->changed, &actor->mutex);
    actor->letters[(actor->first + actor->count) % QUEUE_LENGTH] = letter;
    actor->count += 1;
    pthread_cond_broadcast(&actor->changed);
    pthread_mutex_unlock(&actor->mutex);
}

static struct letter next_letter(struct actor *actor)
{
    pthread_mutex_lock(&actor->mutex);
    while (actor->count == 0)
        pthread_cond_wait(&actor->changed, &actor->mutex);
    struct letter letter = actor->letters[actor->first];
    actor->first = (actor->first + 1) % QUEUE_LENGTH;
    actor->count -= 1;
    pthread_cond_broadcast(&actor->changed);
    pthread_mutex_unlock(&actor->mutex);
    return letter;
}

/* The engine's teardown, which knows nothing about messages. */
static void actor_free(struct actor *actor)
{
    for (; actor->count > 0; actor->count -= 1) {
        struct letter *letter = &actor->letters[actor->first];
        if (letter->type == LETTER_BLOB)
            blob_destroy(letter->blob_data);
        actor->first = (actor->first + 1) % QUEUE_LENGTH;
    }
    pthread_cond_destroy(&actor->changed);
    pthread_mutex_destroy(&actor->mutex);
}

static void *run_actor(void *argument)
{
    struct actor *actor = argument;
    for (;;) {
        struct letter letter = next_letter(actor);
        if (letter.type == LETTER_STOP)
            return NULL;
        wota_reader reader;
        blob *stone = NULL;
        need(letter.blob_data->stone, "a letter is not a stone");
        need(wota_reader_init(&reader, letter.blob_data, NULL) == DRYSTONE_OK, "a letter is not a message");
        need(wota_find(&reader, "picture", 7) == DRYSTONE_OK, "a letter has no picture");
        need(wota_read_blob(&reader, &stone) == DRYSTONE_OK, "the picture is not a blob");
        need(stone->length_bits == (size_t)STONE_BYTES * 8 && stone->data[STONE_BYTES - 1] == 42,
             "the picture is another one");
        blob_destroy(stone);
        blob_destroy(letter.blob_data);
        actor->read += 1;
    }
}

static struct letter letter_with(wota_writer *writer, blob *stone)
{
    struct letter letter = {LETTER_BLOB, NULL};
    need(wota_write_record(writer, 2) == DRYSTONE_OK && wota_write_text(writer, "picture", 7) == DRYSTONE_OK &&
             wota_write_blob(writer, stone) == DRYSTONE_OK && wota_write_text(writer, "title", 5) == DRYSTONE_OK &&
             wota_write_text(writer, "a wall", 6) == DRYSTONE_OK &&
             wota_writer_finish(writer, &letter.blob_data) == DRYSTONE_OK,
         "no letter");
    return letter;
}

int main(void)
{
    static uint8_t bytes[STONE_BYTES];
    static struct actor reading;
    static struct actor silent;
    pthread_t thread;
    wota_writer *writer = NULL;

    bytes[STONE_BYTES - 1] = 42;
    blob *stone = blob_wrap(bytes, (size_t)STONE_BYTES * 8);
    need(stone != NULL && wota_writer_new(WOTA_CLASSIC, &writer) == DRYSTONE_OK, "no memory");
    actor_init(&reading);
    actor_init(&silent);
    need(pthread_create(&thread, NULL, run_actor, &reading) == 0, "no thread");
    for (int round = 0; round < ROUNDS; round += 1)
        send_letter(&reading, letter_with(writer, stone));
    for (int round = 0; round < QUEUE_LENGTH; round += 1)
        send_letter(&silent, letter_with(writer, stone));
    send_letter(&reading, (struct letter){LETTER_STOP, NULL});
    pthread_join(thread, NULL);
    need(reading.read == ROUNDS, "letters were lost");
    need(blob_refcount(stone) == QUEUE_LENGTH + 1, "somebody forgot to give the stone back");

    wota_writer_free(writer);
    blob_destroy(stone);
    actor_free(&reading);
    actor_free(&silent);
    need(drystone_blobs_alive() == 0, "blobs left over");
    printf("engine: %d letters read, %d torn down, blobs alive 0\n", ROUNDS, QUEUE_LENGTH);
    return 0;
}
