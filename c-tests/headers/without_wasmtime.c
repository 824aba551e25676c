/* With DRYSTONE_NO_WASMTIME, drystone.h does not declare the host for wasmtime. */
#define DRYSTONE_NO_WASMTIME
#include <drystone.h>

/* These names then belong to the program. */
typedef char bucket_wasmtime;
typedef char bucket_wasmtime_options;

int main(void)
{
  bucket_wasmtime one = 0;
  bucket_wasmtime_options other = 0;
  return one + other + DRYSTONE_OK;
}
