/* Bucket maps in a guest's memory that moves and collects at every allocation (guest.h): random changes against a
 * simple model, and every allocation refused in turn. */
#include "guest.h"

enum { KEYS = 48, VERSIONS = 24 };

/* The n-th key or value: texts of many lengths. */
static const char *text_of(char letter, int number)
{
    static char text[64];
    snprintf(text, sizeof text, "%c%d %.*s", letter, number, number % 5 * 7,
             "and more text after the number, to be long");
    return text;
}

/* A map's entries, as numbers of keys and values, in its order. */
struct model {
    uint32_t map;
    int count;
    int keys[KEYS];
    int values[KEYS];
};

static int place_of(const struct model *model, int key)
{
    int place = 0;
    while (place < model->count && model->keys[place] != key)
        place += 1;
    return place;
}

static void model_insert(struct model *model, int key, int value)
{
    int place = place_of(model, key);
    model->keys[place] = key;
    model->values[place] = value;
    if (place == model->count)
        model->count += 1;
}

static void model_remove(struct model *model, int key)
{
    int place = place_of(model, key);
    if (place == model->count)
        return;
    model->count -= 1;
    for (; place < model->count; place += 1) {
        model->keys[place] = model->keys[place + 1];
        model->values[place] = model->values[place + 1];
    }
}

static void check_model(const struct guest *guest, const struct model *model)
{
    const bucket_memory *memory = &guest->memory;
    uint32_t cursor = 0;
    bucket_value key, value, found;
    bool contains = true;
    CHECK_OK(bucket_verify(memory, model->map));
    CHECK_EQUAL(model->count, size_of(memory, model->map));
    for (int place = 0; place < model->count; place += 1) {
        CHECK_OK(bucket_map_next(memory, model->map, 's', 's', &cursor, &key, &value));
        check_text(memory, key, text_of('k', model->keys[place]));
        check_text(memory, value, text_of('v', model->values[place]));
        const char *text = text_of('k', model->keys[place]);
        CHECK_OK(bucket_map_get_text(memory, model->map, text, strlen(text), 's', &found));
        CHECK_EQUAL(field_of(value), field_of(found));
    }
    CHECK_STATUS(DRYSTONE_END, bucket_map_next(memory, model->map, 's', 's', &cursor, &key, &value));
    CHECK_OK(bucket_map_contains_text(memory, model->map, "nowhere", 7, &contains));
    CHECK(!contains);
}

/* The strings of a call: the first has to stay alive while the second is made; then the call itself roots both. */
static void make_strings(struct guest *guest, int key, int value, bucket_value *key_text, bucket_value *value_text)
{
    *key_text = new_text(&guest->memory, text_of('k', key));
    guest_hold(guest, key_text->as.s.ptr);
    *value_text = new_text(&guest->memory, text_of('v', value));
    guest_release(guest, 1);
}

static void random_changes(uint32_t flags, uint64_t seed)
{
    struct random random = random_of(seed);
    struct guest *guest = guest_new(flags);
    bucket_memory *memory = &guest->memory;
    static struct model versions[VERSIONS];
    int count = 1, current = 0;
    versions[0] = (struct model){.map = guest_hold(guest, new_map(memory))};
    for (size_t step = 0; step < test_size(300, 60); step += 1) {
        int key = (int)random_below(&random, KEYS), value = (int)random_below(&random, 20);
        uint32_t kind = random_below(&random, 20);
        struct model next = versions[current];
        bucket_value key_text, value_text;
        make_strings(guest, key, value, &key_text, &value_text);
        /* In place: the caller promises that no other version is in use. */
        bool in_place = kind >= 10 && kind < 17;
        if (in_place || count == VERSIONS) {
            versions[0] = next;
            guest->held_count = 0;
            guest_hold(guest, next.map);
            count = 1;
            current = 0;
        }
        if (kind < 7) {
            CHECK_OK(bucket_map_insert(memory, next.map, &key_text, &value_text, &next.map));
            model_insert(&next, key, value);
        } else if (kind < 10) {
            CHECK_OK(bucket_map_remove(memory, next.map, &key_text, &next.map));
            model_remove(&next, key);
        } else if (kind < 14) {
            CHECK_OK(bucket_map_insert_in_place(memory, next.map, &key_text, &value_text));
            model_insert(&next, key, value);
        } else if (kind < 17) {
            CHECK_OK(bucket_map_remove_in_place(memory, next.map, &key_text));
            model_remove(&next, key);
        } else if (kind < 19) {
            current = (int)random_below(&random, (uint32_t)count);
            continue;
        } else {
            /* The map as a list of entries, some of them twice. */
            bucket_value keys[KEYS + 1], values[KEYS + 1];
            uint32_t cursor = 0, entries = 0;
            while (bucket_map_next(memory, next.map, 's', 's', &cursor, &keys[entries], &values[entries]) ==
                   DRYSTONE_OK)
                entries += 1;
            keys[entries] = key_text;
            values[entries] = value_text;
            CHECK_OK(bucket_map_from_entries(memory, keys, values, entries + 1, &next.map));
            model_insert(&next, key, value);
        }
        if (in_place) {
            versions[0] = next;
        } else {
            guest_hold(guest, next.map);
            versions[count] = next;
            current = count;
            count += 1;
        }
        CHECK_EQUAL(0, guest->root_count);
        /* The newest, and a third of the others. */
        check_model(guest, &versions[current]);
        for (int version = (int)step % 3; version < count; version += 3)
            check_model(guest, &versions[version]);
    }
    guest_free(guest);
}

