#define _GNU_SOURCE /* siginfo_t, mmap */
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/output.h"

/* A mapped file, for the SIGBUS handler: a list that only the main thread changes. */
struct mapping {
    const char *bytes;
    size_t size;
    const char *path;
    struct mapping *next;
};
static struct mapping *mappings;

void files_start(void)
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++)
        if (fcntl(descriptor, F_GETFD) == -1 && errno == EBADF &&
            open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) != descriptor)
            _exit(EXIT_FAILED); /* stderr may be closed: there may be no place for a message */
    signal(SIGXFSZ, SIG_IGN);
}

/* Write a text to stderr; safe in a signal handler. */
static void write_text(const char *text)
{
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
}

/* A read beyond the new end of a mapped file that was truncated raises SIGBUS. At any other address it is a bug in the
 * program. */
static void end_by_lost_page(int number, siginfo_t *info, void *context)
{
    const char *address = info->si_addr;
    (void)context;
    for (const struct mapping *m = mappings; m; m = m->next)
        if (address >= m->bytes && address - m->bytes < (ptrdiff_t)m->size) {
            write_text(program_name);
            write_text(": ");
            write_text(m->path);
            write_text(": was cut short while it was read\n");
            outputs_discard();
            _exit(EXIT_FAILED);
        }
    signal(number, SIG_DFL); /* the access is repeated and ends the program */
}

static void catch_lost_pages(void)
{
    struct sigaction action = { .sa_sigaction = end_by_lost_page, .sa_flags = SA_SIGINFO };
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}

void *file_map(int descriptor, const char *path, size_t *size)
{
    struct stat about;
    *size = 0;
    if (fstat(descriptor, &about) || !S_ISREG(about.st_mode) || about.st_size == 0)
        return NULL;
    void *bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (bytes == MAP_FAILED)
        die_errno("%s: cannot be mapped", path);
    struct mapping *mapping = allocate(1, sizeof *mapping);
    *mapping = (struct mapping){ bytes, *size = (size_t)about.st_size, path, mappings };
    mappings = mapping;
    catch_lost_pages();
    return bytes;
}

void file_unmap(void *bytes, size_t size)
{
    for (struct mapping **at = &mappings; *at; at = &(*at)->next)
        if ((*at)->bytes == bytes) {
            struct mapping *gone = *at;
            *at = gone->next;
            free(gone);
            break;
        }
    munmap(bytes, size);
}

/* The folder that contains the file at `path`; caller frees. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? format_string("%.*s/", (int)(slash - path), path) : copy_string("./");
}

static bool same_node(const char *a, const char *b)
{
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

bool files_same(const char *a, const char *b)
{
    struct stat about;
    if (stat(a, &about) == 0)
        return S_ISREG(about.st_mode) && same_node(a, b);
    const char *slash_a = strrchr(a, '/'), *slash_b = strrchr(b, '/');
    char *folder_a = folder_of(a), *folder_b = folder_of(b);
    bool same = strcmp(slash_a ? slash_a + 1 : a, slash_b ? slash_b + 1 : b) == 0 && same_node(folder_a, folder_b);
    free(folder_a);
    free(folder_b);
    return same;
}
