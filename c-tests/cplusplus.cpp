// The header in C++: the functions have C linkage, and the types work as C++ types.
#include <drystone.h>
#include <drystone_inline.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace {

struct Destroy {
    void operator()(blob *b) const { blob_destroy(b); }
    void operator()(wota_writer *writer) const { wota_writer_free(writer); }
    void operator()(mailbox *box) const { mailbox_destroy(box); }
    void operator()(bucket_heap *heap) const { bucket_heap_free(heap); }
    void operator()(arena *region) const { arena_free(region); }
};
using Blob = std::unique_ptr<blob, Destroy>;
using Writer = std::unique_ptr<wota_writer, Destroy>;
using Mailbox = std::unique_ptr<mailbox, Destroy>;
using Heap = std::unique_ptr<bucket_heap, Destroy>;

int checks;

void check(bool holds, int line)
{
    checks += 1;
    if (!holds) {
        std::fprintf(stderr, "%s:%d: check failed\n", __FILE__, line);
        std::_Exit(1);
    }
}

#define CHECK(condition) check((condition), __LINE__)

void release_vector(void *context, std::uint8_t *, std::size_t)
{
    delete static_cast<std::vector<std::uint8_t> *>(context);
}

Blob stone_of_vector()
{
    auto owned = std::make_unique<std::vector<std::uint8_t>>(1000, std::uint8_t{7});
    std::uint8_t *data = owned->data();
    return Blob(blob_wrap_owned(data, 8000, release_vector, owned.release()));
}

void send_and_receive()
{
    wota_writer *new_writer = nullptr;
    CHECK(wota_writer_new(WOTA_CLASSIC, &new_writer) == DRYSTONE_OK);
    Writer writer(new_writer);
    mailbox *new_box = nullptr;
    CHECK(mailbox_new(0, &new_box) == DRYSTONE_OK);
    Mailbox box(new_box);
    Blob stone = stone_of_vector();
    const std::string text = "from C++";

    CHECK(wota_write_array(writer.get(), 2) == DRYSTONE_OK);
    CHECK(wota_write_text(writer.get(), text.data(), text.size()) == DRYSTONE_OK);
    CHECK(wota_write_blob(writer.get(), stone.get()) == DRYSTONE_OK);
    blob *letter = nullptr;
    CHECK(wota_writer_finish(writer.get(), &letter) == DRYSTONE_OK);
    CHECK(mailbox_post(box.get(), letter) == DRYSTONE_OK);

    blob *taken = nullptr;
    CHECK(mailbox_take(box.get(), 0, &taken) == DRYSTONE_OK);
    Blob message(taken);
    wota_reader reader;
    std::uint64_t count = 0;
    std::size_t length = 0;
    CHECK(wota_reader_init(&reader, message.get(), nullptr) == DRYSTONE_OK);
    CHECK(wota_read_array(&reader, &count) == DRYSTONE_OK && count == 2);
    CHECK(wota_read_text(&reader, nullptr, 0, &length) == DRYSTONE_OK);
    std::string read(length, '\0');
    CHECK(wota_read_text(&reader, &read[0], read.size(), &length) == DRYSTONE_OK && read == text);
    blob *found = nullptr;
    CHECK(wota_read_blob(&reader, &found) == DRYSTONE_OK);
    Blob same(found);
    CHECK(same.get() == stone.get() && same->data[999] == 7);
}

bucket_value integer(std::int64_t value)
{
    bucket_value made = {};
    made.tag = 'i';
    made.as.i = value;
    return made;
}

// A memory of its own, whose owner is a C++ object.
std::uint32_t allocate(bucket_memory *memory, std::uint32_t size)
{
    auto *bytes = static_cast<std::vector<std::uint8_t> *>(memory->context);
    const auto offset = static_cast<std::uint32_t>(bytes->size());
    bytes->resize(bytes->size() + (size + 7) / 8 * 8);
    memory->base = bytes->data();
    memory->length = bytes->size();
    return offset;
}

void maps()
{
    bucket_heap *new_heap = nullptr;
    CHECK(bucket_heap_new(0, 0, &new_heap) == DRYSTONE_OK);
    Heap heap(new_heap);
    std::vector<std::uint8_t> bytes(16);
    bucket_memory own = {};
    own.context = &bytes;
    own.flags = BUCKET_ZEROED;
    own.alloc = allocate;
    for (bucket_memory *memory : {bucket_heap_memory(heap.get()), &own}) {
        std::uint32_t map = 0;
        CHECK(bucket_map_new(memory, &map) == DRYSTONE_OK);
        for (std::int64_t number = 0; number < 100; number += 1) {
            const bucket_value key = integer(number), value = integer(-number);
            CHECK(bucket_map_insert(memory, map, &key, &value, &map) == DRYSTONE_OK);
        }
        const bucket_value key = integer(99);
        bucket_value found = {};
        CHECK(bucket_map_get(memory, map, &key, 'i', &found) == DRYSTONE_OK && found.as.i == -99);
        blob *made = nullptr;
        CHECK(bucket_map_to_stone(memory, map, 'i', 'i', &made) == DRYSTONE_OK);
        Blob stone(made);
        bucket_memory frozen;
        CHECK(bucket_memory_of_stone(stone.get(), &frozen, &map) == DRYSTONE_OK);
        CHECK(bucket_map_get(&frozen, map, &key, 'i', &found) == DRYSTONE_OK && found.as.i == -99);
    }
}

// A scope that ends with its block, and an object that the arena destroys.
class Scope {
public:
    Scope(arena *region, std::size_t budget) : region(region)
    {
        CHECK(arena_scope_enter(region, budget, &scope) == DRYSTONE_OK);
    }
    Scope(const Scope &) = delete;
    Scope &operator=(const Scope &) = delete;
    ~Scope() { CHECK(arena_scope_exit(region, scope) == DRYSTONE_OK); }
    std::size_t used() const { return arena_scope_used(region, scope); }

private:
    arena *region;
    arena_scope scope = 0;
};

void destroy_string(void *text) { static_cast<std::string *>(text)->~basic_string(); }

void use_arena()
{
    arena_options options{};
    options.struct_size = sizeof options;
    options.budget = ARENA_MODULE_BUDGET;
    arena *made = nullptr;
    CHECK(arena_new(&options, &made) == DRYSTONE_OK);
    std::unique_ptr<arena, Destroy> region(made);
    {
        Scope scope(region.get(), ARENA_NO_BUDGET);
        void *place = arena_alloc_aligned_inline(region.get(), sizeof(std::string), alignof(std::string));
        CHECK(place != nullptr);
        auto *text = new (place) std::string(1000, 'x');
        CHECK(arena_add_cleanup(region.get(), destroy_string, text) == DRYSTONE_OK);
        CHECK(text->size() == 1000 && scope.used() >= sizeof(std::string));
        CHECK(arena_alloc_inline(region.get(), ARENA_MODULE_BUDGET) == nullptr);
        CHECK(arena_error(region.get()) == DRYSTONE_OVER_BUDGET);
    }
    arena_statistics_t stats{};
    stats.struct_size = sizeof stats;
    CHECK(arena_statistics(region.get(), &stats) == DRYSTONE_OK && stats.used == 0 && stats.depth == 0);
}

} // namespace

int main()
{
    use_arena();
    send_and_receive();
    maps();
    CHECK(drystone_blobs_alive() == 0);
    CHECK(std::strcmp(drystone_version(), DRYSTONE_TEST_VERSION) == 0);
    std::printf("cplusplus: %d checks\n", checks);
    return 0;
}
