/* Mailbox objects, without the methods of their class. */
#ifndef DRYSTONE_QUICKJS_MAILBOX_OBJECT_H
#define DRYSTONE_QUICKJS_MAILBOX_OBJECT_H

#include "runtime.h"

/* A Mailbox object for the mailbox. Takes over the caller's count, even on failure. */
static JSValue mailbox_object_new(JSContext *ctx, struct module *module, mailbox *owned);
/* The mailbox of a Mailbox object, borrowed. NULL: the value is not a Mailbox; no exception. */
static mailbox *mailbox_of(struct module *module, JSValueConst value);
/* The same for a method's this_value. NULL: an exception is pending. */
static mailbox *this_mailbox(JSContext *ctx, struct module *module, JSValueConst this_value);

#endif
