/* Stones in sealed memory files: our own, and files from others, which are not trusted. */
#define _GNU_SOURCE
#include "link.h"

static const size_t page = 4096;

static void seal(int file, int seals) { CHECK_EQUAL(0, fcntl(file, F_ADD_SEALS, seals)); }

enum { ALL_SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

/* A memory file of `size` bytes without holes. */
static int file_of(size_t size)
{
    int file = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    CHECK(file >= 0);
    for (size_t place = 0; place < size; place += 1) {
        uint8_t byte = (uint8_t)(place * 31 + place / 4096);
        CHECK_EQUAL(1, write(file, &byte, 1));
    }
    return file;
}

static void ours(void)
{
    size_t files = open_descriptors(), maps = mapped_files();
    static const size_t sizes[] = {1, 100, 4095, 4096, 4097, 70000, 3000001};
    for (size_t place = 0; place < sizeof sizes / sizeof *sizes; place += 1) {
        size_t size = sizes[place];
        blob *stone = blob_new_shared(size * 8), *again = NULL, *part = NULL, *other = NULL;
        uint8_t *bytes = NULL;
        CHECK(stone != NULL);
        int file = -1;
        size_t offset = 77;
        CHECK_STATUS(DRYSTONE_NOT_STONE, blob_descriptor(stone, &file, &offset));
        CHECK_OK(blob_writable(stone, &bytes));
        for (size_t byte = 0; byte < size; byte += 1)
            bytes[byte] = (uint8_t)(byte * 31 + byte / 4096);
        CHECK_OK(blob_make_stone(stone));
        CHECK(blob_data(stone) == bytes);
        CHECK_STATUS(DRYSTONE_IS_STONE, blob_writable(stone, &bytes));
        check_pattern(stone, size);
        /* Itself. */
        CHECK_OK(blob_to_shared(stone, &again));
        CHECK(again == stone);
        blob_destroy(again);
        CHECK_OK(blob_descriptor(stone, &file, &offset));
        CHECK_EQUAL(0, offset);
        CHECK(fcntl(file, F_GETFD) & FD_CLOEXEC);
        CHECK_EQUAL(ALL_SEALS, fcntl(file, F_GET_SEALS) & ALL_SEALS);
        CHECK(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) == MAP_FAILED);
        CHECK_EQUAL(-1, ftruncate(file, 0));
        CHECK_EQUAL(-1, write(file, "x", 1));
        /* As another process would map it. */
        CHECK_OK(blob_from_descriptor(file, 0, size * 8, NULL, &other));
        CHECK_EQUAL(-1, fcntl(file, F_GETFD));
        check_pattern(other, size);
        blob_destroy(other);
        if (size > 5000) {
            CHECK_OK(blob_slice(stone, 4999 * 8, size * 8, &part));
            CHECK_OK(blob_descriptor(part, &file, &offset));
            CHECK_EQUAL(4999, offset);
            CHECK_OK(blob_from_descriptor(file, offset, blob_length_bits(part), NULL, &other));
            CHECK(blob_equal(part, other));
            blob_destroy(other);
            blob_destroy(part);
        }
        blob_destroy(stone);
    }
    CHECK_EQUAL(files, open_descriptors());
    CHECK_EQUAL(maps, mapped_files());
}

