/* The files of a data set, found by base name: those of a folder, the members of an archive (tar, zip and 7z; gzip,
 * bzip2, xz, lzma, zstd, lz4), or one file alone. */
#ifndef TALE_DATASETS_CIFAR_FILES_H
#define TALE_DATASETS_CIFAR_FILES_H

#include <stdbool.h>
#include <stddef.h>

struct cifar_file {
    char *path;           /* for messages; a member of an archive is "archive: member" */
    const char *base;     /* the last part of path */
    size_t most;          /* bytes that are read of it where it cannot be mapped */
    unsigned char *bytes; /* NULL until file_load(); `size` bytes */
    size_t size;          /* not 0 */
    bool mapped;          /* bytes are mapped and not allocated */
};

struct cifar_files {
    struct cifar_file *file;
    int count;
};

/* Whether a file of that base name is of use: the most bytes that it may hold where it must be read into memory, or 0.
 * It is asked once for each file that there is. */
typedef size_t file_wanted(const char *base, void *context);

/* The wanted files of the folder `path`, by name; none is read. Dies where the folder cannot be read. */
struct cifar_files files_of_folder(const char *path, file_wanted *wanted, void *context);

/* Whether the file, loaded, is an archive; it may be damaged. */
bool is_archive(const struct cifar_file *file);

/* The wanted members of an archive that is loaded, all of them read: an archive can be read in its own order only. What
 * the archive says of their sizes is believed only where they are too large. Dies where it is damaged or cut short;
 * where a wanted member is empty, larger than wanted() says, or there twice; and where the members passed over hold
 * more than 100 MB and ten times the archive's size. */
struct cifar_files files_of_archive(const struct cifar_file *archive, file_wanted *wanted, void *context);

/* The folders in the folder `path`, by name, as full paths; a NULL ends them. Caller frees with folders_free(). */
char **folders_of_folder(const char *path);
void folders_free(char **folders);

/* Whether `path` is a folder. Dies where there is nothing at `path`. */
bool is_folder(const char *path);

/* The file of that base name, or NULL. */
struct cifar_file *files_find(const struct cifar_files *files, const char *base);

/* Add a file, not read yet. */
struct cifar_file *files_add(struct cifar_files *files, const char *path, size_t most);

/* Make sure that the bytes are there. A regular file is mapped, so that reading some rows of it costs some pages; of a
 * pipe or a device at most `most` bytes are read. Dies where the file is empty, larger, or cannot be read. */
void file_load(struct cifar_file *file);

/* Give the bytes back; file_load() brings those of a file again, those of an archive's member are gone. */
void file_unload(struct cifar_file *file);

void files_free(struct cifar_files *files);

#endif
