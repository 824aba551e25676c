/* Bucket maps on a heap: every call with every tag, the order, and versions that do not change. */
#include "bucket.h"

#include <math.h>

static bucket_heap *heap;
static bucket_memory *memory;

static uint64_t get(uint32_t map, bucket_value key)
{
    bucket_value found = of_integer(77);
    bool contains = false;
    CHECK_OK(bucket_map_contains(memory, map, &key, &contains));
    CHECK(contains);
    CHECK_OK(bucket_map_get(memory, map, &key, 'i', &found));
    CHECK_EQUAL('i', found.tag);
    return (uint64_t)found.as.i;
}

static void check_absent(uint32_t map, bucket_value key)
{
    bucket_value found = of_integer(77);
    bool contains = true;
    uint32_t same = 0;
    CHECK_OK(bucket_map_contains(memory, map, &key, &contains));
    CHECK(!contains);
    CHECK_STATUS(DRYSTONE_NOT_FOUND, bucket_map_get(memory, map, &key, 'i', &found));
    CHECK(found.tag == 'i' && found.as.i == 77);
    /* Nothing to remove: the result is the version itself, with one more user. */
    CHECK_OK(bucket_map_remove(memory, map, &key, &same));
    CHECK_EQUAL(map, same);
    CHECK_OK(bucket_release(memory, same));
    CHECK_OK(bucket_map_remove_in_place(memory, map, &key));
}

/* Six different keys of one tag, with unusual bits. */
struct sort {
    uint8_t tag;
    bucket_value keys[6];
};

static void sorts(struct sort *into)
{
    static const int64_t integers[6] = {0, -1, 1, INT64_MIN, INT64_MAX, INT64_C(1) << 32};
    static const double numbers[6] = {0.0, 0.1, -0.1, HUGE_VAL, -HUGE_VAL, 5e-324};
    static const char *const texts[6] = {"", "a", "b", "ab", "a text of more than sixteen bytes", "caf\xC3\xA9"};
    static const uint32_t bits[6] = {0, 1, 2, 255, 0x80000000u, UINT32_MAX};
    for (int place = 0; place < 6; place += 1) {
        into[0].keys[place] = of_integer(integers[place]);
        into[1].keys[place] = of_number(numbers[place]);
        into[2].keys[place] = new_text(memory, texts[place]);
        into[3].keys[place] = of_bits(bits[place]);
    }
    for (int place = 0; place < 4; place += 1)
        into[place].tag = into[place].keys[0].tag;
}

/* Every call with keys and values of every tag, in place and persistent. */
static void every_tag(void)
{
    struct sort all[4];
    sorts(all);
    for (int keys = 0; keys < 4; keys += 1) {
        for (int values = 0; values < 4; values += 1) {
            uint32_t map = new_map(memory), in_place = new_map(memory), built = 0, cursor = 0;
            for (int place = 0; place < 6; place += 1) {
                uint32_t changed = insert(memory, map, all[keys].keys[place], all[values].keys[5 - place]);
                CHECK_OK(bucket_map_insert_in_place(memory, in_place, &all[keys].keys[place],
                                                    &all[values].keys[5 - place]));
                CHECK_OK(bucket_release(memory, map));
                map = changed;
            }
            bucket_value reversed[6];
            for (int place = 0; place < 6; place += 1)
                reversed[place] = all[values].keys[5 - place];
            CHECK_OK(bucket_map_from_entries(memory, all[keys].keys, reversed, 6, &built));
            uint32_t maps[3] = {map, in_place, built};
            for (int which = 0; which < 3; which += 1) {
                CHECK_OK(bucket_verify(memory, maps[which]));
                CHECK_EQUAL(6, size_of(memory, maps[which]));
                cursor = 0;
                for (int place = 0; place < 6; place += 1) {
                    bucket_value key, value, found;
                    CHECK_OK(bucket_map_next(memory, maps[which], all[keys].tag, all[values].tag, &cursor, &key,
                                             &value));
                    CHECK_EQUAL(all[keys].tag, key.tag);
                    CHECK_EQUAL(all[values].tag, value.tag);
                    CHECK_EQUAL(field_of(all[keys].keys[place]), field_of(key));
                    CHECK_EQUAL(field_of(reversed[place]), field_of(value));
                    CHECK_OK(bucket_map_get(memory, maps[which], &key, all[values].tag, &found));
                    CHECK_EQUAL(field_of(value), field_of(found));
                }
                CHECK_OK(bucket_release(memory, maps[which]));
            }
        }
    }
    for (int place = 1; place < 6; place += 1)
        CHECK_OK(bucket_string_release(memory, &all[2].keys[place]));
}

