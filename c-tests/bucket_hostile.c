/* Bucket maps in memory that others wrote into: whatever it contains, a call returns a status, terminates, and
 * touches nothing outside. The windows have an inaccessible page before or after them. */
#define _DEFAULT_SOURCE /* for MAP_ANONYMOUS */
#include <drystone_inline.h>

#include "bucket.h"

#include <sys/mman.h>
#include <unistd.h>

enum { WINDOW = 1 << 14, TABLES = 9, KEYS = 40 };

static bucket_memory memory;
static uint32_t top;
static uint32_t roots;
static uint8_t *pages;
static uint8_t image[WINDOW];
static uint32_t image_top;
static uint32_t tables[TABLES];
/* The same map, opened before the memory was damaged. */
static bucket_table opened[TABLES];
static volatile uint64_t sink;

static uint32_t bump(bucket_memory *from, uint32_t size)
{
    uint32_t block = top;
    if (size > from->length - block)
        return 0;
    top += (size + 7) / 8 * 8;
    return block;
}

static void push(bucket_memory *from, uint32_t offset)
{
    CHECK(from == &memory && offset != 0);
    roots += 1;
}

static void pop(bucket_memory *from, uint32_t count)
{
    CHECK(from == &memory && count <= roots);
    roots -= count;
}

/* The window is at the end of the accessible pages, or at their beginning. */
static void open_window(bool at_end, size_t length)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t middle = (length + page - 1) / page * page;
    pages = mmap(NULL, middle + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED);
    CHECK_EQUAL(0, mprotect(pages + page, middle, PROT_READ | PROT_WRITE));
    memory = (bucket_memory){.base = pages + page + (at_end ? middle - length : 0), .length = length, .alloc = bump,
                             .push_root = push, .pop_roots = pop};
    top = 16;
}

static void close_window(size_t length)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    CHECK_EQUAL(0, munmap(pages, (length + page - 1) / page * page + 2 * page));
}

static const char *name_of(uint32_t number)
{
    static char name[64];
    snprintf(name, sizeof name, "%.*s%u", (int)(number % 30), "so many characters of this text", number);
    return name;
}

/* Every form of map and set: none, small, with index, with holes, shared, plain, of texts. */
static void build(void)
{
    bucket_value elements[KEYS], names[KEYS];
    for (uint32_t number = 0; number < KEYS; number += 1) {
        elements[number] = of_integer(number);
        names[number] = new_text(&memory, name_of(number));
    }
    tables[0] = new_map(&memory);
    CHECK_OK(bucket_map_from_entries(&memory, elements, elements, 4, &tables[1]));
    CHECK_OK(bucket_map_from_entries(&memory, elements, names, KEYS, &tables[2]));
    CHECK_OK(bucket_map_from_entries(&memory, names, elements, KEYS, &tables[3]));
    for (int place = 3; place < 20; place += 3)
        CHECK_OK(bucket_map_remove_in_place(&memory, tables[3], &names[place]));
    CHECK_OK(bucket_map_from_entries(&memory, elements, elements, 9, &tables[4]));
    tables[5] = insert(&memory, tables[4], of_integer(77), of_integer(77));
    memory.flags = BUCKET_PLAIN;
    CHECK_OK(bucket_map_from_entries(&memory, names, names, 10, &tables[6]));
    memory.flags = 0;
    CHECK_OK(bucket_set_from_elements(&memory, names, 20, &tables[7]));
    CHECK_OK(bucket_set_from_elements(&memory, elements, 3, &tables[8]));
    for (int table = 0; table < TABLES; table += 1)
        CHECK_OK(bucket_verify(&memory, tables[table]));
    for (int table = 0; table < TABLES; table += 1)
        CHECK_OK(table < 7 ? bucket_map_open(&memory, tables[table], &opened[table])
                           : bucket_set_open(&memory, tables[table], &opened[table]));
    memcpy(image, memory.base, WINDOW);
    image_top = top;
    CHECK(image_top < WINDOW * 2 / 3);
}

