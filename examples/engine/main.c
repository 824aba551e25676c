/* A demonstration: messages with a large stone go round a ring of actors, other actors fail in every way that the
   engine has to survive, and one is ended in mid-turn with its mailbox full. Every count is checked; the exit status is
   1 if one is wrong.

   Usage: engine [ACTORS [ROUNDS]] */
#include "engine.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 3, MESSAGES = 4, STONE_BYTES = 1 << 20 };

struct demo {
    blob *stone;
    int arrived, recovered, interrupted, timers, made, wrong;
};

static void need(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "engine: %s\n", what);
        exit(1);
    }
}

static const struct limits usual = { 0, 0, 0 };

/* Throws after sending: the outbox is discarded. */
static const char failing[] = "globalThis.receive = () => {\n"
                              "  post('host', { kind: 'never' });\n"
                              "  throw new Error('failing');\n"
                              "};";
/* Reaches its memory limit once, and continues. In large pieces, as quickjs-ng 0.14 needs some memory for the error. */
static const char hungry[] = "globalThis.receive = message => {\n"
                             "  if (message.first) for (const all = [];;) all.push(new Array(50000).fill(all.length));\n"
                             "  post('host', { kind: 'recovered' });\n"
                             "};";
/* Reaches its time limit once, and continues. */
static const char looping[] = "globalThis.receive = message => {\n"
                              "  if (message.first) for (;;);\n"
                              "  post('host', { kind: 'interrupted' });\n"
                              "};";
static const char waiting[] =
    "globalThis.receive = () => after(1, () => after(1, () => post('host', { kind: 'timer' })));";
static const char making[] =
    "import { stone } from 'drystone';\n"
    "globalThis.receive = () => post('host', { kind: 'made', data: stone(new Uint8Array(1000)) });";
static const char stuck[] = "globalThis.receive = () => { for (;;); };";
static const char relay[] = "const next = 'relay %d';\n"
                            "globalThis.receive = ({ hops, data }) => hops > 0\n"
                            "  ? post(next, { hops: hops - 1, data })\n"
                            "  : post('host', { kind: 'arrived', data });";

/* { first: 1 or 0 }, or { hops, data }: written by C, without a runtime. */
static blob *message_of(int hops, blob *data, bool first) {
    wota_writer *writer = NULL;
    blob *message = NULL;
    need(wota_writer_new(WOTA_CLASSIC, &writer) == DRYSTONE_OK, "writer");
    wota_write_record(writer, data == NULL ? 1 : 2);
    wota_write_text(writer, data == NULL ? "first" : "hops", data == NULL ? 5 : 4);
    wota_write_integer(writer, data == NULL ? first : hops);
    if (data != NULL) {
        wota_write_text(writer, "data", 4);
        wota_write_blob(writer, data);
    }
    need(wota_writer_finish(writer, &message) == DRYSTONE_OK, "message");
    wota_writer_free(writer);
    return message;
}

static drystone_status send(struct engine *engine, const char *name, blob *message) {
    mailbox *to = engine_find(engine, name);
    need(to != NULL, name);
    drystone_status status = mailbox_post(to, message);
    if (status != DRYSTONE_OK)
        blob_destroy(message);
    mailbox_destroy(to);
    return status;
}

/* Messages that scripts post to "host", read in place. The stone that arrives is the one that was sent. */
static bool report(void *context, blob *message) {
    struct demo *demo = context;
    wota_reader reader;
    char kind[16] = "";
    size_t length = 0;
    blob *data = NULL;
    if (wota_reader_init(&reader, message, NULL) == DRYSTONE_OK && wota_find(&reader, "kind", 4) == DRYSTONE_OK)
        wota_read_text(&reader, kind, sizeof kind - 1, &length);
    if (strcmp(kind, "arrived") == 0 && wota_reader_init(&reader, message, NULL) == DRYSTONE_OK &&
        wota_find(&reader, "data", 4) == DRYSTONE_OK && wota_read_blob(&reader, &data) == DRYSTONE_OK)
        demo->arrived += data == demo->stone;
    else if (strcmp(kind, "recovered") == 0)
        demo->recovered++;
    else if (strcmp(kind, "interrupted") == 0)
        demo->interrupted++;
    else if (strcmp(kind, "timer") == 0)
        demo->timers++;
    else if (strcmp(kind, "made") == 0)
        demo->made++;
    else
        demo->wrong++;
    blob_destroy(data);
    return demo->arrived < MESSAGES || demo->recovered + demo->interrupted + demo->timers + demo->made < 4;
}