static void same_value_zero(void)
{
    const double nan_one = double_of_bits(0x7FF8000000000000u), nan_other = double_of_bits(0xFFF0000000000001u);
    uint64_t bits[4];
    uint32_t count = 0;
    /* With more than eight slots, equal keys must have equal hashes. */
    for (uint32_t fillers = 0; fillers <= 40; fillers += 40) {
        uint32_t map = new_map(memory);
        bucket_value one = of_integer(1), two = of_integer(2), minus = of_number(-0.0), nan_key = of_number(nan_one);
        CHECK_OK(bucket_map_insert_in_place(memory, map, &minus, &one));
        CHECK_OK(bucket_map_insert_in_place(memory, map, &nan_key, &one));
        for (uint32_t filler = 1; filler <= fillers; filler += 1) {
            bucket_value key = of_number(filler + .5);
            CHECK_OK(bucket_map_insert_in_place(memory, map, &key, &one));
        }
        CHECK_EQUAL(1, get(map, of_number(0.0)));
        CHECK_EQUAL(1, get(map, of_number(nan_other)));
        uint32_t changed = insert(memory, map, of_number(0.0), two);
        bucket_value other = of_number(nan_other);
        CHECK_OK(bucket_map_insert_in_place(memory, changed, &other, &two));
        CHECK_EQUAL(2 + fillers, size_of(memory, changed));
        uint64_t keys[42];
        CHECK_OK(bucket_map_keys(memory, changed, keys, 42, &count));
        CHECK_EQUAL(2 + fillers, count);
        CHECK_EQUAL(0x8000000000000000u, keys[0]);
        CHECK_EQUAL(0x7FF8000000000000u, keys[1]);
        CHECK_EQUAL(2, get(changed, minus));
        CHECK_EQUAL(2, get(changed, nan_key));
        CHECK_EQUAL(1, get(map, minus));
        bucket_value plus = of_number(0.0);
        CHECK_OK(bucket_map_remove_in_place(memory, changed, &plus));
        CHECK_OK(bucket_map_remove_in_place(memory, changed, &other));
        check_absent(changed, minus);
        check_absent(changed, nan_key);
        CHECK_OK(bucket_release(memory, changed));
        CHECK_OK(bucket_release(memory, map));
    }
    /* An integer that is read as a double follows the rules of doubles: the tag of the call decides. */
    bucket_value elements[4] = {of_number(-0.0), of_number(0.0), of_number(nan_one), of_number(nan_other)};
    uint32_t set = 0;
    CHECK_OK(bucket_set_from_elements(memory, elements, 4, &set));
    CHECK_OK(bucket_set_elements(memory, set, bits, 4, &count));
    CHECK_EQUAL(2, count);
    CHECK_EQUAL(0x8000000000000000u, bits[0]);
    CHECK_OK(bucket_release(memory, set));
}

