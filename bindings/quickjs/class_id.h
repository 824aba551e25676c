/* Class ids that no other code in the runtime uses. */
#ifndef DRYSTONE_QUICKJS_CLASS_ID_H
#define DRYSTONE_QUICKJS_CLASS_ID_H

#include "compat.h"

/* All classes. A runtime keeps their ids and a context their prototypes in this order. */
enum our_class {
    MODULE_CLASS,
    BLOB_CLASS,
    MAILBOX_CLASS,
    MAILBOX_ITERATOR_CLASS,
    OUTBOX_CLASS,
    LINK_CLASS,
#ifdef DRYSTONE_QUICKJS_POST
    POST_OFFICE_CLASS,
#endif
    FEEDER_CLASS,
    BUCKET_ITERATOR_CLASS,
    STONE_RECORD_CLASS,
    STONE_ARRAY_CLASS,
    BUCKET_MAP_CLASS,
    BUCKET_SET_CLASS,
    STONE_MAP_CLASS,
    STONE_SET_CLASS,
    OUR_CLASSES
};

/* -1: an exception is pending. */
static int register_class(JSContext *ctx, enum our_class which, const JSClassDef *definition, JSClassID *id);

#endif