static void add(struct engine *engine, const char *name, const char *script, struct limits limits) {
    need(engine_add(engine, name, script, &limits), name);
}

static void add_ring(struct engine *engine, int actors) {
    char name[32], script[sizeof relay + 16];
    for (int n = 0; n < actors; n++) {
        snprintf(name, sizeof name, "relay %d", n);
        snprintf(script, sizeof script, relay, (n + 1) % actors);
        add(engine, name, script, usual);
    }
}

/* An actor that never ends its turn gets letters until its mailbox is full, and is ended; blob_destroy alone frees
   its unread letters, including the stones in them. */
static void end_in_mid_turn(struct engine *engine, blob *stone) {
    add(engine, "stuck", stuck, (struct limits){ 100, 0, 0 });
    need(send(engine, "stuck", message_of(0, stone, false)) == DRYSTONE_OK, "the letter it will not get over");
    while (!engine_is_turning(engine, "stuck"))
        sched_yield();
    int unread = 0;
    while (send(engine, "stuck", message_of(0, stone, false)) == DRYSTONE_OK)
        unread++;
    need(unread >= 100, "a full mailbox");
    need(engine_kill(engine, "stuck"), "an actor to end");
    mailbox *there;
    while ((there = engine_find(engine, "stuck")) != NULL) {
        mailbox_destroy(there);
        sched_yield();
    }
}

int main(int argc, char **argv) {
    int actors = argc > 1 ? atoi(argv[1]) : 100, rounds = argc > 2 ? atoi(argv[2]) : 50;
    struct engine engine;
    struct demo demo = { .stone = blob_new(STONE_BYTES * (size_t)8) };
    need(actors > 0 && rounds > 0 && demo.stone != NULL && blob_make_stone(demo.stone) == DRYSTONE_OK, "stone");
    need(engine_start(&engine, THREADS), "start");
    add_ring(&engine, actors);
    add(&engine, "failing", failing, usual);
    add(&engine, "hungry", hungry, (struct limits){ .memory = 8 << 20 });
    add(&engine, "looping", looping, (struct limits){ .budget = 20 });
    add(&engine, "waiting", waiting, usual);
    add(&engine, "making", making, usual);

    long begun = atomic_load(&engine.turns); /* a script is a turn */
    for (int n = 0; n < MESSAGES; n++)
        need(send(&engine, "relay 0", message_of(actors * rounds, demo.stone, false)) == DRYSTONE_OK, "send");
    static const char *const others[] = { "failing", "hungry", "looping" };
    for (size_t n = 0; n < sizeof others / sizeof others[0]; n++)
        need(send(&engine, others[n], message_of(0, NULL, true)) == DRYSTONE_OK, others[n]);
    static const char *const rest[] = { "hungry", "looping", "waiting", "making" };
    for (size_t n = 0; n < sizeof rest / sizeof rest[0]; n++)
        need(send(&engine, rest[n], message_of(0, NULL, false)) == DRYSTONE_OK, rest[n]);
    need(loop_run(&engine, report, &demo), "loop");
    need(demo.arrived == MESSAGES && demo.wrong == 0, "every message arrived, with the stone that was sent");
    need(demo.recovered == 1 && demo.interrupted == 1 && demo.timers == 1 && demo.made == 1, "one of each");

    end_in_mid_turn(&engine, demo.stone);
    for (int n = 0; n < 1000; n++) /* letters in transit when the engine ends */
        send(&engine, n % 2 == 0 ? "making" : "waiting", message_of(0, demo.stone, false));
    long turns = atomic_load(&engine.turns) - begun;
    need(turns >= (long)MESSAGES * (actors * rounds + 1), "a turn for every hop");
    engine_end(&engine);
    need(atomic_load(&engine.failed_turns) >= 4, "three turns failed, and one was ended");
    blob_destroy(demo.stone);
    printf("engine: %d actors on %d threads, %ld turns, %d messages at their end, blobs alive %zu\n", actors, THREADS, turns, demo.arrived,
           drystone_blobs_alive());
    return drystone_blobs_alive() == 0 ? 0 : 1;
}
