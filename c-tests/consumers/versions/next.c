/* Stands in for the library with the next ABI. */
#include <stdint.h>

uint32_t drystone_abi_version(void);

uint32_t drystone_abi_version(void)
{
    return 1;
}