/* Appending moves it to a larger mapping. */
static void growing(void)
{
    size_t files = open_descriptors(), maps = mapped_files();
    blob *grown = blob_new_shared(0), *empty = blob_new_shared(0), *other = NULL;
    uint8_t byte;
    for (size_t place = 0; place < 100000; place += 1) {
        byte = (uint8_t)(place * 31 + place / 4096);
        CHECK_OK(blob_write_bytes(grown, &byte, 1));
    }
    CHECK_OK(blob_make_stone(grown));
    check_pattern(grown, 100000);
    int file = -1;
    size_t offset;
    CHECK_OK(blob_descriptor(grown, &file, &offset));
    struct stat about;
    CHECK_EQUAL(0, fstat(file, &about));
    CHECK_EQUAL(100000, about.st_size);
    close(file);
    CHECK_OK(blob_make_stone(empty));
    CHECK_OK(blob_descriptor(empty, &file, &offset));
    CHECK_OK(blob_from_descriptor(file, offset, 0, NULL, &other));
    CHECK_EQUAL(0, blob_length_bits(other));
    blob_destroy(other);
    blob_destroy(empty);
    blob_destroy(grown);
    /* A blob with several counts when it turns to stone stays an ordinary one. */
    grown = blob_new_shared(800);
    blob_incref(grown);
    CHECK_OK(blob_make_stone(grown));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, blob_descriptor(grown, &file, &offset));
    CHECK_OK(blob_to_shared(grown, &other));
    CHECK(other != grown && blob_equal(other, grown));
    blob_destroy(other);
    blob_destroy(grown);
    blob_destroy(grown);
    CHECK_EQUAL(files, open_descriptors());
    CHECK_EQUAL(maps, mapped_files());
}

static void copies(void)
{
    blob *stone = pattern_stone(5000, false), *shared = NULL, *message = message_holding(&stone, 1);
    blob *antestone = blob_new(8), *out = NULL;
    int file;
    size_t offset;
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, blob_descriptor(stone, &file, &offset));
    CHECK_OK(blob_to_shared(stone, &shared));
    CHECK(shared != stone && blob_equal(shared, stone));
    CHECK_OK(blob_descriptor(shared, &file, &offset));
    close(file);
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, blob_to_shared(message, &out));
    CHECK_STATUS(DRYSTONE_NOT_STONE, blob_to_shared(antestone, &out));
    CHECK(out == NULL);
    blob_destroy(shared);
    blob_destroy(stone);
    blob_destroy(message);
    blob_destroy(antestone);
}

/* The file is refused, and its descriptor closed. */
static void refused(drystone_status expected, int file, size_t offset, size_t bits, const link_limits *limits)
{
    blob *out = NULL;
    size_t maps = mapped_files();
    CHECK_STATUS(expected, blob_from_descriptor(file, offset, bits, limits, &out));
    CHECK(out == NULL);
    CHECK_EQUAL(-1, fcntl(file, F_GETFD));
    CHECK_EQUAL(maps, mapped_files());
}

