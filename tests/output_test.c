#define _POSIX_C_SOURCE 200809L /* mkdtemp, fork, symlink */
/* Outputs: whole files or none. */
#include "base/output.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
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

static void die_after_another(void *path)
{
    struct output output = output_open(path);
    char *other = format_string("%s.other", (const char *)path);
    struct output more = output_open(other);
    write_bytes(output.file, path, "half", 4);
    output_close(&more);
    die("half way");
}

static void an_error_leaves_what_was_finished_before(void)
{
    char path[64], other[64];
    in_folder(path, sizeof path, "half");
    in_folder(other, sizeof other, "half.other");
    CHECK_DIES(die_after_another, path, EXIT_FAILED, "half way");
    CHECK_INTEGER(count_files(), 1);
    CHECK(access(other, F_OK) == 0);
    remove(other);
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

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
}

static const char *read_text(const char *path)
{
    static char text[32];
    memset(text, 0, sizeof text);
    FILE *file = fopen(path, "r");
    if (!file)
        return "(none)";
    size_t got = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    return got ? text : "";
}

static void put(const char *path, const char *text)
{
    struct output output = output_open(path);
    write_bytes(output.file, path, text, strlen(text));
    output_close(&output);
}

static void a_link_stays_and_its_file_is_replaced(void)
{
    char link[64], middle[64], file[64];
    struct stat about;
    in_folder(link, sizeof link, "link");
    in_folder(middle, sizeof middle, "middle");
    in_folder(file, sizeof file, "file");
    write_text(file, "old");
    CHECK(symlink("middle", link) == 0 && symlink(file, middle) == 0); /* one relative, one not */
    put(link, "new");
    CHECK(lstat(link, &about) == 0 && S_ISLNK(about.st_mode));
    CHECK(lstat(middle, &about) == 0 && S_ISLNK(about.st_mode));
    CHECK_TEXT(read_text(file), "new");
    unlink(file); /* a link that leads nowhere yet */
    put(link, "newer");
    CHECK_TEXT(read_text(file), "newer");
    CHECK(lstat(file, &about) == 0 && S_ISREG(about.st_mode));
    CHECK_INTEGER(count_files(), 3);
    remove(link);
    remove(middle);
    remove(file);
}

/* A log: what was written so far is there for all to read. */
static void a_file_in_its_place_is_read_as_it_grows(void)
{
    char path[64], link[64];
    in_folder(path, sizeof path, "log");
    in_folder(link, sizeof link, "link");
    write_text(path, "of an older run");
    CHECK(symlink("log", link) == 0);
    struct output output = output_open_in_place(link);
    CHECK_TEXT(read_text(path), "");
    write_bytes(output.file, link, "one ", 4);
    output_flush(&output);
    CHECK_TEXT(read_text(path), "one ");
    write_bytes(output.file, link, "two", 3);
    output_close(&output);
    CHECK_TEXT(read_text(path), "one two");
    CHECK_INTEGER(count_files(), 2);
    remove(path);
    remove(link);
}

static void die_in_place(void *path)
{
    struct output output = output_open_in_place(path);
    write_bytes(output.file, path, "one", 3);
    output_flush(&output);
    die("half way");
}

static void an_error_leaves_what_was_written_in_its_place(void)
{
    char path[64];
    in_folder(path, sizeof path, "log");
    CHECK_DIES(die_in_place, path, EXIT_FAILED, "half way");
    CHECK_TEXT(read_text(path), "one");
    remove(path);
}

static void flush_full(void *unused)
{
    struct output output = output_open_in_place("/dev/full");
    (void)unused;
    write_bytes(output.file, output.path, "bytes", 5);
    output_flush(&output);
}

static void a_full_disk_is_known_when_the_output_is_flushed(void)
{
    CHECK_DIES(flush_full, NULL, EXIT_FAILED, "/dev/full: cannot be written: No space left");
}

static void check_path(void *path)
{
    output_check(path);
}

static void a_check_changes_nothing(void)
{
    char path[64], missing[64], none[64];
    in_folder(path, sizeof path, "log");
    in_folder(missing, sizeof missing, "missing");
    in_folder(none, sizeof none, "no/such");
    write_text(path, "text");
    output_check(path);
    output_check(missing);
    output_check("/dev/null");
    CHECK_TEXT(read_text(path), "text");
    CHECK_INTEGER(count_files(), 1);
    CHECK_DIES(check_path, none, EXIT_FAILED, "no/such: cannot be written: No such file");
    CHECK_DIES(check_path, folder, EXIT_FAILED, "cannot be written: Is a directory");
    if (geteuid() != 0) { /* who may write anywhere */
        chmod(path, 0400);
        CHECK_DIES(check_path, path, EXIT_FAILED, "log: cannot be written: Permission denied");
        chmod(folder, 0500);
        CHECK_DIES(check_path, missing, EXIT_FAILED, "missing: cannot be written: Permission denied");
        chmod(folder, 0700);
    }
    remove(path);
}

