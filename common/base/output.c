#define _POSIX_C_SOURCE 200809L /* fsync, fileno */
#include "base/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

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
        remove(output->temporary);
        errno = reason;
        die_errno("%s: cannot be written", output->path);
    }
    free(output->path);
    free(output->temporary);
    *output = (struct output){ NULL, NULL, NULL };
}

void write_bytes(FILE *file, const char *path, const void *bytes, size_t size)
{
    if (size && fwrite(bytes, 1, size, file) != size)
        die_errno("%s: cannot be written", path ? path : "standard output");
}

void close_stdout(void)
{
    if (ferror(stdout) || fflush(stdout) || fclose(stdout))
        die_errno("standard output cannot be written");
}