static void known(drystone_status status)
{
    const uint32_t all = 1u << DRYSTONE_OK | 1u << DRYSTONE_NO_MEMORY | 1u << DRYSTONE_OUT_OF_RANGE |
                         1u << DRYSTONE_MALFORMED | 1u << DRYSTONE_LIMIT_EXCEEDED | 1u << DRYSTONE_WRONG_TYPE |
                         1u << DRYSTONE_NOT_FOUND | 1u << DRYSTONE_END | 1u << DRYSTONE_INVALID_ARGUMENT;
    CHECK(status >= 0 && status < 32 && (all >> status & 1) != 0);
    CHECK_EQUAL(0, roots);
}

/* A string that a call returned is in the window, or is refused. */
static void touch(const bucket_memory *of, const bucket_value *value)
{
    const char *utf8 = NULL;
    uint32_t length = 0;
    drystone_status status = bucket_string_data(of, value, &utf8, &length);
    known(status);
    if (status != DRYSTONE_OK || length == 0)
        return;
    CHECK((const uint8_t *)utf8 >= of->base && (size_t)((const uint8_t *)utf8 - of->base) + length <= of->length);
    sink += (uint8_t)utf8[0] + (uint64_t)(uint8_t)utf8[length - 1];
}

static void try_opened(const bucket_memory *of, const bucket_table *table, const bucket_value *key)
{
    bucket_value found = of_integer(0), inlined = of_integer(0);
    int64_t integer = 0, inlined_integer = 0;
    bool contains = false;
    drystone_status status = bucket_table_get(table, key, 's', &found);
    known(status);
    CHECK_STATUS(status, bucket_table_get_inline(table, key, 's', &inlined));
    CHECK(inlined.tag == found.tag && inlined.as.i == found.as.i);
    if (status == DRYSTONE_OK)
        touch(of, &found);
    known(bucket_table_get_text(table, "so many", 7, 's', &found));
    status = bucket_table_get_integer(table, key->as.i, &integer);
    known(status);
    CHECK_STATUS(status, bucket_table_get_integer_inline(table, key->as.i, &inlined_integer));
    CHECK_EQUAL(integer, inlined_integer);
    known(bucket_table_contains(table, key, &contains));
    known(bucket_table_contains_text(table, "so1", 3, &contains));
}

static void try_reading(const bucket_memory *of, uint32_t table, const bucket_value *key)
{
    bucket_table now;
    uint32_t size = 0, cursor = 0, steps = 0;
    uint64_t fields[256];
    bucket_value found = of_integer(0), other = found;
    bool contains = false;
    drystone_status status;
    known(bucket_verify(of, table));
    known(bucket_map_size(of, table, &size));
    known(bucket_set_size(of, table, &size));
    status = bucket_map_get(of, table, key, 's', &found);
    known(status);
    if (status == DRYSTONE_OK)
        touch(of, &found);
    known(bucket_map_get_text(of, table, "so many", 7, 's', &found));
    known(bucket_map_contains(of, table, key, &contains));
    known(bucket_set_contains(of, table, key, &contains));
    known(bucket_map_contains_text(of, table, "so1", 3, &contains));
    known(bucket_set_contains_text(of, table, "so1", 3, &contains));
    status = bucket_map_open(of, table, &now);
    known(status);
    if (status == DRYSTONE_OK)
        try_opened(of, &now, key);
    status = bucket_set_open(of, table, &now);
    known(status);
    if (status == DRYSTONE_OK)
        try_opened(of, &now, key);
    known(bucket_map_keys(of, table, fields, 256, &size));
    known(bucket_map_values(of, table, fields, 256, &size));
    known(bucket_set_elements(of, table, fields, 3, &size));
    /* No more entries than slots fit into the window. */
    while ((status = bucket_map_next(of, table, 's', 's', &cursor, &found, &other)) == DRYSTONE_OK) {
        touch(of, &found);
        touch(of, &other);
        steps += 1;
        CHECK(steps <= of->length / SLOT_BYTES);
    }
    known(status);
    cursor = (uint32_t)sink;
    known(bucket_set_next(of, table, 's', &cursor, &found));
}

