/* The pattern of the engine that this library is for: letters with a blob in them, queued in the engine's own list,
 * and freed by blob_destroy in a loop when an actor is torn down with its mail unread. */
#include "test.h"

enum letter_type { LETTER_BLOB, LETTER_CALLBACK };

struct letter {
    int type;
    blob *blob_data;
    struct letter *next;
};

struct actor {
    struct letter *first;
    struct letter **last;
};

static struct actor actor_new(void)
{
    return (struct actor){.first = NULL};
}

static void deliver(struct actor *actor, int type, blob *data)
{
    struct letter *letter = malloc(sizeof *letter);
    CHECK(letter != NULL);
    *letter = (struct letter){.type = type, .blob_data = data};
    if (actor->first == NULL)
        actor->last = &actor->first;
    *actor->last = letter;
    actor->last = &letter->next;
}

static struct letter *receive(struct actor *actor)
{
    struct letter *letter = actor->first;
    if (letter != NULL)
        actor->first = letter->next;
    return letter;
}

static void letter_free(struct letter *letter)
{
    /* Without decoding the letter: whatever it holds is freed with it. */
    if (letter->type == LETTER_BLOB)
        blob_destroy(letter->blob_data);
    free(letter);
}

static void actor_free(struct actor *actor)
{
    struct letter *letter;
    while ((letter = receive(actor)) != NULL)
        letter_free(letter);
}

static blob *record_with(wota_writer *writer, int64_t number, blob *stone)
{
    CHECK_OK(wota_write_record(writer, 3));
    CHECK_OK(wota_write_text(writer, "number", 6));
    CHECK_OK(wota_write_integer(writer, number));
    CHECK_OK(wota_write_text(writer, "pictures", 8));
    CHECK_OK(wota_write_array(writer, 2));
    CHECK_OK(wota_write_blob(writer, stone));
    CHECK_OK(wota_write_blob(writer, stone));
    CHECK_OK(wota_write_text(writer, "reply to", 8));
    CHECK_OK(wota_write_symbol(writer, WOTA_PRIVATE));
    CHECK_OK(wota_write_text(writer, "actor-1", 7));
    return finish(writer);
}

/* The engine peeks at the prefix, as it does with its own blobs. */
static void peek(const blob *b, size_t bits)
{
    CHECK(b->stone);
    CHECK(b->refcount >= 1);
    CHECK_EQUAL(bits, b->length_bits);
    CHECK(b->data != NULL);
}

static void read_letter(const blob *letter, int64_t number, const blob *stone)
{
    wota_reader reader;
    int64_t found_number = -1;
    uint64_t count = 0;
    blob *found = NULL;
    CHECK_OK(wota_reader_init(&reader, letter, NULL));
    wota_reader again = reader;
    CHECK_OK(wota_find(&reader, "number", 6));
    CHECK_OK(wota_read_integer(&reader, &found_number));
    CHECK_EQUAL(number, found_number);
    CHECK_OK(wota_find(&again, "pictures", 8));
    CHECK_OK(wota_read_array(&again, &count));
    CHECK_EQUAL(2, count);
    CHECK_OK(wota_read_blob(&again, &found));
    CHECK(found == stone);
    blob_destroy(found);
}

int main(void)
{
    size_t pictures = test_size(1 << 20, 1 << 12);
    blob *stone = blob_new(pictures * 8);
    CHECK_OK(blob_make_stone(stone));
    peek(stone, pictures * 8);

    /* Most of the mail is never read: it is all freed with the actor. */
    struct actor actor = actor_new();
    wota_writer *writer = new_writer();
    size_t letters = test_size(10000, 500);
    for (size_t number = 0; number < letters; number += 1) {
        blob *letter = record_with(writer, (int64_t)number, stone);
        deliver(&actor, LETTER_BLOB, letter);
        if (number % 3 == 0) {
            /* The same letter to oneself: one more count, not one more copy. */
            blob_incref(letter);
            deliver(&actor, LETTER_BLOB, letter);
        }
        deliver(&actor, LETTER_CALLBACK, NULL);
    }
    CHECK_EQUAL(letters * 2 + 1, blob_refcount(stone));
    CHECK_EQUAL(letters + 1, drystone_blobs_alive());

    struct letter *letter = receive(&actor);
    peek(letter->blob_data, blob_length_bits(letter->blob_data));
    read_letter(letter->blob_data, 0, stone);
    letter_free(letter);
    actor_free(&actor);
    CHECK_EQUAL(1, blob_refcount(stone));
    CHECK_EQUAL(1, drystone_blobs_alive());

    /* A stone outlives its maker in another actor's mail. */
    struct actor other = actor_new();
    deliver(&other, LETTER_BLOB, record_with(writer, 7, stone));
    wota_writer_free(writer);
    blob_destroy(stone);
    CHECK_EQUAL(2, drystone_blobs_alive());
    letter = receive(&other);
    read_letter(letter->blob_data, 7, stone);
    letter_free(letter);
    CHECK_EQUAL(0, drystone_blobs_alive());
    actor_free(&other);
    return test_end("engine");
}
