/* Data sets that are cut short at any byte, or tell lies of their size: each is refused in one line, or what is read of
 * it is whole. */
#define _GNU_SOURCE /* mkdtemp, fork, memmem */
#include "datasets/cifar.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "check.h"

enum { RECORD = 1 + CIFAR_IMAGE };

static char folder[] = "/tmp/cifar_test.XXXXXX";
static char path[64]; /* of the one file that each test writes: a batch of CIFAR-10, or an archive */

/* Record r of a batch that packs well: label r, each pixel 7 * r. */
static unsigned char *make_records(int count)
{
    unsigned char *records = allocate((size_t)count, RECORD);
    for (int r = 0; r < count; r++) {
        memset(records + r * RECORD, 7 * r, RECORD);
        records[r * RECORD] = (unsigned char)r;
    }
    return records;
}

static void write_file(const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    CHECK(file && fwrite(bytes, 1, size, file) == size);
    if (file)
        fclose(file);
}

static unsigned char *read_file(size_t *size)
{
    enum { LARGE = 1 << 20 };
    unsigned char *bytes = allocate(LARGE, 1);
    FILE *file = fopen(path, "rb");
    *size = file ? fread(bytes, 1, LARGE, file) : 0;
    CHECK(*size > 0 && *size < LARGE);
    if (file)
        fclose(file);
    return bytes;
}

static void add_member(struct archive *archive, const char *name, const void *bytes, size_t size)
{
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)size);
    CHECK_INTEGER(archive_write_header(archive, entry), ARCHIVE_OK);
    CHECK_INTEGER(archive_write_data(archive, bytes, size), (la_ssize_t)size);
    archive_entry_free(entry);
}

static struct archive *begin_archive(int (*format)(struct archive *), int (*filter)(struct archive *))
{
    struct archive *archive = archive_write_new();
    CHECK_INTEGER(format(archive), ARCHIVE_OK);
    CHECK_INTEGER(filter(archive), ARCHIVE_OK);
    CHECK_INTEGER(archive_write_set_bytes_in_last_block(archive, 1), ARCHIVE_OK);
    CHECK_INTEGER(archive_write_open_filename(archive, path), ARCHIVE_OK);
    return archive;
}

/* An archive at `path` with a test batch of that many records, and what stands before it. */
static void write_archive(int (*format)(struct archive *), int (*filter)(struct archive *), const void *records,
                          size_t count)
{
    static const char names[] = "a\nb\nc\n";
    struct archive *archive = begin_archive(format, filter);
    add_member(archive, "set/batches.meta.txt", names, sizeof names - 1);
    add_member(archive, "set/data_batch_1.bin", "of no use", 9);
    add_member(archive, "set/test_batch.bin", records, count * RECORD);
    CHECK_INTEGER(archive_write_close(archive), ARCHIVE_OK);
    archive_write_free(archive);
}

/* Rows are of no use unless each image is there. */
static int64_t open_and_sum(void)
{
    char *paths[] = { path };
    struct cifar set = cifar_open(paths, 1, CIFAR_TEST);
    int64_t rows = set.rows;
    for (int64_t row = 0; row < set.rows; row++) {
        int64_t within;
        const struct cifar_batch *batch = cifar_find_row(&set, row, &within);
        const unsigned char *image = batch->images + (size_t)within * batch->stride;
        for (int i = 0; i < CIFAR_IMAGE; i++)
            if (image[i] != 7 * batch->label[CIFAR_FINE][within])
                rows = -1;
    }
    cifar_close(&set);
    return rows;
}

/* How many rows the file at `path` has, 0: it is refused in one line that names it, -1: neither. */
static int64_t count_rows(void)
{
    int ends[2], result = 0;
    char message[4096];
    size_t length = 0;
    ssize_t got;
    fflush(NULL);
    if (pipe(ends))
        return -1;
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        int64_t rows = open_and_sum();
        printf("%lld rows\n", (long long)rows);
        fflush(stdout);
        _Exit(0);
    }
    close(ends[1]);
    while ((got = read(ends[0], message + length, sizeof message - 1 - length)) > 0)
        length += (size_t)got;
    message[length] = 0;
    close(ends[0]);
    waitpid(child, &result, 0);
    const char *end = strrchr(message, '\n'), *line = end; /* warnings may stand before */
    while (line && line > message && line[-1] != '\n')
        line--;
    long long rows = -1;
    bool one_line = end && end == strchr(message, '\n') && strstr(message, path);
    if (WIFEXITED(result) && WEXITSTATUS(result) == 0 && line)
        sscanf(line, "%lld rows", &rows);
    else if (WIFEXITED(result) && WEXITSTATUS(result) == 1 && one_line)
        rows = 0;
    if (rows < 0)
        fprintf(stderr, "status %#x, and says '%s'\n", (unsigned)result, message);
    return rows;
}

