/* The map of stb_ds.h behind calls, as in a program that has it in a library. */
#define STB_DS_IMPLEMENTATION
#include <stb/stb_ds.h>

#include <stdint.h>

struct pair {
    uint64_t key;
    uint64_t value;
};

struct map {
    struct pair *pairs;
};

void *bench_stb_new(void)
{
    return calloc(1, sizeof(struct map));
}

void bench_stb_free(struct map *map)
{
    hmfree(map->pairs);
    free(map);
}

void bench_stb_put(struct map *map, uint64_t key, uint64_t value)
{
    hmput(map->pairs, key, value);
}

uint64_t bench_stb_get(struct map *map, uint64_t key)
{
    return hmget(map->pairs, key);
}