static void try_stones(const bucket_memory *of, uint32_t table)
{
    for (int kind = 0; kind < 4; kind += 1) {
        blob *stone = NULL;
        drystone_status status = kind < 2 ? bucket_map_to_stone(of, table, kind == 0 ? 's' : 'i', 's', &stone)
                                          : bucket_set_to_stone(of, table, kind == 2 ? 's' : 'f', &stone);
        known(status);
        CHECK((status == DRYSTONE_OK) == (stone != NULL));
        blob_destroy(stone);
    }
}

static void try_changing(bucket_memory *of, uint32_t table, const bucket_value *key)
{
    uint32_t changed = 0;
    bucket_value value = of_integer(99), text = of_text(40, 5), other = of_integer(123456);
    known(bucket_map_insert(of, table, key, &value, &changed));
    known(bucket_map_insert(of, table, &other, key, &changed));
    known(bucket_map_remove(of, table, key, &changed));
    known(bucket_set_add(of, table, key, &changed));
    known(bucket_set_remove(of, table, key, &changed));
    known(bucket_map_insert_in_place(of, table, &text, &value));
    known(bucket_map_insert_in_place(of, table, key, &text));
    known(bucket_set_add_in_place(of, table, &other));
    known(bucket_map_remove_in_place(of, table, key));
    known(bucket_set_remove_in_place(of, table, key));
}

static void try_all(const bucket_value *key, bool with_changes)
{
    for (int table = 0; table < TABLES; table += 1) {
        try_reading(&memory, tables[table], key);
        try_opened(&memory, &opened[table], key);
        if (with_changes) {
            try_stones(&memory, tables[table]);
            /* A call that stops halfway must not hide the effect of another. */
            try_changing(&memory, tables[table], key);
        }
    }
}

static void restore(uint32_t flags)
{
    memcpy(memory.base, image, image_top);
    memset(memory.base + image_top, 0, WINDOW - image_top);
    top = image_top;
    memory.flags = flags;
}

static uint32_t interesting(struct random *random, uint32_t old)
{
    const uint32_t values[] = {0, 1, 2, 8, 0x7FFFFFFFu, 0x80000000u, 0x80000001u, WINDOW, WINDOW - 1, WINDOW - 12,
                               0xFFFFFFFFu, 0xFFFFFFF8u, 1u << 26, 1u << 27, 1u << 28, old + 1, old - 1, old << 1,
                               old ^ 0x80000000u, map_tag, set_tag, decimal_tag, tables[random_below(random, TABLES)]};
    return values[random_below(random, sizeof values / sizeof values[0])];
}

static bucket_value random_key(struct random *random)
{
    uint32_t number = random_below(random, KEYS);
    switch (random_below(random, 4)) {
    case 0: return of_integer(number);
    case 1: return of_number(number);
    case 2: return of_text(random_below(random, WINDOW), number);
    default: return of_text(16 + number * 8, 1 + number % 30);
    }
}

static void every_byte(void)
{
    struct random random = random_of(1);
    size_t step = test_size(5, 151);
    for (size_t at = 0; at < image_top; at += step) {
        for (int bit = 0; bit < 8; bit += 7) {
            bucket_value key = random_key(&random);
            restore(at % 3 == 0 ? BUCKET_PLAIN : 0);
            memory.base[at] ^= (uint8_t)(1 << bit);
            try_all(&key, at % 2 == 0);
        }
    }
}

