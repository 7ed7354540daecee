#define _POSIX_C_SOURCE 200809L /* mkdtemp, fork */
/* Outputs: whole files or none. */
#include "base/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "check.h"

static char folder[] = "/tmp/output_test.XXXXXX";

static int count_files(void)
{
    int count = 0;
    DIR *handle = opendir(folder);
    for (struct dirent *entry; (entry = readdir(handle));)
        count += entry->d_name[0] != '.';
    closedir(handle);
    return count;
}

static void in_folder(char *path, size_t size, const char *name)
{
    snprintf(path, size, "%s/%s", folder, name);
}

static void a_file_appears_when_it_is_whole(void)
{
    char path[64], text[8] = "";
    in_folder(path, sizeof path, "whole");
    struct output output = output_open(path);
    write_bytes(output.file, path, "whole", 5);
    CHECK(access(path, F_OK) != 0);
    output_close(&output);
    FILE *file = fopen(path, "r");
    if (CHECK(file != NULL)) {
        CHECK_INTEGER((int64_t)fread(text, 1, sizeof text, file), 5);
        fclose(file);
    }
    CHECK_TEXT(text, "whole");
    CHECK_INTEGER(count_files(), 1);
    remove(path);
}

static void die_half_way(void *path)
{
    struct output output = output_open(path);
    write_bytes(output.file, path, "half", 4);
    die("half way");
}

static void an_error_leaves_nothing(void)
{
    char path[64];
    in_folder(path, sizeof path, "half");
    CHECK_DIES(die_half_way, path, EXIT_FAILED, "half way");
    CHECK_INTEGER(count_files(), 0);
}

static void a_signal_leaves_nothing(void)
{
    static const int ends[] = { SIGHUP, SIGINT, SIGPIPE, SIGTERM };
    char path[64];
    in_folder(path, sizeof path, "half");
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0) {
            struct output output = output_open(path);
            write_bytes(output.file, path, "half", 4);
            fflush(output.file);
            raise(ends[i]);
            _exit(0);
        }
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == ends[i]); /* the end that the caller expects */
        CHECK_INTEGER(count_files(), 0);
    }
}

static void open_and_close(void *path)
{
    struct output output = output_open(path);
    output_close(&output);
}

static void a_place_that_cannot_be_written_is_named(void)
{
    char path[64];
    in_folder(path, sizeof path, "no/such");
    CHECK_DIES(open_and_close, path, EXIT_FAILED, "no/such: cannot be written: No such file");
    CHECK_DIES(open_and_close, folder, EXIT_FAILED, "cannot be written: Is a directory");
    CHECK_INTEGER(count_files(), 0);
}

static void write_full(void *unused)
{
    FILE *file = fopen("/dev/full", "w");
    (void)unused;
    setvbuf(file, NULL, _IONBF, 0);
    write_bytes(file, "full", "bytes", 5);
}

static void a_full_disk_is_an_error(void)
{
    CHECK_DIES(write_full, NULL, EXIT_FAILED, "full: cannot be written: No space left");
}

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    RUN(a_file_appears_when_it_is_whole);
    RUN(an_error_leaves_nothing);
    RUN(a_signal_leaves_nothing);
    RUN(a_place_that_cannot_be_written_is_named);
    RUN(a_full_disk_is_an_error);
    rmdir(folder);
    return check_verdict();
}
