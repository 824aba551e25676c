/* A small message, sent and received: loops in C, as a C program makes the calls. */
#include <drystone.h>

#include <stdlib.h>

/* Makes the compiler assume that any memory is used. */
#define SINK(pointer) __asm__ volatile("" : : "r"(pointer) : "memory")

static void done(drystone_status status)
{
    if (status != DRYSTONE_OK)
        abort();
}

#define TEXT(text) done(wota_write_text(writer, text, sizeof text - 1))

static blob *written(wota_writer *writer, blob *stone)
{
    blob *message;
    done(wota_write_record(writer, 6));
    TEXT("type");
    TEXT("picture");
    TEXT("from");
    TEXT("actor-17");
    TEXT("at");
    done(wota_write_number(writer, 1024.5));
    TEXT("seq");
    done(wota_write_integer(writer, 184467));
    TEXT("ack");
    done(wota_write_symbol(writer, WOTA_TRUE));
    TEXT("data");
    done(wota_write_blob(writer, stone));
    done(wota_writer_finish(writer, &message));
    return message;
}

static void read_text(wota_reader *reader)
{
    char text[64];
    size_t length;
    done(wota_read_text(reader, text, sizeof text, &length));
    SINK(text);
}

/* Looks at the type first, as an actor does, and then reads everything. */
static void read_all(const blob *message)
{
    wota_reader reader;
    uint64_t pairs;
    double number;
    int32_t symbol;
    blob *data;
    done(wota_reader_init(&reader, message, NULL));
    done(wota_find(&reader, "type", 4));
    read_text(&reader);
    done(wota_reader_init(&reader, message, NULL));
    done(wota_read_record(&reader, &pairs));
    for (int text = 0; text < 4; text += 1)
        read_text(&reader);
    for (int field = 0; field < 2; field += 1) {
        read_text(&reader);
        done(wota_read_number(&reader, &number));
        SINK(&number);
    }
    read_text(&reader);
    done(wota_read_symbol(&reader, &symbol));
    SINK(&symbol);
    read_text(&reader);
    done(wota_read_blob(&reader, &data));
    blob_destroy(data);
}

/* The caller owns the message. */
blob *bench_small_message(wota_writer *writer, blob *stone)
{
    return written(writer, stone);
}

void bench_small_life(wota_writer *writer, mailbox *box, blob *stone, size_t times)
{
    for (size_t time = 0; time < times; time += 1) {
        blob *letter;
        done(mailbox_post(box, written(writer, stone)));
        done(mailbox_take(box, 0, &letter));
        read_all(letter);
        blob_destroy(letter);
    }
}

void bench_small_write(wota_writer *writer, blob *stone, size_t times)
{
    for (size_t time = 0; time < times; time += 1)
        blob_destroy(written(writer, stone));
}

void bench_small_post(mailbox *box, blob *letter, size_t times)
{
    blob_incref(letter);
    for (size_t time = 0; time < times; time += 1) {
        done(mailbox_post(box, letter));
        done(mailbox_take(box, 0, &letter));
    }
    blob_destroy(letter);
}

void bench_small_read(const blob *message, size_t times)
{
    for (size_t time = 0; time < times; time += 1)
        read_all(message);
}