static void links_in_a_circle_are_an_error(void)
{
    char a[64], b[64];
    in_folder(a, sizeof a, "a");
    in_folder(b, sizeof b, "b");
    CHECK(symlink("b", a) == 0 && symlink("a", b) == 0);
    CHECK_DIES(open_and_close, a, EXIT_FAILED, "/a: cannot be written: Too many levels");
    remove(a);
    remove(b);
}

static void permissions_stay(void)
{
    char file[64];
    struct stat about;
    in_folder(file, sizeof file, "file");
    write_text(file, "old");
    chmod(file, 0640);
    put(file, "new");
    CHECK(stat(file, &about) == 0 && (about.st_mode & 07777) == 0640);
    remove(file);
    mode_t mask = umask(027);
    put(file, "new");
    umask(mask);
    CHECK(stat(file, &about) == 0 && (about.st_mode & 07777) == 0640);
    remove(file);
}

static void a_pipe_is_written_as_it_is(void)
{
    char pipe[64], text[8] = "";
    struct stat about;
    in_folder(pipe, sizeof pipe, "pipe");
    CHECK(mkfifo(pipe, 0600) == 0);
    int reader = open(pipe, O_RDONLY | O_NONBLOCK);
    put(pipe, "bytes");
    CHECK_INTEGER(read(reader, text, sizeof text), 5);
    CHECK_TEXT(text, "bytes");
    CHECK(stat(pipe, &about) == 0 && S_ISFIFO(about.st_mode));
    close(reader);
    remove(pipe);
}

/* /dev/stderr where it is a file: what stands there already stays, as does the name. */
static void a_descriptor_is_written_as_it_is(void)
{
    char file[64], name[32];
    struct stat before, after;
    in_folder(file, sizeof file, "file");
    write_text(file, "first ");
    int descriptor = open(file, O_WRONLY | O_APPEND);
    fstat(descriptor, &before);
    snprintf(name, sizeof name, "/dev/fd/%d", descriptor);
    if (access(name, F_OK) != 0) {
        check_skip("/dev/fd is not there");
        return;
    }
    put(name, "second");
    CHECK_TEXT(read_text(file), "first second");
    CHECK(stat(file, &after) == 0 && before.st_ino == after.st_ino);
    close(descriptor);
    remove(file);
}

/* A temporary file with the name that `model` gets, with or without somebody's lock. */
static pid_t leave_temporary(const char *path, bool alive)
{
    int ready[2];
    char byte;
    if (pipe(ready))
        return -1;
    pid_t child = fork();
    if (child == 0) {
        struct output output = output_open(path);
        write_bytes(output.file, path, "half", 4);
        fflush(output.file);
        if (write(ready[1], "", 1) == 1 && alive)
            pause();
        _exit(0);
    }
    close(ready[1]);
    CHECK_INTEGER(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    if (!alive)
        waitpid(child, NULL, 0);
    return child;
}

static void what_a_killed_program_left_is_removed_by_the_next(void)
{
    char model[64], other[64];
    in_folder(model, sizeof model, "model");
    in_folder(other, sizeof other, "model.backup.tmp"); /* a user's own */
    write_text(other, "mine");
    leave_temporary(model, false); /* ends without cleaning up, as SIGKILL does */
    CHECK_INTEGER(count_files(), 2);
    pid_t alive = leave_temporary(model, true);
    CHECK_INTEGER(count_files(), 2); /* the dead one's went when this one began */
    put(model, "whole");
    CHECK_INTEGER(count_files(), 3); /* that of the living one stays, as does the user's */
    CHECK_TEXT(read_text(other), "mine");
    kill(alive, SIGKILL);
    waitpid(alive, NULL, 0);
    put(model, "whole");
    CHECK_INTEGER(count_files(), 2);
    remove(model);
    remove(other);
}

static void a_name_as_long_as_names_may_be(void)
{
    char name[256], path[320];
    memset(name, 'n', 255);
    name[255] = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    put(path, "whole");
    CHECK_TEXT(read_text(path), "whole");
    CHECK_INTEGER(count_files(), 1);
    remove(path);
}

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    RUN(a_file_appears_when_it_is_whole);
    RUN(an_error_leaves_nothing);
    RUN(an_error_leaves_what_was_finished_before);
    RUN(a_signal_leaves_nothing);
    RUN(a_place_that_cannot_be_written_is_named);
    RUN(a_full_disk_is_an_error);
    RUN(a_link_stays_and_its_file_is_replaced);
    RUN(a_file_in_its_place_is_read_as_it_grows);
    RUN(an_error_leaves_what_was_written_in_its_place);
    RUN(a_full_disk_is_known_when_the_output_is_flushed);
    RUN(a_check_changes_nothing);
    RUN(links_in_a_circle_are_an_error);
    RUN(permissions_stay);
    RUN(a_pipe_is_written_as_it_is);
    RUN(a_descriptor_is_written_as_it_is);
    RUN(what_a_killed_program_left_is_removed_by_the_next);
    RUN(a_name_as_long_as_names_may_be);
    rmdir(folder);
    return check_verdict();
}
