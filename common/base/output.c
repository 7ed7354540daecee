#define _POSIX_C_SOURCE 200809L /* fsync, fileno */
#include "base/output.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

/* Files that are being written, so that die() can take them away. */
enum { UNFINISHED_MAX = 8 };
static char *unfinished[UNFINISHED_MAX];

static void remove_unfinished(void)
{
    for (int i = 0; i < UNFINISHED_MAX; i++)
        if (unfinished[i])
            remove(unfinished[i]);
}

/* Put `now` where `before` stands: a name for a free place, or NULL for a name. */
static void replace_unfinished(const char *before, char *now)
{
    for (int i = 0; i < UNFINISHED_MAX; i++)
        if (unfinished[i] == before) {
            unfinished[i] = now;
            return;
        }
}

struct output output_open(const char *path)
{
    struct output output = { stdout, NULL, NULL };
    if (!path || strcmp(path, "-") == 0)
        return output;
    output.path = copy_string(path);
    output.temporary = format_string("%s.%ld.tmp", path, (long)getpid());
    output.file = fopen(output.temporary, "wb");
    if (!output.file)
        die_errno("%s: cannot be written", path);
    static bool prepared;
    if (!prepared)
        prepared = at_quick_exit(remove_unfinished) == 0;
    replace_unfinished(NULL, output.temporary);
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
    replace_unfinished(output->temporary, NULL);
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
