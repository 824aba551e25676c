/* A plugin that was built with the next ABI. */
#include <stdint.h>

uint32_t drystone_abi_version(void);
uint32_t plugin_abi_version(void);

uint32_t plugin_abi_version(void)
{
    return drystone_abi_version();
}
