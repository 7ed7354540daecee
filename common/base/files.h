/* System files: the three standard descriptors, and files mapped into memory. */
#ifndef TALE_BASE_FILES_H
#define TALE_BASE_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* Call this before any file is opened. It opens each closed standard descriptor in a way that makes its use fail:
 * otherwise the next file would get that number and would be read as input or receive messages. It also turns a write
 * past the file size limit (ulimit -f) into a write error; by default SIGXFSZ would end the program. */
void files_start(void);

/* Maps a regular file for reading; `path` is for messages and must stay valid until file_unmap(). Returns NULL with
 * size 0 if the file is empty or cannot be mapped, such as a pipe. If the file is truncated while it is mapped, reading
 * the missing part ends the program with one line and exit status 1. Call it outside parallel regions. */
void *file_map(int descriptor, const char *path, size_t *size);
void file_unmap(void *bytes, size_t size);

/* Whether two paths lead to the same regular file, which need not exist yet: then writing one would replace the
 * other. */
bool files_same(const char *a, const char *b);

#endif