static void random_words(uint64_t seed)
{
    struct random random = random_of(seed);
    for (size_t round = 0; round < test_size(1500, 40); round += 1) {
        restore((uint32_t)round & 3);
        for (uint32_t change = 0; change <= round % 4; change += 1) {
            /* Wrappers, headers, slots and trailers are few of the bytes, but the most important ones. */
            uint32_t table = tables[random_below(&random, TABLES)], bucket = half_at(&memory, table + 8);
            uint32_t at = random_below(&random, image_top - 4);
            uint32_t capacity = bucket < WINDOW - 8 ? half_at(&memory, bucket) : 0;
            switch (random_below(&random, 5)) {
            case 0: at = table + 4 * random_below(&random, 3); break;
            case 1: at = bucket + 4 * random_below(&random, 2); break;
            case 2: at = bucket + 8 + 4 * random_below(&random, 5 * 9); break;
            case 3: at = bucket + 8 + 24 * capacity + 4 * random_below(&random, 3); break;
            default: break;
            }
            if (at > WINDOW - 4)
                continue;
            store_half(memory.base + at, interesting(&random, half_at(&memory, at)));
        }
        bucket_value key = random_key(&random);
        try_all(&key, true);
    }
}

/* Only rubbish, with wrappers at arbitrary offsets. */
static void rubbish(void)
{
    struct random random = random_of(3);
    for (size_t round = 0; round < test_size(6000, 200); round += 1) {
        size_t length = round % 200;
        open_window(round % 2 == 0, length);
        for (size_t at = 0; at < length; at += 1)
            memory.base[at] = (uint8_t)(random_below(&random, 3) == 0 ? random_next(&random) : 0);
        if (length >= 28) {
            uint32_t view = random_below(&random, 4) == 0 ? 0 : ours | random_below(&random, 10);
            store_wrapper(memory.base + 8, round % 5 == 0 ? set_tag : map_tag, view,
                          random_below(&random, (uint32_t)length));
            if (round % 3 == 0)
                store_half(memory.base + load_half(memory.base + 16) % (length - 4), 8);
        }
        bucket_value key = random_key(&random);
        top = (uint32_t)length / 2;
        for (uint32_t wrapper = 0; wrapper < 12; wrapper += 4) {
            try_reading(&memory, wrapper == 4 ? UINT32_MAX - (uint32_t)round : wrapper, &key);
            try_changing(&memory, wrapper, &key);
        }
        close_window(length);
    }
}

/* An owner whose allocator returns invalid blocks. */
static uint32_t given;
static uint32_t give(bucket_memory *from, uint32_t size)
{
    (void)from;
    (void)size;
    return given;
}

static void blocks_outside(void)
{
    const uint32_t places[] = {WINDOW - 11, WINDOW - 1, WINDOW, WINDOW + 1, 0x80000000u, UINT32_MAX};
    bucket_value key = of_integer(500), string;
    for (size_t place = 0; place < sizeof places / sizeof places[0]; place += 1) {
        uint32_t out = 77;
        restore(0);
        memory.alloc = give;
        given = places[place];
        CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_new(&memory, &out));
        CHECK_STATUS(DRYSTONE_MALFORMED, bucket_set_new(&memory, &out));
        CHECK_STATUS(DRYSTONE_MALFORMED, bucket_string_new(&memory, "twelve bytes", 12, &string));
        CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_from_entries(&memory, &key, &key, 1, &out));
        for (int table = 0; table < 7; table += 1) {
            CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_insert(&memory, tables[table], &key, &key, &out));
            CHECK_OK(bucket_verify(&memory, tables[table]));
        }
        CHECK(memcmp(memory.base, image, image_top) == 0);
        CHECK_EQUAL(77, out);
    }
    /* A block inside the memory, but in use: its content is lost, and nothing else. */
    for (given = 1; given < image_top; given += (uint32_t)test_size(5, 97)) {
        restore(given % 4);
        memory.alloc = give;
        try_all(&key, true);
    }
    memory.alloc = bump;
}

