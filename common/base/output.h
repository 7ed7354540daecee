/* Outputs: a file is written under a temporary name beside its target and renamed when it is complete, so that an
 * incomplete file never has the final name; only a log is written in place, to be read while it grows. Standard output
 * is checked when it is closed, so that a full disk gives exit status 1. */
#ifndef TALE_BASE_OUTPUT_H
#define TALE_BASE_OUTPUT_H

#include <stddef.h>
#include <stdio.h>

struct output {
    FILE *file;
    char *path;      /* as the user named it; NULL for standard output */
    char *target;    /* the regular file to write, links followed; NULL: `file` is written directly */
    char *temporary; /* the path of the file while it is written (temporary.h); NULL: it is written in place */
};

/* Opens for writing. NULL or "-" is standard output. A device, a pipe or one of the program's own descriptors
 * (/dev/stderr) is written directly. Otherwise the data go to a temporary file, and the file at `path` stays unchanged
 * until output_close(). A link remains a link: the file that it leads to is replaced. Dies on failure.
 *
 * If the program ends before output_close(), by an error or by SIGHUP, SIGINT, SIGQUIT, SIGPIPE or SIGTERM, the
 * temporary file is removed; after SIGKILL, the next output_open() of the same path removes it. */
struct output output_open(const char *path);

/* As output_open(), but a regular file is truncated and written in place, so that it can be read while it grows. What
 * was written remains, however the program ends. Each write appends to what the file then holds. */
struct output output_open_in_place(const char *path);

/* Dies if output_open_in_place() would fail. Neither changes nor creates the file. */
void output_check(const char *path);

/* Passes on what was written so far, so that a reader of the file sees it. Dies on failure. */
void output_flush(struct output *output);

/* Flushes to disk, closes and, if there is a temporary file, renames it into place. On failure, removes the temporary
 * file and dies. */
void output_close(struct output *output);

/* Removes the files that are being written; safe in a signal handler. */
void outputs_discard(void);

/* Writes `size` bytes; on failure, dies with a message that names the file. */
void write_bytes(FILE *file, const char *path, const void *bytes, size_t size);

/* Writes a text that came from a file, with control characters as `?`: it stays one line or one cell of a table, and
 * cannot control a terminal. */
void write_clean(FILE *file, const char *text);

/* The last action of a filter: flush and close stdout; dies on failure. */
void close_stdout(void);

#endif