/* Sizes near to whole numbers of records, and some between them. */
static void a_binary_batch_is_read_where_it_is_cut_between_records(void)
{
    enum { ROWS = 3 };
    unsigned char *records = make_records(ROWS);
    for (size_t size = 0; size <= ROWS * RECORD; size++) {
        size_t beyond = size % RECORD;
        if (beyond > 2 && beyond < RECORD - 2 && beyond % 53)
            continue;
        write_file(records, size);
        CHECK_INTEGER(count_rows(), beyond ? 0 : (int64_t)(size / RECORD));
    }
    free(records);
}

/* An archive that is cut short is refused, but where all that was cut off are bytes behind the members (`last` of
 * them): the end of a tar, the check sum of a gzip, the directory of a zip. */
static void cut_archive(const char *name, int (*format)(struct archive *), int (*filter)(struct archive *),
                        size_t last)
{
    enum { ROWS = 3 };
    unsigned char *records = make_records(ROWS);
    size_t size;
    write_archive(format, filter, records, ROWS);
    unsigned char *whole = read_file(&size);
    CHECK_INTEGER(count_rows(), ROWS);
    for (size_t cut = 0; cut < size; cut += size > 4096 ? 61 : 1) {
        write_file(whole, cut);
        int64_t rows = count_rows();
        if (!CHECK(rows == 0 || (rows == ROWS && cut >= size - last)))
            fprintf(stderr, "%s, cut at %zu of %zu: %lld rows\n", name, cut, size, (long long)rows);
    }
    free(whole);
    free(records);
}

static void archives_cut_short_are_refused(void)
{
    enum { TAR_END = 1024 + 511, GZIP_END = 8, ZIP_DIRECTORY = 320 };
    cut_archive("tar", archive_write_set_format_ustar, archive_write_add_filter_none, TAR_END);
    cut_archive("tar.gz", archive_write_set_format_ustar, archive_write_add_filter_gzip, GZIP_END);
    cut_archive("tar.xz", archive_write_set_format_ustar, archive_write_add_filter_xz, 0);
    cut_archive("zip", archive_write_set_format_zip, archive_write_add_filter_none, ZIP_DIRECTORY);
    cut_archive("7z", archive_write_set_format_7zip, archive_write_add_filter_none, 0);
}

static void open_archive(void *unused)
{
    (void)unused;
    open_and_sum();
}

/* A zip of 70 MB zeros that says in both places that these are 3073 bytes: bytes count, and not what is said. */
static void sizes_that_are_lies_do_not_count(void)
{
    enum { ROWS = 23000 };
    static const uint32_t told = ROWS * RECORD, lie = RECORD;
    unsigned char *records = allocate(ROWS, RECORD), *at;
    size_t size;
    int places = 0;
    write_archive(archive_write_set_format_zip, archive_write_add_filter_none, records, ROWS);
    unsigned char *whole = read_file(&size);
    for (at = whole; (at = memmem(at, size - (size_t)(at - whole), &told, sizeof told)); places++)
        memcpy(at, &lie, sizeof lie);
    CHECK(places >= 1);
    write_file(whole, size);
    CHECK_DIES(open_archive, NULL, 1, ": set/test_batch.bin: holds more than 64 MB");
    free(whole);
    free(records);
}

/* Members of no bytes, whose names alone are 110 MB. */
static void names_of_members_count(void)
{
    enum { LONG = 900000, MEMBERS = 122 };
    char *name = allocate(LONG + 1, 1);
    memset(name, 'a', LONG);
    struct archive *archive = begin_archive(archive_write_set_format_pax, archive_write_add_filter_gzip);
    for (int i = 0; i < MEMBERS; i++)
        add_member(archive, name, "", 0);
    CHECK_INTEGER(archive_write_close(archive), ARCHIVE_OK);
    archive_write_free(archive);
    CHECK_DIES(open_archive, NULL, 1, ": holds more than 10");
    free(name);
}

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/test_batch.bin", folder);
    RUN(a_binary_batch_is_read_where_it_is_cut_between_records);
    RUN(archives_cut_short_are_refused);
    RUN(sizes_that_are_lies_do_not_count);
    RUN(names_of_members_count);
    unlink(path);
    rmdir(folder);
    return check_verdict();
}
