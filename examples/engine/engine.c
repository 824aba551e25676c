/* The engine as a whole: its actors, by name. */
#include "engine.h"

#include <string.h>

bool engine_start(struct engine *engine, int threads) {
    memset(engine, 0, sizeof *engine);
    pthread_mutex_init(&engine->mutex, NULL);
    if (mailbox_new(0, &engine->host) != DRYSTONE_OK)
        return false;
    return loop_start(&engine->loop) && schedule_start(engine, threads);
}

void engine_end(struct engine *engine) {
    pthread_mutex_lock(&engine->mutex);
    for (struct actor *actor = engine->actors; actor != NULL; actor = actor->next)
        atomic_store(&actor->killed, true); /* ends turns that are under way */
    pthread_mutex_unlock(&engine->mutex);
    schedule_stop(engine);
    while (engine->actors != NULL) {
        struct actor *actor = engine->actors;
        engine_remove(engine, actor);
        actor_free(actor);
    }
    loop_end(&engine->loop);
    mailbox_destroy(engine->host);
    pthread_mutex_destroy(&engine->mutex);
}

bool engine_add(struct engine *engine, const char *name, const char *script, const struct limits *limits) {
    struct actor *actor = actor_new(engine, name, script, limits);
    if (actor == NULL)
        return false;
    pthread_mutex_lock(&engine->mutex);
    actor->next = engine->actors;
    engine->actors = actor;
    pthread_mutex_unlock(&engine->mutex);
    schedule_let_go(actor);
    return true;
}

/* Under the mutex. */
static struct actor *find(struct engine *engine, const char *name) {
    struct actor *actor = engine->actors;
    while (actor != NULL && strcmp(actor->name, name) != 0)
        actor = actor->next;
    return actor;
}

mailbox *engine_find(struct engine *engine, const char *name) {
    mailbox *found = NULL;
    pthread_mutex_lock(&engine->mutex);
    if (strcmp(name, "host") == 0) {
        found = engine->host;
    } else {
        struct actor *actor = find(engine, name);
        found = actor == NULL ? NULL : actor->mailbox;
    }
    mailbox_incref(found);
    pthread_mutex_unlock(&engine->mutex);
    return found;
}

bool engine_kill(struct engine *engine, const char *name) {
    pthread_mutex_lock(&engine->mutex);
    struct actor *actor = find(engine, name);
    if (actor != NULL) {
        atomic_store(&actor->killed, true);
        schedule_wake(actor); /* the thread that runs it, now or next, frees it */
    }
    pthread_mutex_unlock(&engine->mutex);
    return actor != NULL;
}

bool engine_is_turning(struct engine *engine, const char *name) {
    pthread_mutex_lock(&engine->mutex);
    struct actor *actor = find(engine, name);
    bool turning = actor != NULL && atomic_load(&actor->turning);
    pthread_mutex_unlock(&engine->mutex);
    return turning;
}

void engine_remove(struct engine *engine, struct actor *actor) {
    pthread_mutex_lock(&engine->mutex);
    struct actor **place = &engine->actors;
    while (*place != actor)
        place = &(*place)->next;
    *place = actor->next;
    pthread_mutex_unlock(&engine->mutex);
}
