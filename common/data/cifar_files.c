#define _GNU_SOURCE /* DT_*, scandir's versionless sort */
#include "data/cifar_files.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/memory.h"

/* How much is read, or asked for, at a time where a size is not known. */
static const size_t read_step = (size_t)1 << 20;

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

struct cifar_file *files_add(struct cifar_files *files, const char *path)
{
    files->file = reallocate(files->file, (size_t)files->count + 1, sizeof *files->file);
    struct cifar_file *file = &files->file[files->count++];
    *file = (struct cifar_file){ copy_string(path), NULL, NULL, 0, false };
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

struct cifar_files files_of_folder(const char *path, file_wanted *wanted, const void *context)
{
    struct cifar_files files = { NULL, 0 };
    DIR *folder = open_folder(path);
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        struct stat status;
        if (!wanted(entry->d_name, context))
            continue;
        char *full = format_string("%s/%s", path, entry->d_name);
        if (stat(full, &status) || !S_ISDIR(status.st_mode)) /* what cannot be opened is told when it is needed */
            files_add(&files, full);
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

/* All data of the archive's current entry. */
static void read_entry(struct archive *archive, const char *path, struct cifar_file *file)
{
    size_t room = 0;
    for (;;) {
        if (room - file->size < read_step) {
            room = checked_add(room, room > read_step ? room : read_step);
            file->bytes = reallocate(file->bytes, checked_add(room, 1), 1);
        }
        la_ssize_t got = archive_read_data(archive, file->bytes + file->size, room - file->size);
        if (got < 0)
            die("%s: member '%s' cannot be read: %s", path, file->path, archive_error_string(archive));
        if (got == 0)
            break;
        file->size += (size_t)got;
    }
    file->bytes = reallocate(file->bytes, file->size + 1, 1);
    file->bytes[file->size] = 0;
}

/* "archive: member" as the path, the member's base name as the base. */
static void name_member(struct cifar_file *file, const char *archive)
{
    char *path = format_string("%s: %s", archive, file->path);
    size_t from_end = strlen(file->base);
    free(file->path);
    file->path = path;
    file->base = path + strlen(path) - from_end;
}

struct cifar_files files_of_archive(const char *path, file_wanted *wanted, const void *context)
{
    struct cifar_files files = { NULL, 0 };
    struct archive *archive = archive_read_new();
    struct archive_entry *entry;
    int status;
    if (!archive)
        die("%s: out of memory", path);
    archive_read_support_filter_all(archive);
    archive_read_support_format_all(archive);
    if (archive_read_open_filename(archive, path, read_step) != ARCHIVE_OK)
        die("%s: neither a batch nor an archive (%s)", path, archive_error_string(archive));
    while ((status = archive_read_next_header(archive, &entry)) == ARCHIVE_OK || status == ARCHIVE_WARN) {
        const char *name = archive_entry_pathname(entry);
        const char *slash = name ? strrchr(name, '/') : NULL;
        if (!name || archive_entry_filetype(entry) != AE_IFREG || !wanted(slash ? slash + 1 : name, context))
            continue;
        struct cifar_file *file = files_add(&files, name);
        read_entry(archive, path, file);
        name_member(file, path);
    }
    if (status != ARCHIVE_EOF)
        die("%s: neither a batch nor a sound archive (%s)", path, archive_error_string(archive));
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

/* A pipe or another file that cannot be mapped. */
static void read_all(struct cifar_file *file, int descriptor)
{
    size_t room = 0;
    for (;;) {
        if (room - file->size < read_step) {
            room = checked_add(room, room > read_step ? room : read_step);
            file->bytes = reallocate(file->bytes, room, 1);
        }
        ssize_t got = read(descriptor, file->bytes + file->size, room - file->size);
        if (got < 0)
            die_errno("%s: cannot be read", file->path);
        if (got == 0)
            break;
        file->size += (size_t)got;
    }
}

void file_load(struct cifar_file *file)
{
    struct stat status;
    if (file->bytes)
        return;
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
