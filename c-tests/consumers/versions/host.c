/* A program of this ABI that loads a plugin of the next ABI: each calls the library it was built with. */
#include <drystone.h>

#include <dlfcn.h>
#include <stdio.h>

int main(int count, char **arguments)
{
    if (count != 2)
        return 1;
    void *plugin = dlopen(arguments[1], RTLD_NOW | RTLD_GLOBAL);
    if (plugin == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    uint32_t (*plugin_abi_version)(void) = NULL;
    *(void **)&plugin_abi_version = dlsym(plugin, "plugin_abi_version");
    if (plugin_abi_version == NULL)
        return 1;
    printf("host %u, plugin %u\n", (unsigned)drystone_abi_version(), (unsigned)plugin_abi_version());
    return 0;
}