static drystone_status change(struct guest *guest, int kind, uint32_t map, const bucket_value *key,
                              const bucket_value *value, uint32_t *out)
{
    bucket_memory *memory = &guest->memory;
    switch (kind) {
    case 0: return bucket_map_insert(memory, map, key, value, out);
    case 1: return bucket_map_insert_in_place(memory, map, key, value);
    case 2: return bucket_map_remove(memory, map, key, out);
    case 3: return bucket_map_remove_in_place(memory, map, key);
    default: return bucket_map_from_entries(memory, key, value, 1, out);
    }
}

/* The n-th allocation refused, for every n, at sizes where a bucket is full, nearly full, or has an index. */
static void refusals(uint32_t flags)
{
    for (int size = 0; size <= 36; size += size < 18 ? (int)test_size(1, 2) : 6) {
        for (int kind = 0; kind < 5; kind += 1) {
            for (int known = 0; known < (size == 0 ? 1 : 2); known += 1) {
                struct guest *guest = guest_new(flags);
                bucket_memory *memory = &guest->memory;
                struct model model = {.map = guest_hold(guest, new_map(memory))}, changed;
                bucket_value key_text, value_text;
                int key = known ? size / 2 : KEYS - 1;
                for (int number = 0; number < size; number += 1) {
                    make_strings(guest, number, number, &key_text, &value_text);
                    CHECK_OK(bucket_map_insert_in_place(memory, model.map, &key_text, &value_text));
                    model_insert(&model, number, number);
                }
                make_strings(guest, key, 99, &key_text, &value_text);
                guest_hold(guest, value_text.as.s.ptr);
                guest_hold(guest, key_text.as.s.ptr);
                drystone_status status = DRYSTONE_NO_MEMORY;
                uint32_t out = 77;
                size_t refused = 0;
                for (; status != DRYSTONE_OK; refused += 1) {
                    CHECK(refused < 10);
                    guest->allocations_left = refused;
                    status = change(guest, kind, model.map, &key_text, &value_text, &out);
                    guest->allocations_left = SIZE_MAX;
                    CHECK_EQUAL(0, guest->root_count);
                    CHECK_EQUAL(guest->pushed, guest->popped);
                    if (status == DRYSTONE_OK)
                        break;
                    CHECK_STATUS(DRYSTONE_NO_MEMORY, status);
                    CHECK_EQUAL(77, out);
                    check_model(guest, &model);
                }
                CHECK(kind != 3 || refused == 0);
                CHECK(kind == 4 ? refused >= 2 : true);
                changed = model;
                if (kind == 2 || kind == 3)
                    model_remove(&changed, key);
                else if (kind == 4)
                    changed = (struct model){.count = 1, .keys = {key}, .values = {99}};
                else
                    model_insert(&changed, key, 99);
                bool in_place = kind == 1 || kind == 3;
                changed.map = in_place ? model.map : guest_hold(guest, out);
                /* One more collection, with only the maps as roots. */
                uint32_t held = guest->held[guest->held_count - 1];
                guest->held_count = 1;
                guest_hold(guest, in_place ? model.map : held);
                (void)new_text(memory, "another allocation");
                check_model(guest, &changed);
                if (!in_place)
                    check_model(guest, &model);
                guest_free(guest);
            }
        }
    }
}

/* Pointers (tag b): blocks in a map are kept alive, and so are a call's arguments, even if it allocates twice. */
static void pointers(uint32_t flags)
{
    struct guest *guest = guest_new(flags);
    bucket_memory *memory = &guest->memory;
    uint32_t map = guest_hold(guest, new_map(memory));
    for (int64_t number = 0; number < 40; number += 1) {
        uint32_t block = memory->alloc(memory, 16);
        CHECK(block != 0);
        memset(memory->base + block, 0, guest_usable(memory, block));
        store_half(memory->base + block, (uint32_t)number * 2 + 1);
        bucket_value key = of_integer(number), value = of_bits(block);
        if (number % 2 == 0) {
            map = insert(memory, map, key, value);
        } else {
            /* Blocks as keys, too; the map is the value. */
            uint32_t set = 0;
            CHECK_OK(bucket_set_from_elements(memory, &value, 1, &set));
            value = of_bits(set);
            map = insert(memory, map, key, value);
        }
        guest_release(guest, 1);
        guest_hold(guest, map);
        for (int64_t known = 0; known <= number; known += 1) {
            bucket_value found, element;
            uint32_t cursor = 0;
            key = of_integer(known);
            CHECK_OK(bucket_map_get(memory, map, &key, 'b', &found));
            if (known % 2 == 1) {
                CHECK_OK(bucket_verify(memory, found.as.b));
                CHECK_OK(bucket_set_next(memory, found.as.b, 'b', &cursor, &element));
                found = element;
            }
            CHECK_EQUAL(known * 2 + 1, half_at(memory, found.as.b));
        }
    }
    /* Small numbers are passed as roots too, as their meaning is unknown; they keep nothing alive. */
    bucket_value truth = of_bits(1);
    (void)insert(memory, map, of_integer(99), truth);
    guest_free(guest);
}

