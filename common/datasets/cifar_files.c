#define _GNU_SOURCE /* DT_*, scandir's versionless sort */
#include "datasets/cifar_files.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/memory.h"

/* Bytes read or allocated at a time if a size is unknown; smaller for fuzzers. */
#ifndef READ_STEP
#define READ_STEP (1 << 20)
#endif
static const size_t read_step = READ_STEP;

static const size_t megabyte = 1000000;

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const struct cifar_file *)a)->path, ((const struct cifar_file *)b)->path);
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool is_folder(const char *path)
{
    struct stat status;
    if (stat(path, &status))
        die_errno("%s: cannot be opened", path);
    return S_ISDIR(status.st_mode);
}

struct cifar_file *files_add(struct cifar_files *files, const char *path, size_t most)
{
    files->file = reallocate(files->file, (size_t)files->count + 1, sizeof *files->file);
    struct cifar_file *file = &files->file[files->count++];
    *file = (struct cifar_file){ .path = copy_string(path), .most = most };
    const char *slash = strrchr(file->path, '/');
    file->base = slash ? slash + 1 : file->path;
    return file;
}

static DIR *open_folder(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        die_errno("%s: cannot be opened", path);
    return folder;
}

struct cifar_files files_of_folder(const char *path, file_wanted *wanted, void *context)
{
    struct cifar_files files = { NULL, 0 };
    DIR *folder = open_folder(path);
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        struct stat status;
        size_t most = wanted(entry->d_name, context);
        if (!most)
            continue;
        char *full = format_string("%s/%s", path, entry->d_name);
        if (stat(full, &status) || !S_ISDIR(status.st_mode)) /* errors are reported when it is needed */
            files_add(&files, full, most);
        free(full);
    }
    closedir(folder);
    if (files.count)
        qsort(files.file, (size_t)files.count, sizeof *files.file, compare_files);
    return files;
}

char **folders_of_folder(const char *path)
{
    char **folders = allocate(1, sizeof *folders);
    size_t count = 0;
    DIR *folder = open_folder(path);
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        struct stat status;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *full = format_string("%s/%s", path, entry->d_name);
        if (stat(full, &status) || !S_ISDIR(status.st_mode)) {
            free(full);
            continue;
        }
        folders = reallocate(folders, count + 2, sizeof *folders);
        folders[count++] = full;
    }
    closedir(folder);
    folders[count] = NULL;
    qsort(folders, count, sizeof *folders, compare_strings);
    return folders;
}

void folders_free(char **folders)
{
    for (char **folder = folders; *folder; folder++)
        free(*folder);
    free(folders);
}

/* ---- files whose size is not known, or not to be believed ---- */

static _Noreturn void refuse_large(const struct cifar_file *file)
{
    die("%s: holds more than %zu MB, the most that is read of such a file in an archive, a pipe or a device",
        file->path, file->most / megabyte);
}

/* Allocates room for the next read, up to one byte more than the limit, so that a larger file is noticed. Memory grows
 * only as bytes arrive. */
static void make_room(struct cifar_file *file, size_t *room)
{
    if (file->size > file->most)
        refuse_large(file);
    if (*room - file->size >= read_step || *room > file->most)
        return;
    *room = *room ? checked_multiply(*room, 2) : read_step;
    if (*room > file->most)
        *room = file->most + 1;
    file->bytes = reallocate(file->bytes, *room, 1);
}

/* ---- archives ---- */

/* Begins to read an archive; *status says whether that is possible. Formats and filters are enabled one by one, because
 * some that libarchive knows read files beside the archive (mtree) or run programs (lrzip). */
static struct archive *begin_archive(const struct cifar_file *file, int *status)
{
    struct archive *archive = archive_read_new();
    if (!archive)
        die("%s: out of memory", file->path);
    archive_read_support_filter_gzip(archive);
    archive_read_support_filter_bzip2(archive);
    archive_read_support_filter_xz(archive);
    archive_read_support_filter_lzma(archive);
    archive_read_support_filter_zstd(archive);
    archive_read_support_filter_lz4(archive);
    archive_read_support_format_tar(archive);
    archive_read_support_format_zip(archive);
    archive_read_support_format_7zip(archive);
    *status = archive_read_open_memory(archive, file->bytes, file->size);
    return archive;
}

