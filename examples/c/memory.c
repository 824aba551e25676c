/* Maps in a memory of the program's own: the library asks a function of ours for blocks, and keeps nothing elsewhere.
 * A guest's memory is used in the same way; here it is one array, whose blocks are never freed.
 *
 * prints: 1000 keys, 42 has the value 4200
 * prints: the old version has 999 keys
 */
#include <drystone.h>

#include <stdio.h>

static uint8_t bytes[1 << 20];
static uint32_t used = 16; /* offset 0 means "none" */

static uint32_t allocate(bucket_memory *memory, uint32_t size)
{
    if (size > memory->length - used)
        return 0;
    uint32_t block = used; /* any alignment; it may contain anything */
    used += size;
    return block;
}

int main(void)
{
    bucket_memory memory = {.base = bytes, .length = sizeof bytes, .alloc = allocate};
    uint32_t map, old;
    if (bucket_map_new(&memory, &map) != DRYSTONE_OK)
        return 1;
    for (int64_t number = 0; number < 999; number += 1) {
        bucket_value key = {.tag = 'i', .as.i = number}, value = {.tag = 'i', .as.i = 100 * number};
        if (bucket_map_insert_in_place(&memory, map, &key, &value) != DRYSTONE_OK)
            return 1;
    }
    bucket_value key = {.tag = 'i', .as.i = 999}, found;
    old = map; /* stays as it is: the insertion makes a new version, which shares the entries */
    if (bucket_map_insert(&memory, old, &key, &key, &map) != DRYSTONE_OK)
        return 1;

    uint32_t size;
    key.as.i = 42;
    if (bucket_map_get(&memory, map, &key, 'i', &found) != DRYSTONE_OK ||
        bucket_map_size(&memory, map, &size) != DRYSTONE_OK)
        return 1;
    printf("%d keys, 42 has the value %d\n", (int)size, (int)found.as.i);
    if (bucket_map_size(&memory, old, &size) != DRYSTONE_OK)
        return 1;
    printf("the old version has %d keys\n", (int)size);
    return 0;
}
