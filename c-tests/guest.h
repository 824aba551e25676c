/* A guest's memory at its worst: every allocation moves it, runs a conservative collection, fills freed blocks with
 * rubbish, and hands out old, larger blocks with stale content. Include it once. */
#ifndef DRYSTONE_GUEST_H
#define DRYSTONE_GUEST_H

#include "bucket.h"

enum { GUEST_ROOTS = 4096, GUEST_HELD = 512, GUEST_RUBBISH = 0xDE };

struct guest_block {
    uint32_t offset;
    uint32_t size;
    bool free;
    bool reached;
};

struct guest {
    bucket_memory memory;
    struct guest_block *blocks;
    uint32_t *work; /* as long as the blocks; marking takes each once */
    size_t block_count;
    uint32_t roots[GUEST_ROOTS];
    size_t root_count;
    uint32_t held[GUEST_HELD]; /* the guest's own variables */
    size_t held_count;
    size_t allocations_left;
    size_t pushed;
    size_t popped;
};

static struct guest_block *guest_block_at(struct guest *guest, uint32_t offset)
{
    size_t low = 0, high = guest->block_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (guest->blocks[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    struct guest_block *found = low == 0 ? NULL : &guest->blocks[low - 1];
    return found != NULL && found->offset == offset && !found->free ? found : NULL;
}

static void guest_reach(struct guest *guest, uint32_t offset, size_t *waiting)
{
    struct guest_block *block = guest_block_at(guest, offset);
    if (block == NULL || block->reached)
        return;
    block->reached = true;
    guest->work[*waiting] = (uint32_t)(block - guest->blocks);
    *waiting += 1;
}

static void guest_collect(struct guest *guest)
{
    size_t waiting = 0;
    for (size_t place = 0; place < guest->block_count; place += 1)
        guest->blocks[place].reached = false;
    for (size_t place = 0; place < guest->root_count; place += 1)
        guest_reach(guest, guest->roots[place], &waiting);
    for (size_t place = 0; place < guest->held_count; place += 1)
        guest_reach(guest, guest->held[place], &waiting);
    while (waiting > 0) {
        waiting -= 1;
        const struct guest_block *block = &guest->blocks[guest->work[waiting]];
        for (uint32_t at = 0; at + 4 <= block->size; at += 4)
            guest_reach(guest, load_half(guest->memory.base + block->offset + at), &waiting);
    }
    for (size_t place = 0; place < guest->block_count; place += 1) {
        struct guest_block *block = &guest->blocks[place];
        if (!block->reached && !block->free) {
            block->free = true;
            memset(guest->memory.base + block->offset, GUEST_RUBBISH, block->size);
        }
    }
}

static uint32_t guest_alloc(bucket_memory *memory, uint32_t size)
{
    struct guest *guest = memory->context;
    CHECK(&guest->memory == memory && size > 0);
    guest_collect(guest);
    if (guest->allocations_left == 0)
        return 0;
    guest->allocations_left -= 1;
    /* It moves even when it does not grow, so that an old pointer into it points to freed memory. */
    size_t length = memory->length;
    uint32_t rounded = (size + 7) / 8 * 8, offset = 0;
    for (size_t place = 0; place < guest->block_count && offset == 0; place += 1) {
        struct guest_block *block = &guest->blocks[place];
        if (block->free && block->size >= size && block->size <= 4 * size + 64) {
            block->free = false;
            offset = block->offset;
        }
    }
    size_t new_length = offset == 0 ? length + rounded : length;
    uint8_t *moved = malloc(new_length);
    CHECK(moved != NULL);
    memcpy(moved, memory->base, length);
    memset(moved + length, GUEST_RUBBISH, new_length - length);
    free(memory->base);
    memory->base = moved;
    memory->length = new_length;
    if (offset == 0) {
        offset = (uint32_t)length;
        guest->block_count += 1;
        guest->blocks = realloc(guest->blocks, guest->block_count * sizeof *guest->blocks);
        guest->work = realloc(guest->work, guest->block_count * sizeof *guest->work);
        CHECK(guest->blocks != NULL && guest->work != NULL);
        guest->blocks[guest->block_count - 1] = (struct guest_block){.offset = offset, .size = rounded};
    }
    return offset;
}

static void guest_push(bucket_memory *memory, uint32_t offset)
{
    struct guest *guest = memory->context;
    CHECK(guest->root_count < GUEST_ROOTS && offset != 0);
    guest->roots[guest->root_count] = offset;
    guest->root_count += 1;
    guest->pushed += 1;
}

static void guest_pop(bucket_memory *memory, uint32_t count)
{
    struct guest *guest = memory->context;
    CHECK(count > 0 && count <= guest->root_count);
    guest->root_count -= count;
    guest->popped += count;
}

static uint32_t guest_usable(bucket_memory *memory, uint32_t offset)
{
    struct guest_block *block = guest_block_at(memory->context, offset);
    CHECK(block != NULL);
    return block->size;
}

static inline struct guest *guest_new(uint32_t flags)
{
    struct guest *guest = calloc(1, sizeof *guest);
    CHECK(guest != NULL);
    guest->allocations_left = SIZE_MAX;
    guest->memory = (bucket_memory){.base = calloc(1, 16), .length = 16, .context = guest, .flags = flags,
                                    .alloc = guest_alloc, .push_root = guest_push, .pop_roots = guest_pop,
                                    .usable_size = guest_usable};
    CHECK(guest->memory.base != NULL);
    return guest;
}

static inline void guest_free(struct guest *guest)
{
    CHECK_EQUAL(0, guest->root_count);
    CHECK_EQUAL(guest->pushed, guest->popped);
    free(guest->memory.base);
    free(guest->blocks);
    free(guest->work);
    free(guest);
}

/* One of the guest's own variables; the newest ones end with guest_release. */
static inline uint32_t guest_hold(struct guest *guest, uint32_t offset)
{
    CHECK(guest->held_count < GUEST_HELD);
    guest->held[guest->held_count] = offset;
    guest->held_count += 1;
    return offset;
}

static inline void guest_release(struct guest *guest, size_t count)
{
    CHECK(count <= guest->held_count);
    guest->held_count -= count;
}

#endif
