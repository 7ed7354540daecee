/* The files of a data set, found by base name: those of a folder, the members of an archive (whatever libarchive
 * knows: tar, zip, 7z; gzip, bzip2, xz, zstd), or one file alone. */
#ifndef TALE_DATA_CIFAR_FILES_H
#define TALE_DATA_CIFAR_FILES_H

#include <stdbool.h>
#include <stddef.h>

struct cifar_file {
    char *path;           /* for messages; a member of an archive is "archive: member" */
    const char *base;     /* the last part of path */
    unsigned char *bytes; /* NULL until file_load(); `size` bytes, and a 0 behind those of an archive */
    size_t size;
    bool mapped;          /* bytes are mapped and not allocated */
};

struct cifar_files {
    struct cifar_file *file;
    int count;
};

/* Whether a file of that base name is of use. */
typedef bool file_wanted(const char *base, const void *context);

/* The wanted files of the folder `path`, by name; none is read. Dies where the folder cannot be read. */
struct cifar_files files_of_folder(const char *path, file_wanted *wanted, const void *context);

/* The wanted members of an archive, all of them read: an archive can be read in its own order only. Dies where `path`
 * is no archive, is cut short or is damaged. */
struct cifar_files files_of_archive(const char *path, file_wanted *wanted, const void *context);

/* The folders in the folder `path`, by name, as full paths; a NULL ends them. Caller frees with folders_free(). */
char **folders_of_folder(const char *path);
void folders_free(char **folders);

/* Whether `path` is a folder. Dies where there is nothing at `path`. */
bool is_folder(const char *path);

/* The file of that base name, or NULL. */
struct cifar_file *files_find(const struct cifar_files *files, const char *base);

/* Add a file, not read yet. */
struct cifar_file *files_add(struct cifar_files *files, const char *path);

/* Make sure that the bytes are there. A regular file is mapped, so that reading some rows of it costs some pages. */
void file_load(struct cifar_file *file);

/* Give the bytes back; file_load() brings those of a file again, those of an archive's member are gone. */
void file_unload(struct cifar_file *file);

void files_free(struct cifar_files *files);

#endif