/* Reused blocks that were larger and full of rubbish are zeroed to their end, where a collector looks for pointers. */
static void stale_tails(void)
{
    struct guest *guest = guest_new(0);
    bucket_memory *memory = &guest->memory;
    CHECK(memory->alloc(memory, 40) != 0 && memory->alloc(memory, 300) != 0);
    uint32_t map = guest_hold(guest, new_map(memory));
    uint32_t more = guest_hold(guest, insert(memory, map, of_integer(1), of_integer(1)));
    uint32_t bucket = half_at(memory, more + 8), blocks[3] = {map, more, bucket};
    uint32_t asked[3] = {WRAPPER_BYTES, WRAPPER_BYTES, HEADER_BYTES + 8 * SLOT_BYTES};
    bool larger = false;
    for (int place = 0; place < 3; place += 1) {
        uint32_t size = guest_usable(memory, blocks[place]);
        larger |= size > asked[place] + 8;
        for (uint32_t at = asked[place]; at < size; at += 1)
            CHECK_EQUAL(0, memory->base[blocks[place] + at]);
    }
    CHECK(larger);
    bucket_value text = new_text(memory, "a");
    for (uint32_t at = 1; at < guest_usable(memory, text.as.s.ptr); at += 1)
        CHECK_EQUAL(0, memory->base[text.as.s.ptr + at]);
    guest_free(guest);
}

static uint32_t u32_at(const bucket_memory *memory, uint64_t offset)
{
    uint32_t word = 0;
    CHECK(offset + sizeof word <= memory->length);
    memcpy(&word, memory->base + offset, sizeof word);
    return word;
}

/* Results in blocks, as a guest's imports return them: only the call roots the map, every allocation fails once, and
 * the blocks keep alive what they refer to. */
static void imports(uint32_t flags)
{
    static const char *const names[] = {"map_get$ks_vs", "map_keys$ks", "map_keys$ks", "map_values$vs"};
    static const uint8_t types[] = {0, 0, 0};
    test_case = "imports";
    for (size_t number = 0; number < 4; number += 1) {
        struct guest *guest = guest_new(flags);
        bucket_memory *memory = &guest->memory;
        bucket_import *import = NULL;
        uint32_t map = guest_hold(guest, new_map(memory));
        for (int entry = 0; entry < 20; entry += 1) {
            bucket_value key, value;
            make_strings(guest, entry, entry, &key, &value);
            CHECK_OK(bucket_map_insert(memory, map, &key, &value, &map));
            guest_release(guest, guest->held_count);
            guest_hold(guest, map);
        }
        size_t parameters = number == 0 ? 3 : 1, results = number < 2 ? 1 : 2;
        CHECK_OK(bucket_import_new(names[number], strlen(names[number]), types, parameters, types, results, NULL, &import));
        uint32_t cursor = 0;
        bucket_value key, value;
        CHECK_OK(bucket_map_next(memory, map, 's', 's', &cursor, &key, &value));
        uint64_t words[] = {map, key.as.s.ptr, key.as.s.len}, given[2] = {77, 77};
        guest_release(guest, guest->held_count);
        guest->allocations_left = 0;
        CHECK_STATUS(DRYSTONE_NO_MEMORY, bucket_import_call(memory, import, words, parameters, given));
        CHECK_EQUAL(77, given[0]);
        guest->allocations_left = SIZE_MAX;
        CHECK_OK(bucket_import_call(memory, import, words, parameters, given));
        guest_hold(guest, (uint32_t)given[0]);
        /* Allocates another block, which collects everything that is not reachable. */
        CHECK_OK(bucket_string_new(memory, "more", 4, &value));
        bool is_option = number == 0, has_header = number == 1;
        CHECK_EQUAL(is_option ? 1 : 20, results == 2 ? given[1] : u32_at(memory, given[0]));
        for (int entry = 0; entry < (is_option ? 1 : 20); entry += 1) {
            uint64_t at = given[0] + (is_option ? 4 : has_header ? 8 : 0) + 8 * (uint64_t)entry;
            bucket_value text = of_text(u32_at(memory, at), u32_at(memory, at + 4));
            check_text(memory, text, text_of(number == 1 || number == 2 ? 'k' : 'v', entry));
        }
        guest_release(guest, guest->held_count);
        bucket_import_free(import);
        guest_free(guest);
    }
}

int main(void)
{
    for (uint32_t flags = 0; flags < 4; flags += 1) {
        for (uint64_t seed = 1; seed <= test_size(4, 1); seed += 1)
            random_changes(flags, seed);
        refusals(flags);
        pointers(flags);
        imports(flags);
    }
    stale_tails();
    return test_end("bucket_guest");
}
