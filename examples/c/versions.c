/* Persistent maps on a heap: a map that nobody shares changes in place. After bucket_share, a change of one version
 * leaves the other as it is. A version can become a stone, which any thread can read.
 *
 * prints: old version 3 entries, new version 4
 * prints: ann is 41, in the stone too
 */
#include <drystone.h>

#include <stdio.h>

int main(void)
{
    static const char *names[4] = {"ann", "bob", "cat", "dan"};
    bucket_heap *heap;
    uint32_t map, last = 0;
    if (bucket_heap_new(0, 1 << 20, &heap) != DRYSTONE_OK)
        return 1;
    bucket_memory *memory = bucket_heap_memory(heap);
    if (bucket_map_new(memory, &map) != DRYSTONE_OK)
        return 1;
    for (int64_t number = 0; number < 4; number += 1) {
        bucket_value value = {.tag = 'i', .as.i = 41 + number};
        if (number == 3 && bucket_share(memory, map, &last) != DRYSTONE_OK)
            return 1;
        if (bucket_map_set_text(memory, &map, names[number], 3, &value) != DRYSTONE_OK)
            return 1;
    }
    uint32_t before, after;
    if (bucket_map_size(memory, last, &before) != DRYSTONE_OK || bucket_map_size(memory, map, &after) != DRYSTONE_OK)
        return 1;
    printf("old version %d entries, new version %d\n", (int)before, (int)after);

    blob *stone;
    bucket_memory view;
    bucket_value found, packed;
    if (bucket_map_get_text(memory, map, "ann", 3, 'i', &found) != DRYSTONE_OK ||
        bucket_map_to_stone(memory, map, 's', 'i', &stone) != DRYSTONE_OK ||
        bucket_memory_of_stone(stone, &view, &map) != DRYSTONE_OK ||
        bucket_map_get_text(&view, map, "ann", 3, 'i', &packed) != DRYSTONE_OK)
        return 1;
    if (found.as.i == packed.as.i)
        printf("ann is %d, in the stone too\n", (int)packed.as.i);
    blob_destroy(stone);
    bucket_heap_free(heap);
    return drystone_blobs_alive() == 0 ? 0 : 1;
}
