/* A small actor engine on QuickJS and drystone, to be read and copied: many actors, each a JSRuntime with a mailbox,
   on a few threads. README.md explains how the parts fit together. */
#ifndef ENGINE_H
#define ENGINE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <drystone_quickjs.h>

enum { LETTERS = 64, TIMERS = 16, THREADS_MOST = 16 };

/* An item that waits for an actor. An engine can add kinds of its own; only blobs have to be freed. */
enum letter_type { LETTER_BLOB, LETTER_TIMER };

struct letter {
    enum letter_type type;
    union {
        blob *message; /* LETTER_BLOB: counted */
        int timer;     /* LETTER_TIMER: its index in the actor's timers */
    };
};

enum actor_state { IDLE, QUEUED, RUNNING, WOKEN /* while running */ };

struct actor {
    struct engine *engine;
    char name[32];
    mailbox *mailbox;        /* messages, from any thread */
    mailbox_outbox *outbox;  /* what the running turn sends */
    JSRuntime *runtime;      /* this and all below belong to the thread that runs the actor */
    JSContext *context;
    JSValue receive;         /* the script's function for messages */
    JSValue timers[TIMERS];  /* functions; JS_UNDEFINED: free */
    pthread_mutex_t mutex;   /* of the ring */
    struct letter letters[LETTERS];
    size_t first, count;
    atomic_bool killed;
    atomic_bool turning;     /* a turn of the script is under way */
    long budget, spent;      /* of a turn, in calls of the interrupt handler; 0: no bound */
    enum actor_state state;  /* under the schedule's mutex, as the next two */
    struct actor *next_ready;
    struct actor *next;      /* in the engine's list, under its mutex */
};

struct limits {
    size_t letters; /* capacity of the mailbox; 0: no bound */
    size_t memory;  /* bytes of the runtime */
    long budget;
};

/* actor.c */
/* Compiles and runs the script; NULL if memory runs out or the script throws. The actor counts as running until it is
   released. */
struct actor *actor_new(struct engine *engine, const char *name, const char *script, const struct limits *limits);
void actor_free(struct actor *actor);
/* Runs waiting items, up to a number of turns. */
void actor_run(struct actor *actor);
bool actor_has_letters(struct actor *actor);
void actor_push(struct actor *actor, struct letter letter);

/* schedule.c: actors with something to do, and the threads that run them */
struct schedule {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct actor *first, *last; /* ready */
    bool stopping;
    int thread_count;
    pthread_t threads[THREADS_MOST];
};

bool schedule_start(struct engine *engine, int threads);
void schedule_stop(struct engine *engine);
void schedule_wake(struct actor *actor);   /* any thread; the actor lives */
void schedule_let_go(struct actor *actor); /* by the thread that ran it, or made it */

/* loop.c: one thread that waits for time and descriptors */
struct timer {
    struct timer *next; /* by time */
    struct actor *actor;
    int place;
    int64_t due; /* milliseconds */
};

struct loop {
    pthread_mutex_t mutex;
    struct timer *timers;
    int wake[2]; /* a pipe */
};

bool loop_start(struct loop *loop);
void loop_end(struct loop *loop);
bool loop_add_timer(struct loop *loop, struct actor *actor, int place, int64_t milliseconds);
void loop_forget(struct loop *loop, const struct actor *actor);
/* Runs timers, and passes messages for "host" to `report`, until it returns false. */
bool loop_run(struct engine *engine, bool (*report)(void *context, blob *message), void *context);

/* engine.c */
struct engine {
    pthread_mutex_t mutex; /* of the list */
    struct actor *actors;
    mailbox *host; /* what scripts post to "host" */
    struct schedule schedule;
    struct loop loop;
    atomic_long turns, failed_turns, refused_letters;
};

bool engine_start(struct engine *engine, int threads);
/* Stops the threads and frees every actor in any state, with its unread letters. */
void engine_end(struct engine *engine);
bool engine_add(struct engine *engine, const char *name, const char *script, const struct limits *limits);
/* The mailbox of that name with one count more, or NULL. */
mailbox *engine_find(struct engine *engine, const char *name);
/* Ends an actor, even in mid-turn. False: no actor has that name. */
bool engine_kill(struct engine *engine, const char *name);
/* Whether it is in the middle of a turn. */
bool engine_is_turning(struct engine *engine, const char *name);
/* Removes the actor: it can no longer be found. */
void engine_remove(struct engine *engine, struct actor *actor);

#endif