static void order(void)
{
    uint32_t map = new_map(memory), older;
    for (int64_t key = 3; key >= 1; key -= 1) {
        bucket_value value = of_integer(key);
        CHECK_OK(bucket_map_insert_in_place(memory, map, &value, &value));
    }
    CHECK_ENTRIES(memory, map, {3, 3}, {2, 2}, {1, 1});
    older = insert(memory, map, of_integer(2), of_integer(20));
    CHECK_ENTRIES(memory, older, {3, 3}, {2, 20}, {1, 1});
    uint32_t removed = without(memory, older, of_integer(3));
    CHECK_ENTRIES(memory, removed, {2, 20}, {1, 1});
    uint32_t again = insert(memory, removed, of_integer(3), of_integer(33));
    CHECK_ENTRIES(memory, again, {2, 20}, {1, 1}, {3, 33});
    CHECK_ENTRIES(memory, removed, {2, 20}, {1, 1});
    CHECK_ENTRIES(memory, map, {3, 3}, {2, 2}, {1, 1});
    bucket_value two = of_integer(2), value = of_integer(22);
    CHECK_OK(bucket_map_remove_in_place(memory, map, &two));
    CHECK_ENTRIES(memory, map, {3, 3}, {1, 1});
    CHECK_OK(bucket_map_insert_in_place(memory, map, &two, &value));
    CHECK_ENTRIES(memory, map, {3, 3}, {1, 1}, {2, 22});
    uint32_t all[4] = {map, older, removed, again};
    for (int place = 0; place < 4; place += 1)
        CHECK_OK(bucket_release(memory, all[place]));
    CHECK_EQUAL(0, bucket_heap_used(heap));
}

/* A cursor continues when entries before or after it are removed or overwritten. */
static void cursors(void)
{
    uint32_t map = new_map(memory), cursor = 0, seen = 0;
    bucket_value key, value, zero = of_integer(0);
    for (int64_t number = 0; number < 100; number += 1) {
        key = of_integer(number);
        CHECK_OK(bucket_map_insert_in_place(memory, map, &key, &zero));
    }
    while (bucket_map_next(memory, map, 'i', 'i', &cursor, &key, &value) == DRYSTONE_OK) {
        bucket_value one = of_integer(1), later = of_integer(key.as.i + 1);
        CHECK_OK(bucket_map_insert_in_place(memory, map, &key, &one));
        CHECK_OK(bucket_map_remove_in_place(memory, map, &key));
        CHECK_OK(bucket_map_remove_in_place(memory, map, &later));
        seen += 1;
    }
    CHECK_EQUAL(50, seen);
    CHECK_EQUAL(0, size_of(memory, map));
    CHECK_OK(bucket_verify(memory, map));
    /* A cursor beyond the end stays at the end. */
    key = value = of_integer(77);
    uint32_t at = cursor;
    CHECK_STATUS(DRYSTONE_END, bucket_map_next(memory, map, 'i', 'i', &cursor, &key, &value));
    CHECK_EQUAL(at, cursor);
    cursor = UINT32_MAX;
    CHECK_STATUS(DRYSTONE_END, bucket_map_next(memory, map, 'i', 'i', &cursor, &key, &value));
    CHECK(cursor == UINT32_MAX && key.as.i == 77 && value.as.i == 77);
    CHECK_OK(bucket_release(memory, map));
}

