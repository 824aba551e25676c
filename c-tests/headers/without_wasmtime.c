/* drystone.h leaves the host of wasmtime out when it is told to. */
#define DRYSTONE_NO_WASMTIME
#include <drystone.h>

/* Names of the program's own then. */
typedef char bucket_wasmtime;
typedef char bucket_wasmtime_options;

int main(void)
{
  bucket_wasmtime one = 0;
  bucket_wasmtime_options other = 0;
  return one + other + DRYSTONE_OK;
}
