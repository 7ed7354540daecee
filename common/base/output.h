/* Outputs: a file is written beside its place and moved there when it is whole, so that no half file ever stands under
 * a good name; standard output is closed with a check, so that a full disk is exit 1. */
#ifndef TALE_BASE_OUTPUT_H
#define TALE_BASE_OUTPUT_H

#include <stddef.h>
#include <stdio.h>

struct output {
    FILE *file;
    char *path;      /* as the user named it; NULL: standard output */
    char *target;    /* the file that is replaced, links followed; NULL: `file` is written as it is */
    char *temporary; /* where it is written meanwhile (temporary.h) */
};

/* Open for writing: standard output where path is NULL or "-"; a device, a pipe or one of the program's own descriptors
 * (/dev/stderr) as it is; else beside the file that path leads to, which stays as it is until output_close(). A link
 * stays one: the file it leads to is replaced. Dies on failure.
 *
 * Where the program dies before output_close(), by an error or by SIGHUP, SIGINT, SIGQUIT, SIGPIPE or SIGTERM, what was
 * written is removed; what SIGKILL leaves is removed by the next output_open() of the same path. */
struct output output_open(const char *path);

/* Flush to disk, close and move into place. Dies on failure and removes what was half written. */
void output_close(struct output *output);

/* Remove the files that are being written. A signal handler may call it. */
void outputs_discard(void);

/* Write size bytes or die, naming the file. */
void write_bytes(FILE *file, const char *path, const void *bytes, size_t size);

/* Write a text that came from a file, control characters as `?`: it stays one line, one cell of a table, and steers no
 * terminal. */
void write_clean(FILE *file, const char *text);

/* The last act of a filter: flush and close stdout, die where that fails. */
void close_stdout(void);

#endif