/* A new version can be made from any version; none of them changes, in one bucket or in several. */
static void versions(void)
{
    enum { LIMIT = 400 };
    static uint32_t all[LIMIT];
    static int64_t contents[LIMIT][64][2];
    static uint32_t sizes[LIMIT];
    struct random random = random_of(7);
    uint32_t count = 1;
    all[0] = new_map(memory);
    while (count < test_size(LIMIT, 100)) {
        uint32_t from = random_below(&random, 4) == 0 ? random_below(&random, count) : count - 1;
        int64_t key = random_below(&random, 40), value = random_below(&random, 5);
        uint32_t place = 0, size = sizes[from];
        memcpy(contents[count], contents[from], sizeof contents[count]);
        int64_t(*content)[2] = contents[count];
        while (place < size && content[place][0] != key)
            place += 1;
        if (random_below(&random, 5) != 0) {
            all[count] = insert(memory, all[from], of_integer(key), of_integer(value));
            /* The same value again is the same version. */
            CHECK((place < size && content[place][1] == value) == (all[count] == all[from]));
            content[place][0] = key;
            content[place][1] = value;
            sizes[count] = place < size ? size : size + 1;
        } else {
            all[count] = without(memory, all[from], of_integer(key));
            CHECK((place == size) == (all[count] == all[from]));
            sizes[count] = place < size ? size - 1 : size;
            for (; place + 1 < size; place += 1)
                memcpy(content[place], content[place + 1], sizeof content[place]);
        }
        count += 1;
        for (uint32_t version = count % 7; version < count; version += 7)
            check_entries(memory, all[version], (const int64_t(*)[2])contents[version], sizes[version]);
    }
    /* Releasing the last version of a bucket frees it, whichever version that is. */
    while (count > 0) {
        uint32_t which = random_below(&random, count);
        check_entries(memory, all[which], (const int64_t(*)[2])contents[which], sizes[which]);
        CHECK_OK(bucket_release(memory, all[which]));
        count -= 1;
        all[which] = all[count];
        sizes[which] = sizes[count];
        memcpy(contents[which], contents[count], sizeof contents[which]);
    }
    CHECK_EQUAL(0, bucket_heap_used(heap));
}

static void from_entries(void)
{
    enum { COUNT = 1000 };
    static bucket_value keys[COUNT], values[COUNT];
    uint32_t map = 0, set = 0;
    for (uint32_t place = 0; place < COUNT; place += 1) {
        keys[place] = of_integer(place % 7 * 1000);
        values[place] = of_integer(place);
    }
    CHECK_OK(bucket_map_from_entries(memory, keys, values, 1, &map));
    CHECK_ENTRIES(memory, map, {0, 0});
    CHECK_OK(bucket_release(memory, map));
    CHECK_OK(bucket_map_from_entries(memory, keys, values, COUNT, &map));
    CHECK_ENTRIES(memory, map, {0, 994}, {1000, 995}, {2000, 996}, {3000, 997}, {4000, 998}, {5000, 999}, {6000, 993});
    CHECK_OK(bucket_release(memory, map));
    CHECK_OK(bucket_set_from_elements(memory, keys, COUNT, &set));
    uint32_t size = 0;
    CHECK_OK(bucket_set_size(memory, set, &size));
    CHECK_EQUAL(7, size);
    CHECK_OK(bucket_release(memory, set));
    /* Values with different tags are allowed; keys with different tags are refused. */
    values[3] = of_bits(3);
    CHECK_OK(bucket_map_from_entries(memory, keys, values, COUNT, &map));
    CHECK_OK(bucket_release(memory, map));
    uint32_t before = map;
    keys[COUNT - 1] = of_number(1);
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_map_from_entries(memory, keys, values, COUNT, &map));
    keys[COUNT - 1].tag = 'x';
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_set_from_elements(memory, keys, COUNT, &map));
    keys[COUNT - 1] = keys[0];
    values[COUNT - 1].tag = 0;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_map_from_entries(memory, keys, values, COUNT, &map));
    CHECK_EQUAL(before, map);
    CHECK_EQUAL(0, bucket_heap_used(heap));
}

static void columns(void)
{
    for (uint32_t size = 0; size < 40; size += 1) {
        uint32_t map = new_map(memory), count = 77;
        uint64_t fields[50];
        for (uint32_t number = 0; number < size; number += 1) {
            bucket_value key = of_integer(number), value = of_number(number);
            CHECK_OK(bucket_map_insert_in_place(memory, map, &key, &value));
        }
        CHECK_OK(bucket_map_keys(memory, map, NULL, 0, &count));
        CHECK_EQUAL(size, count);
        for (uint32_t room = 1; room < 50; room += 1) {
            memset(fields, 0x5A, sizeof fields);
            count = 77;
            drystone_status status = bucket_map_keys(memory, map, fields, room, &count);
            CHECK_STATUS(room < size ? DRYSTONE_OUT_OF_RANGE : DRYSTONE_OK, status);
            CHECK_EQUAL(status == DRYSTONE_OK ? size : 77, count);
            uint32_t written = status == DRYSTONE_OK ? size : 0;
            for (uint32_t place = 0; place < 50; place += 1)
                CHECK_EQUAL(place < written ? place : 0x5A5A5A5A5A5A5A5Au, fields[place]);
            CHECK_STATUS(status, bucket_map_values(memory, map, fields, room, &count));
            for (uint32_t place = 0; place < written; place += 1)
                CHECK_EQUAL(bits_of_double(place), fields[place]);
        }
        CHECK_OK(bucket_release(memory, map));
    }
}

