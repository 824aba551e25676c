/* The methods of Blob that write to the end of an antestone and read from any bit of a stone. */
#ifndef DRYSTONE_QUICKJS_FIELDS_H
#define DRYSTONE_QUICKJS_FIELDS_H

#include "compat.h"

MODULE_FUNCTION(write_bit_method);
MODULE_FUNCTION(write_fit_method);
MODULE_FUNCTION(write_kim_method);
MODULE_FUNCTION(write_dec64_method);
MODULE_FUNCTION(write_text_method);
MODULE_FUNCTION(write_blob_method);
MODULE_FUNCTION(write_pad_method);
MODULE_FUNCTION(read_bit_method);
MODULE_FUNCTION(read_fit_method);
MODULE_FUNCTION(read_dec64_method);
MODULE_FUNCTION(read_text_method);
MODULE_FUNCTION(text_bits_method);
MODULE_FUNCTION(read_blob_method);
MODULE_FUNCTION(is_pad_method);

/* By their magic. */
enum { KIM_VALUE, KIM_BITS };
MODULE_FUNCTION(read_kim_method);

#endif
