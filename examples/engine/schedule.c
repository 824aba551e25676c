/* Many actors on few threads. An actor is on the ready list once, and runs on one thread at a time; what arrives
   while it runs puts it on the list again. Mailboxes report letters through mailbox_notify. */
#include "engine.h"

/* Under the mutex. */
static void make_ready(struct schedule *schedule, struct actor *actor) {
    actor->state = QUEUED;
    actor->next_ready = NULL;
    if (schedule->first == NULL)
        schedule->first = actor;
    else
        schedule->last->next_ready = actor;
    schedule->last = actor;
    pthread_cond_signal(&schedule->changed);
}

void schedule_wake(struct actor *actor) {
    struct schedule *schedule = &actor->engine->schedule;
    pthread_mutex_lock(&schedule->mutex);
    if (actor->state == IDLE)
        make_ready(schedule, actor);
    else if (actor->state == RUNNING)
        actor->state = WOKEN;
    pthread_mutex_unlock(&schedule->mutex);
}

/* The next actor, which belongs to this thread until it is released; NULL: the engine ends. */
static struct actor *next_actor(struct schedule *schedule) {
    pthread_mutex_lock(&schedule->mutex);
    while (schedule->first == NULL && !schedule->stopping)
        pthread_cond_wait(&schedule->changed, &schedule->mutex);
    struct actor *actor = schedule->stopping ? NULL : schedule->first;
    if (actor != NULL) {
        schedule->first = actor->next_ready;
        actor->state = RUNNING;
    }
    pthread_mutex_unlock(&schedule->mutex);
    return actor;
}

/* Letters left for the next time cause no new notification, so this checks for them. */
void schedule_let_go(struct actor *actor) {
    struct schedule *schedule = &actor->engine->schedule;
    bool more = actor_has_letters(actor);
    pthread_mutex_lock(&schedule->mutex);
    if (more || actor->state == WOKEN)
        make_ready(schedule, actor);
    else
        actor->state = IDLE;
    pthread_mutex_unlock(&schedule->mutex);
}

static void *run_actors(void *argument) {
    struct engine *engine = argument;
    struct actor *actor;
    while ((actor = next_actor(&engine->schedule)) != NULL) {
        actor_run(actor);
        if (!atomic_load(&actor->killed)) {
            schedule_let_go(actor);
        } else {
            engine_remove(engine, actor);
            actor_free(actor);
        }
    }
    return NULL;
}

bool schedule_start(struct engine *engine, int threads) {
    struct schedule *schedule = &engine->schedule;
    pthread_mutex_init(&schedule->mutex, NULL);
    pthread_cond_init(&schedule->changed, NULL);
    while (schedule->thread_count < threads && schedule->thread_count < THREADS_MOST) {
        if (pthread_create(&schedule->threads[schedule->thread_count], NULL, run_actors, engine) != 0)
            return false;
        schedule->thread_count++;
    }
    return true;
}

void schedule_stop(struct engine *engine) {
    struct schedule *schedule = &engine->schedule;
    pthread_mutex_lock(&schedule->mutex);
    schedule->stopping = true;
    pthread_cond_broadcast(&schedule->changed);
    pthread_mutex_unlock(&schedule->mutex);
    for (int i = 0; i < schedule->thread_count; i++)
        pthread_join(schedule->threads[i], NULL);
}