/* Texts outside the memory find the same keys as strings in it. */
static void texts(void)
{
    static char letters[100];
    memset(letters, 'x', sizeof letters);
    uint32_t map = new_map(memory), set = 0;
    bucket_value strings[100];
    CHECK_OK(bucket_set_new(memory, &set));
    for (uint32_t length = 0; length < 100; length += 1) {
        bucket_value value = of_integer(length);
        CHECK_OK(bucket_string_new(memory, letters, length, &strings[length]));
        CHECK_OK(bucket_map_insert_in_place(memory, map, &strings[length], &value));
        CHECK_OK(bucket_set_add_in_place(memory, set, &strings[length]));
    }
    for (uint32_t length = 0; length < 100; length += 1) {
        bucket_value found = of_integer(77), again;
        bool contains = false;
        CHECK_OK(bucket_map_get_text(memory, map, letters, length, 'i', &found));
        CHECK_EQUAL(length, found.as.i);
        CHECK_OK(bucket_map_contains_text(memory, map, letters, length, &contains));
        CHECK(contains);
        contains = false;
        CHECK_OK(bucket_set_contains_text(memory, set, letters, length, &contains));
        CHECK(contains);
        /* A string in another block with the same content is the same key. */
        CHECK_OK(bucket_string_new(memory, letters, length, &again));
        CHECK(length == 0 || again.as.s.ptr != strings[length].as.s.ptr);
        CHECK_EQUAL(length, get(map, again));
        if (length > 0) {
            letters[length - 1] = 'y';
            CHECK_STATUS(DRYSTONE_NOT_FOUND, bucket_map_get_text(memory, map, letters, length, 'i', &found));
            CHECK_OK(bucket_set_contains_text(memory, set, letters, length, &contains));
            CHECK(!contains);
            letters[length - 1] = 'x';
        }
        CHECK_OK(bucket_string_release(memory, &again));
        CHECK_OK(bucket_string_release(memory, &strings[length]));
    }
    /* A map's text may point anywhere; only reading the text fails. */
    bucket_value nowhere = of_text(0xFFFFFFF0u, 100);
    const char *utf8 = letters;
    uint32_t length = 77;
    bool contains = true;
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_string_data(memory, &nowhere, &utf8, &length));
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_contains(memory, map, &nowhere, &contains));
    CHECK(contains && utf8 == letters && length == 77);
    bucket_value number = of_integer(1);
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_string_data(memory, &number, &utf8, &length));
    CHECK_OK(bucket_release(memory, map));
    CHECK_OK(bucket_release(memory, set));
}