/* Magic numbers of compressed files: libarchive does not distinguish a damaged one from any other file. */
static bool begins_packed(const struct cifar_file *file)
{
    static const char *const starts[] = { "\x1f\x8b", "BZh", "\xfd\x37zXZ", "\x28\xb5\x2f\xfd", "\x04\x22\x4d\x18" };
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (file->size > strlen(starts[i]) && memcmp(file->bytes, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

/* libarchive's message for its last error; some errors have none. */
static const char *archive_reason(struct archive *archive)
{
    const char *reason = archive_error_string(archive);
    return reason ? reason : "no reason is given";
}

bool is_archive(const struct cifar_file *file)
{
    int status;
    struct archive *archive = begin_archive(file, &status);
    bool packed = archive_filter_count(archive) > 1; /* the file itself counts as a filter */
    archive_read_free(archive);
    return status == ARCHIVE_OK || packed || begins_packed(file);
}

/* Reads all data of the archive's current entry. */
static void read_entry(struct archive *archive, struct archive_entry *entry, struct cifar_file *file)
{
    size_t room = 0;
    la_ssize_t got;
    if (archive_entry_size_is_set(entry) && archive_entry_size(entry) > (la_int64_t)file->most)
        refuse_large(file);
    do {
        make_room(file, &room);
        got = archive_read_data(archive, file->bytes + file->size, room - file->size);
        if (got < 0)
            die("%s: the archive is damaged or cut short here (%s)", file->path, archive_reason(archive));
        file->size += (size_t)got;
    } while (got > 0);
    file->bytes = reallocate(file->bytes, file->size, 1);
}

/* Sets the path to "archive: member", and the base to the member's base name. */
static void name_member(struct cifar_file *file, const char *archive)
{
    char *path = format_string("%s: %s", archive, file->path);
    size_t from_end = strlen(file->base);
    free(file->path);
    file->path = path;
    file->base = path + strlen(path) - from_end;
}

static const char *entry_name(struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry); /* NULL if it cannot be represented in the locale */
    return name ? name : archive_entry_pathname_utf8(entry);
}

/* Unpacking skipped members takes time, and as much memory as the compressor's window, so it is limited. `passed` is
 * the size that the archive states for them, `unpacked` what has been unpacked so far (for tar). */
static void limit_passed(const struct cifar_file *source, int64_t passed, int64_t unpacked)
{
    size_t most = checked_add(100 * megabyte, checked_multiply(10, source->size));
    if (passed > (int64_t)most || unpacked > (int64_t)most)
        die("%s: holds more than %zu MB besides the requested batches (the limit is 100 MB plus ten times the "
            "archive's size)", source->path, most / megabyte);
}

/* Adds and reads a member. A name that occurs twice is ambiguous and therefore an error. */
static void add_member(struct cifar_files *files, struct archive *archive, struct archive_entry *entry,
                       const struct cifar_file *source, size_t most)
{
    struct cifar_file *file = files_add(files, entry_name(entry), most);
    name_member(file, source->path);
    if (files_find(files, file->base) != file)
        die("%s: its name occurs twice: unpack the archive and name the folder of the one meant", file->path);
    read_entry(archive, entry, file);
}

struct cifar_files files_of_archive(const struct cifar_file *source, file_wanted *wanted, void *context)
{
    struct cifar_files files = { NULL, 0 };
    struct archive_entry *entry;
    int64_t passed = 0, kept = 0;
    int status;
    struct archive *archive = begin_archive(source, &status);
    if (status != ARCHIVE_OK)
        die("%s: the archive cannot be read (%s)", source->path, archive_reason(archive));
    while ((status = archive_read_next_header(archive, &entry)) == ARCHIVE_OK || status == ARCHIVE_WARN) {
        const char *name = entry_name(entry), *slash = name ? strrchr(name, '/') : NULL;
        bool regular = name && archive_entry_filetype(entry) == AE_IFREG;
        size_t most = regular ? wanted(slash ? slash + 1 : name, context) : 0;
        if (most) {
            add_member(&files, archive, entry, source, most);
            kept += (int64_t)files.file[files.count - 1].size;
        } else if (__builtin_add_overflow(passed, (int64_t)archive_entry_size(entry), &passed)) {
            passed = INT64_MAX;
        }
        limit_passed(source, passed, archive_filter_bytes(archive, 0) - kept);
    }
    if (status != ARCHIVE_EOF)
        die("%s: the archive is damaged or cut short (%s)", source->path, archive_reason(archive));
    archive_read_free(archive);
    return files;
}

struct cifar_file *files_find(const struct cifar_files *files, const char *base)
{
    for (int i = 0; i < files->count; i++)
        if (strcmp(files->file[i].base, base) == 0)
            return &files->file[i];
    return NULL;
}

/* Reads a pipe or another file that cannot be mapped. */
static void read_all(struct cifar_file *file, int descriptor)
{
    size_t room = 0;
    ssize_t got;
    do {
        make_room(file, &room);
        got = read(descriptor, file->bytes + file->size, room - file->size);
        if (got < 0)
            die_errno("%s: cannot be read", file->path);
        file->size += (size_t)got;
    } while (got > 0);
}

static void read_file(struct cifar_file *file)
{
    struct stat status;
    int descriptor = open(file->path, O_RDONLY);
    if (descriptor < 0 || fstat(descriptor, &status))
        die_errno("%s: cannot be opened", file->path);
    if (S_ISDIR(status.st_mode))
        die("%s: a folder, where a file is expected", file->path);
    file->bytes = file_map(descriptor, file->path, &file->size);
    file->mapped = file->bytes;
    if (!file->mapped)
        read_all(file, descriptor);
    close(descriptor);
}

void file_load(struct cifar_file *file)
{
    if (!file->bytes)
        read_file(file);
    if (!file->size)
        die("%s: is empty (is the file whole?)", file->path);
}

void file_unload(struct cifar_file *file)
{
    if (file->mapped)
        file_unmap(file->bytes, file->size);
    else
        free(file->bytes);
    file->bytes = NULL;
    file->size = 0;
    file->mapped = false;
}

void files_free(struct cifar_files *files)
{
    for (int i = 0; i < files->count; i++) {
        file_unload(&files->file[i]);
        free(files->file[i].path);
    }
    free(files->file);
    *files = (struct cifar_files){ NULL, 0 };
}
