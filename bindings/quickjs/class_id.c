/* Many hosts keep class ids in statics: the counter of the first runtime assigns them, and the host registers the same
   numbers in every later runtime, whose counter does not know of them. So our ids are the same in every runtime too.
   They leave a gap below for ids that a host has taken before it first imports the module, the counter moves past them,
   and an id that is taken nevertheless is replaced by the next free one. */
#include "class_id.h"

#include <stdatomic.h>

/* An engine with one counter for the process never assigns an id twice. */
#define GAP (CLASS_IDS_OF_PROCESS ? 0 : 32)
/* The engines refuse ids from here on. */
#define CLASS_ID_END (1 << 16)

/* The id of a class in every runtime where it is free; JS_INVALID_CLASS_ID: not known yet. */
static _Atomic(JSClassID) usual_ids[OUR_CLASSES];
static _Atomic(JSClassID) least_id;

static JSClassID least_of(JSRuntime *runtime) {
    JSClassID least = atomic_load(&least_id);
    if (least == JS_INVALID_CLASS_ID) {
        JSClassID wanted = fresh_class_id(runtime) + GAP;
        if (atomic_compare_exchange_strong(&least_id, &least, wanted))
            least = wanted;
    }
    return least;
}

/* CLASS_ID_END or more: there is no free id left. */
static JSClassID free_class_id(JSRuntime *runtime, enum our_class which) {
    JSClassID usual = atomic_load(&usual_ids[which]), id;
    if (CLASS_IDS_OF_PROCESS && usual != JS_INVALID_CLASS_ID)
        return usual;
    JSClassID least = usual == JS_INVALID_CLASS_ID ? least_of(runtime) : usual;
    do
        id = fresh_class_id(runtime);
    while (id < CLASS_ID_END && (id < least || JS_IsRegisteredClass(runtime, id)));
    if (id < CLASS_ID_END && usual == JS_INVALID_CLASS_ID)
        atomic_compare_exchange_strong(&usual_ids[which], &usual, id);
    return id;
}

int register_class(JSContext *ctx, enum our_class which, const JSClassDef *definition, JSClassID *id) {
    JSRuntime *runtime = JS_GetRuntime(ctx);
    *id = free_class_id(runtime, which);
    if (*id >= CLASS_ID_END) {
        JS_ThrowRangeError(ctx, "the runtime has no class id left");
        return -1;
    }
    /* With one counter for the process, only we can have registered it. */
    if (CLASS_IDS_OF_PROCESS && JS_IsRegisteredClass(runtime, *id))
        return 0;
    if (JS_NewClass(runtime, *id, definition) < 0) { /* the id is free, so it is that */
        JS_ThrowOutOfMemory(ctx);
        return -1;
    }
    return 0;
}
