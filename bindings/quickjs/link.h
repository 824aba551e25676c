#ifndef DRYSTONE_QUICKJS_LINK_H
#define DRYSTONE_QUICKJS_LINK_H

#include "compat.h"

/* Mailbox.link: the same as `new Link`. */
MODULE_FUNCTION(link_function);

#endif
