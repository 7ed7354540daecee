/* Files as the system gives them: the three standard descriptors, and files that are mapped into memory. */
#ifndef TALE_BASE_FILES_H
#define TALE_BASE_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* Call it before any file is opened. A standard descriptor that is closed is opened so that its use fails: otherwise
 * the next file would get its number, and be read as the input or be written messages into. Writing past the limit of a
 * file's size (ulimit -f) becomes an error of the write, where SIGXFSZ would end the program. */
void files_start(void);

/* Map a regular file for reading; `path` is for messages and must stay until file_unmap(). NULL, and size 0: the file
 * is empty or of a kind that cannot be mapped, such as a pipe. Where the file is cut short while it is mapped, reading
 * what is gone ends the program with one line and exit 1. Call it outside parallel regions. */
void *file_map(int descriptor, const char *path, size_t *size);
void file_unmap(void *bytes, size_t size);

/* Whether two paths lead to the same regular file, which may not be there yet: to write one would replace the other. */
bool files_same(const char *a, const char *b);

#endif
