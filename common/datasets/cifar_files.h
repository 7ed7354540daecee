/* The files of a data set, found by base name: those of a folder, the members of an archive (tar, zip and 7z; gzip,
 * bzip2, xz, lzma, zstd, lz4), or one file alone. */
#ifndef TALE_DATASETS_CIFAR_FILES_H
#define TALE_DATASETS_CIFAR_FILES_H

#include <stdbool.h>
#include <stddef.h>

struct cifar_file {
    char *path;           /* for messages; a member of an archive is "archive: member" */
    const char *base;     /* the last part of path */
    size_t most;          /* largest number of bytes to read if it cannot be mapped */
    unsigned char *bytes; /* NULL until file_load(); `size` bytes */
    size_t size;          /* not 0 */
    bool mapped;          /* bytes are mapped and not allocated */
};

struct cifar_files {
    struct cifar_file *file;
    int count;
};

/* Whether a file with that base name is wanted: returns the largest size that it may have if it must be read into
 * memory, or 0. Called once for each file. */
typedef size_t file_wanted(const char *base, void *context);

/* The wanted files in the folder `path`, by name, not read yet. Dies if the folder cannot be read. */
struct cifar_files files_of_folder(const char *path, file_wanted *wanted, void *context);

/* Whether the loaded file is an archive, possibly a damaged one. */
bool is_archive(const struct cifar_file *file);

/* The wanted members of a loaded archive, all of them read, because an archive can only be read in order. The sizes
 * that the archive states are trusted only if they are too large. Dies if it is damaged or truncated; if a wanted
 * member is empty, larger than wanted() allows, or occurs twice; and if the skipped members have more than 100 MB plus
 * ten times the archive's size. */
struct cifar_files files_of_archive(const struct cifar_file *archive, file_wanted *wanted, void *context);

/* The folders in the folder `path`, by name, as full paths, ended by NULL. Caller frees with folders_free(). */
char **folders_of_folder(const char *path);
void folders_free(char **folders);

/* Whether `path` is a folder. Dies if nothing exists at `path`. */
bool is_folder(const char *path);

/* The file with that base name, or NULL. */
struct cifar_file *files_find(const struct cifar_files *files, const char *base);

/* Add a file, not read yet. */
struct cifar_file *files_add(struct cifar_files *files, const char *path, size_t most);

/* Loads the file's bytes. A regular file is mapped, so that reading a few rows reads a few pages; from a pipe or a
 * device at most the limit is read. Dies if the file is empty, too large, or cannot be read. */
void file_load(struct cifar_file *file);

/* Releases the bytes; file_load() can load those of a file again, but not those of an archive's member. */
void file_unload(struct cifar_file *file);

void files_free(struct cifar_files *files);

#endif