/* One key in all slots: every entry of the index has the same position. Copying does not take quadratic time. */
static void one_key(void)
{
    uint32_t capacity = (uint32_t)test_size(1 << 18, 1 << 15), count = capacity * 3 / 4, out = 77;
    size_t length = 64 + (size_t)capacity * 3 * 24;
    open_window(true, length);
    store_wrapper(memory.base + 16, map_tag, 0, 32);
    store_half(memory.base + 32, capacity);
    store_half(memory.base + 36, count);
    for (uint32_t slot = 0; slot < count; slot += 1)
        store_slot(memory.base, 32, slot, 5, 5);
    top = 32 + HEADER_BYTES + SLOT_BYTES * capacity;
    bucket_value key = of_integer(6), same = of_integer(5);
    blob *stone = NULL;
    CHECK_OK(bucket_verify(&memory, 16));
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_to_stone(&memory, 16, 'i', 'i', &stone));
    memory.alloc = bump;
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_insert(&memory, 16, &key, &key, &out));
    top = 32 + HEADER_BYTES + SLOT_BYTES * capacity;
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_remove(&memory, 16, &same, &out));
    CHECK(out == 77 && stone == NULL);
    CHECK_EQUAL(0, roots);
    close_window(length);
}

/* A heap whose block headers, free lists and maps were overwritten. */
static void broken_heaps(void)
{
    struct random random = random_of(4);
    for (size_t round = 0; round < test_size(1000, 30); round += 1) {
        bucket_heap *heap = new_heap(1 << 20);
        bucket_memory *of = bucket_heap_memory(heap);
        of->flags |= (uint32_t)round % 4;
        uint32_t maps[24];
        bucket_value texts[24];
        maps[0] = new_map(of);
        texts[0] = new_text(of, "first");
        for (uint32_t number = 1; number < 24; number += 1) {
            texts[number] = new_text(of, name_of(number));
            maps[number] = insert(of, maps[number - 1], texts[number], texts[number - 1]);
        }
        for (uint32_t number = 0; number < 24; number += 3) {
            CHECK_OK(bucket_release(of, maps[number]));
            CHECK_OK(bucket_string_release(of, &texts[number]));
        }
        uint32_t used = maps[23] + 100;
        for (uint32_t change = 0; change < 1 + round % 6; change += 1) {
            uint32_t at = random_below(&random, used) / 8 * 8;
            switch (random_below(&random, 4)) {
            case 0: at = maps[random_below(&random, 24)] - 8; break;
            case 1: at = texts[random_below(&random, 24)].as.s.ptr - 8; break;
            case 2: at = half_at(of, maps[1 + random_below(&random, 23)] + 8) - 8; break;
            default: break;
            }
            at += 4 * random_below(&random, 3);
            if (at <= of->length - 4)
                store_half(of->base + at, interesting(&random, half_at(of, at)));
        }
        for (int again = 0; again < 3; again += 1) {
            for (uint32_t number = 0; number < 24; number += 1) {
                known(bucket_release(of, maps[random_below(&random, 24)]));
                known(bucket_string_release(of, &texts[random_below(&random, 24)]));
                known(bucket_release(of, random_below(&random, used)));
                try_changing(of, maps[number], &texts[number]);
                bucket_value string;
                uint32_t built;
                known(bucket_string_new(of, "another", 7, &string));
                known(bucket_map_from_entries(of, texts, texts, number, &built));
            }
            try_reading(of, maps[again], &texts[again]);
        }
        /* Enough bytes to start a sweep for unreferenced strings. */
        static const char large[8000];
        for (int number = 0; number < 20; number += 1) {
            bucket_value string;
            drystone_status status = bucket_string_new(of, large, sizeof large, &string);
            known(status);
            if (status == DRYSTONE_OK)
                known(bucket_string_release(of, &string));
        }
        CHECK(of->length <= 1 << 20);
        bucket_heap_free(heap);
    }
}

int main(void)
{
    for (int at_end = 0; at_end < 2; at_end += 1) {
        open_window(at_end, WINDOW);
        build();
        every_byte();
        random_words(10 + (uint64_t)at_end);
        blocks_outside();
        close_window(WINDOW);
    }
    rubbish();
    one_key();
    broken_heaps();
    return test_end("bucket_hostile");
}