static void hostile_files(void)
{
    size_t files = open_descriptors();
    blob *out = NULL;
    /* Not sealed, or not with every seal. */
    static const int too_few[] = {0, F_SEAL_SHRINK, F_SEAL_WRITE, F_SEAL_SHRINK | F_SEAL_GROW,
                                  F_SEAL_SHRINK | F_SEAL_WRITE, F_SEAL_GROW | F_SEAL_WRITE};
    for (size_t place = 0; place < sizeof too_few / sizeof *too_few; place += 1) {
        int file = file_of(page);
        seal(file, too_few[place]);
        refused(DRYSTONE_NOT_STONE, file, 0, page * 8, NULL);
    }
    /* Sealed against future writers only: earlier mappings can still write. */
    int file = file_of(page);
    uint8_t *writer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    CHECK(writer != MAP_FAILED);
    seal(file, F_SEAL_SHRINK | F_SEAL_GROW | 0x10 /* F_SEAL_FUTURE_WRITE */);
    writer[0] = 9;
    refused(DRYSTONE_NOT_STONE, file, 0, page * 8, NULL);
    munmap(writer, page);
    /* Memory that cannot be sealed, a plain file, a device, a pipe, a directory, a socket, no file. */
    file = memfd_create("test", MFD_CLOEXEC);
    CHECK_EQUAL(0, ftruncate(file, (off_t)page));
    refused(DRYSTONE_NOT_STONE, file, 0, page * 8, NULL);
    char name[] = "/tmp/drystone-test-XXXXXX";
    file = mkstemp(name);
    CHECK(file >= 0);
    unlink(name);
    CHECK_EQUAL(0, ftruncate(file, (off_t)page));
    refused(DRYSTONE_NOT_STONE, file, 0, page * 8, NULL);
    refused(DRYSTONE_NOT_STONE, open("/dev/zero", O_RDONLY | O_CLOEXEC), 0, page * 8, NULL);
    refused(DRYSTONE_NOT_STONE, open("/proc/self", O_RDONLY | O_CLOEXEC), 0, page * 8, NULL);
    int pipes[2];
    CHECK_EQUAL(0, pipe(pipes));
    refused(DRYSTONE_NOT_STONE, pipes[0], 0, 8, NULL);
    close(pipes[1]);
    sockets(pipes);
    refused(DRYSTONE_NOT_STONE, pipes[0], 0, 8, NULL);
    close(pipes[1]);
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, blob_from_descriptor(-1, 0, 8, NULL, &out));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, blob_from_descriptor(pipes[1], 0, 8, NULL, &out));
    CHECK(out == NULL);
    /* More bytes than the file has. */
    static const size_t wrong[][2] = {{0, 4097 * 8},       {0, 4096 * 8 + 1}, {1, 4096 * 8}, {4096, 8},
                                      {4097, 0},           {SIZE_MAX, 8},     {0, SIZE_MAX}, {SIZE_MAX, SIZE_MAX},
                                      {SIZE_MAX - 7, 64}};
    for (size_t place = 0; place < sizeof wrong / sizeof *wrong; place += 1) {
        file = file_of(page);
        seal(file, ALL_SEALS);
        refused(DRYSTONE_OUT_OF_RANGE, file, wrong[place][0], wrong[place][1], NULL);
    }
    /* Holes: the first page, one in the middle, all. */
    for (int kind = 0; kind < 3; kind += 1) {
        file = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        CHECK_EQUAL(0, ftruncate(file, (off_t)page * 16));
        for (int at = 0; at < 16 && kind < 2; at += 1)
            if (at != (kind == 0 ? 0 : 7))
                CHECK_EQUAL(1, pwrite(file, "x", 1, at * (off_t)page));
        seal(file, ALL_SEALS);
        refused(DRYSTONE_MALFORMED, file, 0, page * 16 * 8, NULL);
    }
    /* Larger than the limit. */
    link_limits limits = {.struct_size = sizeof limits, .max_bytes = 4095};
    file = file_of(page);
    seal(file, ALL_SEALS);
    refused(DRYSTONE_LIMIT_EXCEEDED, file, 0, page * 8, &limits);
    limits.struct_size -= 1;
    refused(DRYSTONE_INVALID_ARGUMENT, file_of(page), 0, page * 8, &limits);
    CHECK_EQUAL(files, open_descriptors());
}

/* Later changes by its maker do not reach the reader. */
static void nothing_changes_under_a_reader(void)
{
    int file = file_of(3 * page);
    int kept = dup(file);
    seal(file, ALL_SEALS);
    blob *stone = NULL;
    CHECK_OK(blob_from_descriptor(file, 0, 3 * page * 8, NULL, &stone));
    CHECK_EQUAL(-1, ftruncate(kept, 0));
    CHECK_EQUAL(-1, ftruncate(kept, 1 << 20));
    CHECK_EQUAL(-1, pwrite(kept, "x", 1, 0));
    CHECK_EQUAL(-1, fallocate(kept, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)page));
    CHECK(mmap(NULL, page, PROT_WRITE, MAP_SHARED, kept, 0) == MAP_FAILED);
    close(kept);
    check_pattern(stone, 3 * page);
    blob_destroy(stone);
}

