/* drystone_wasmtime.h may be included first; it includes drystone.h. */
#include <drystone_wasmtime.h>

static drystone_status status;

int main(void)
{
  bucket_wasmtime_options options;
  options.struct_size = sizeof options;
  return options.struct_size == 0 || status != DRYSTONE_OK;
}