/* A map is not a set, a set is not a map, and every call refuses letters that are not tags. */
static void other_kinds(void)
{
    uint32_t map = new_map(memory), set = 0, out = 77, cursor = 0;
    bucket_value one = of_integer(1), unknown = {.tag = 'I'}, found = of_integer(77);
    bool contains = true;
    blob *stone = NULL;
    CHECK_OK(bucket_map_insert_in_place(memory, map, &one, &one));
    CHECK_OK(bucket_set_from_elements(memory, &one, 1, &set));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_map_get(memory, set, &one, 'i', &found));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_set_contains(memory, map, &one, &contains));
    for (int letter = 0; letter < 256; letter += 1) {
        uint8_t tag = (uint8_t)letter;
        unknown.tag = tag;
        bool known = letter == 'i' || letter == 'f' || letter == 's' || letter == 'b';
        if (known)
            continue;
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_map_get(memory, map, &unknown, 'i', &found));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_map_get(memory, map, &one, tag, &found));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_map_get_text(memory, map, "", 0, tag, &found));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_map_contains(memory, map, &unknown, &contains));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_set_contains(memory, set, &unknown, &contains));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_map_insert(memory, map, &unknown, &one, &out));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_map_insert(memory, map, &one, &unknown, &out));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_map_insert_in_place(memory, map, &one, &unknown));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_map_remove(memory, map, &unknown, &out));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_map_remove_in_place(memory, map, &unknown));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_set_add(memory, set, &unknown, &out));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_set_remove_in_place(memory, set, &unknown));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_map_next(memory, map, tag, 'i', &cursor, &found, &found));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_map_next(memory, map, 'i', tag, &cursor, &found, &found));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_set_next(memory, set, tag, &cursor, &found));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_map_to_stone(memory, map, tag, 'i', &stone));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_map_to_stone(memory, map, 'i', tag, &stone));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_set_to_stone(memory, set, tag, &stone));
    }
    CHECK(contains && cursor == 0 && out == 77 && found.as.i == 77 && stone == NULL);
    /* Undefined flags. */
    uint32_t flags = memory->flags;
    memory->flags |= 8;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_map_insert(memory, map, &one, &one, &out));
    memory->flags = flags;
    CHECK_ENTRIES(memory, map, {1, 1});
    CHECK_OK(bucket_release(memory, map));
    CHECK_OK(bucket_release(memory, set));
}

/* Large enough for every level of the index; half of the entries are removed and inserted again. */
static void many(void)
{
    int64_t count = (int64_t)test_size(100000, 3000);
    uint32_t map = new_map(memory), cursor = 0;
    bucket_value key, value, found;
    for (int64_t number = 0; number < count; number += 1) {
        key = of_integer(number * 1048576);
        value = of_integer(number);
        CHECK_OK(bucket_map_insert_in_place(memory, map, &key, &value));
    }
    for (int round = 0; round < 3; round += 1) {
        for (int64_t number = 0; number < count; number += 2) {
            key = of_integer(number * 1048576);
            CHECK_OK(bucket_map_remove_in_place(memory, map, &key));
        }
        CHECK_EQUAL(count / 2, size_of(memory, map));
        CHECK_OK(bucket_verify(memory, map));
        for (int64_t number = 0; number < count; number += 2) {
            key = of_integer(number * 1048576);
            value = of_integer(number);
            CHECK_STATUS(DRYSTONE_NOT_FOUND, bucket_map_get(memory, map, &key, 'i', &found));
            CHECK_OK(bucket_map_insert_in_place(memory, map, &key, &value));
        }
        CHECK_EQUAL(count, size_of(memory, map));
    }
    CHECK_OK(bucket_verify(memory, map));
    for (int64_t number = 0; number < count; number += 1) {
        int64_t expected = number < count / 2 ? 2 * number + 1 : 2 * (number - count / 2);
        CHECK_OK(bucket_map_next(memory, map, 'i', 'i', &cursor, &key, &value));
        CHECK_EQUAL(expected, value.as.i);
        key = of_integer(number * 1048576);
        CHECK_OK(bucket_map_get(memory, map, &key, 'i', &found));
        CHECK_EQUAL(number, found.as.i);
    }
    CHECK_OK(bucket_release(memory, map));
    CHECK_EQUAL(0, bucket_heap_used(heap));
}

int main(void)
{
    heap = new_heap(0);
    memory = bucket_heap_memory(heap);
    order();
    versions();
    cursors();
    from_entries();
    columns();
    many();
    other_kinds();
    same_value_zero();
    CHECK_EQUAL(0, bucket_heap_used(heap));
    texts();
    every_tag();
    bucket_heap_free(heap);
    return test_end("bucket");
}
