#define _POSIX_C_SOURCE 200809L /* fsync, fileno, sigaction */
#include "base/output.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

/* Files that are being written, so that die() and a signal can take them away. Their names stand in arrays that are
 * never freed, since a signal may come to any thread at any moment. */
enum { UNFINISHED_MAX = 8 };
static struct {
    volatile sig_atomic_t held;
    char path[PATH_MAX];
} unfinished[UNFINISHED_MAX];

static void remove_unfinished(void)
{
    for (int i = 0; i < UNFINISHED_MAX; i++)
        if (unfinished[i].held)
            unlink(unfinished[i].path);
}

/* A signal's own end follows, so that the caller sees what it was. */
static void end_by_signal(int number)
{
    remove_unfinished();
    signal(number, SIG_DFL);
    raise(number);
}

/* What is ignored (nohup) stays so. */
static void catch_signals(void)
{
    static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct sigaction before, action = { .sa_handler = end_by_signal };
        sigemptyset(&action.sa_mask);
        if (sigaction(ends[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
            sigaction(ends[i], &action, NULL);
    }
}

static void hold_unfinished(const char *path)
{
    static bool prepared;
    if (!prepared) {
        catch_signals();
        prepared = at_quick_exit(remove_unfinished) == 0;
    }
    for (int i = 0; i < UNFINISHED_MAX; i++)
        if (!unfinished[i].held && strlen(path) < PATH_MAX) {
            strcpy(unfinished[i].path, path);
            unfinished[i].held = 1;
            return;
        }
}

static void release_unfinished(const char *path)
{
    for (int i = 0; i < UNFINISHED_MAX; i++)
        if (unfinished[i].held && strcmp(unfinished[i].path, path) == 0)
            unfinished[i].held = 0;
}

struct output output_open(const char *path)
{
    struct output output = { stdout, NULL, NULL };
    if (!path || strcmp(path, "-") == 0)
        return output;
    output.path = copy_string(path);
    output.temporary = format_string("%s.%ld.tmp", path, (long)getpid());
    hold_unfinished(output.temporary); /* first: a signal between the two finds nothing to remove, and not a stray */
    output.file = fopen(output.temporary, "wb");
    if (!output.file)
        die_errno("%s: cannot be written", path);
    return output;
}

void output_close(struct output *output)
{
    if (!output->path) {
        close_stdout();
        return;
    }
    int bad = ferror(output->file) || fflush(output->file) || fsync(fileno(output->file));
    int reason = errno;
    if (fclose(output->file) && !bad) {
        bad = 1;
        reason = errno;
    }
    if (!bad && rename(output->temporary, output->path)) {
        bad = 1;
        reason = errno;
    }
    if (bad) {
        errno = reason;
        die_errno("%s: cannot be written", output->path);
    }
    release_unfinished(output->temporary);
    free(output->path);
    free(output->temporary);
    *output = (struct output){ NULL, NULL, NULL };
}

void write_bytes(FILE *file, const char *path, const void *bytes, size_t size)
{
    if (size && fwrite(bytes, 1, size, file) != size)
        die_errno("%s: cannot be written", path ? path : "standard output");
}

void write_clean(FILE *file, const char *text)
{
    for (; *text; text++)
        putc((unsigned char)*text < ' ' || *text == 127 ? '?' : *text, file);
}

void close_stdout(void)
{
    if (ferror(stdout) || fflush(stdout) || fclose(stdout))
        die_errno("standard output cannot be written");
}