/* A child process that has an antestone can write to it, so the stone is made in memory of this process alone. */
static void forked(void)
{
    blob *antestone = blob_new_shared(8 * page);
    uint8_t *bytes = NULL;
    CHECK_OK(blob_writable(antestone, &bytes));
    int go[2], done[2];
    CHECK(pipe(go) == 0 && pipe(done) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        char byte;
        CHECK_EQUAL(1, read(go[0], &byte, 1));
        bytes[5] = 55;
        CHECK_EQUAL(1, write(done[1], &byte, 1));
        CHECK_EQUAL(1, read(go[0], &byte, 1));
        end_child();
    }
    CHECK_OK(blob_make_stone(antestone));
    char byte = 1;
    CHECK_EQUAL(1, write(go[1], &byte, 1));
    CHECK_EQUAL(1, read(done[0], &byte, 1));
    CHECK_EQUAL(0, blob_data(antestone)[5]);
    int file;
    size_t offset;
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, blob_descriptor(antestone, &file, &offset));
    CHECK_EQUAL(1, write(go[1], &byte, 1));
    wait_for(child, 0);
    blob_destroy(antestone);
    /* A stone is shared with the child. */
    blob *stone = pattern_stone(70000, true);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        check_pattern(stone, 70000);
        blob_destroy(stone);
        end_child();
    }
    wait_for(child, 0);
    check_pattern(stone, 70000);
    blob_destroy(stone);
    close(go[0]), close(go[1]), close(done[0]), close(done[1]);
}

/* Without a free descriptor there is no stone, and nothing is lost. */
static void no_descriptors(void)
{
    blob *stone = pattern_stone(100, false), *shared = pattern_stone(100, true), *out = NULL;
    size_t files = open_descriptors();
    int last = dup(0);
    CHECK(last >= 0);
    close(last);
    struct rlimit before, none;
    CHECK_EQUAL(0, getrlimit(RLIMIT_NOFILE, &before));
    none = before;
    none.rlim_cur = (rlim_t)last;
    CHECK_EQUAL(0, setrlimit(RLIMIT_NOFILE, &none));
    int file = -5;
    size_t offset = 5;
    CHECK(blob_new_shared(800) == NULL);
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, blob_to_shared(stone, &out));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, blob_descriptor(shared, &file, &offset));
    CHECK(out == NULL && file == -5 && offset == 5);
    CHECK_EQUAL(0, setrlimit(RLIMIT_NOFILE, &before));
    CHECK_EQUAL(files, open_descriptors());
    blob_destroy(stone);
    blob_destroy(shared);
}

/* A limit for the size of files is respected; without a check SIGXFSZ would end the process. */
static void small_files(void)
{
    blob *stone = pattern_stone(3 * page, false), *growing = blob_new_shared(8 * page), *out = NULL;
    size_t files = open_descriptors();
    struct rlimit before, small;
    CHECK(stone != NULL && growing != NULL);
    CHECK_EQUAL(0, getrlimit(RLIMIT_FSIZE, &before));
    small = before;
    small.rlim_cur = 2 * page;
    CHECK_EQUAL(0, setrlimit(RLIMIT_FSIZE, &small));
    CHECK(blob_new_shared(8 * (2 * page + 1)) == NULL);
    CHECK_STATUS(DRYSTONE_NO_MEMORY, blob_to_shared(stone, &out));
    CHECK(out == NULL);
    CHECK_STATUS(DRYSTONE_NO_MEMORY, blob_write_blob(growing, stone));
    CHECK_EQUAL(8 * page, blob_length_bits(growing));
    blob *fits = blob_new_shared(8 * 2 * page);
    CHECK(fits != NULL);
    blob_destroy(fits);
    CHECK_EQUAL(0, setrlimit(RLIMIT_FSIZE, &before));
    CHECK_EQUAL(files, open_descriptors());
    blob_destroy(growing);
    blob_destroy(stone);
}

int main(void)
{
    ours();
    growing();
    copies();
    hostile_files();
    nothing_changes_under_a_reader();
    forked();
    no_descriptors();
    small_files();
    return test_end("blob_shared");
}
