/* The rules that a run must keep:
 *
 *   - it ends with status 0, 1 or 2, by a return or by one of die() and its kin: nothing aborts or traps;
 *   - a status that is not 0 comes with one line, which begins with the program's name, and no line that it says holds
 *     control characters;
 *   - it holds at most memory_most bytes at a time: inputs are some kilobytes, so more is a header's claim believed;
 *   - it works for at most seconds_most;
 *   - it fails where its output cannot be written or its input not be read;
 *   - each stream that a program writes is whole, whatever the status (require_stream).
 *
 * The linker gives the calls of our code here (--wrap, in the Makefile); those of shared libraries go where they always
 * go, so what a library holds for itself stays. */
#define _GNU_SOURCE
#include "harness.h"

#include <archive.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "streams/stream.h"

enum { memory_most = 256 << 20, output_most = 64 << 20 }; /* bytes */

enum { seconds_most = 10 }; /* of the processor, so that a busy machine finds nothing that is not there */

static bool inside; /* a run is going on */
static jmp_buf end;
static int ended; /* with this status */
static long ends[3]; /* how often with each, for the log */
static bool shows;
static FILE *terminal; /* the stderr of the process */

bool harness_shows(void)
{
    return shows;
}

void finding(const char *format, ...)
{
    va_list arguments;
    inside = false;
    va_start(arguments, format);
    fprintf(terminal, "finding: ");
    vfprintf(terminal, format, arguments);
    fprintf(terminal, "\n");
    va_end(arguments);
    abort();
}

/* ---- static data ---- */

extern char __start_tale_data[], __stop_tale_data[], __start_tale_bss[], __stop_tale_bss[];

struct section {
    char *begin, *end, *kept;
};
static struct section sections[2];

/* memcpy() would stumble over the red zones between the sanitizer's variables. */
__attribute__((no_sanitize("address", "undefined"))) static void copy(volatile char *to, const volatile char *from,
                                                                      size_t size)
{
    size_t i = 0;
    for (; i + sizeof(uint64_t) <= size; i += sizeof(uint64_t))
        *(volatile uint64_t *)(volatile void *)(to + i) = *(const volatile uint64_t *)(const volatile void *)(from + i);
    for (; i < size; i++)
        to[i] = from[i];
}

static void keep_sections(void)
{
    sections[0] = (struct section){ __start_tale_data, __stop_tale_data, NULL };
    sections[1] = (struct section){ __start_tale_bss, __stop_tale_bss, NULL };
    for (int i = 0; i < 2; i++) {
        size_t size = (size_t)(sections[i].end - sections[i].begin);
        sections[i].kept = malloc(size + 1);
        copy(sections[i].kept, sections[i].begin, size);
    }
}

static void restore_sections(void)
{
    for (int i = 0; i < 2; i++)
        copy(sections[i].begin, sections[i].kept, (size_t)(sections[i].end - sections[i].begin));
}

/* ---- memory: a table of the blocks that the run holds ---- */

enum { TABLE = 1 << 20 };
static void *table[TABLE];
static char gone; /* where a block was that another one was put behind */
static size_t used[TABLE], used_count; /* the places of this run, to empty them fast */
static size_t held;

static size_t place_of(const void *block)
{
    return (size_t)(((uintptr_t)block >> 4) * 0x9e3779b97f4a7c15u >> 44) % TABLE;
}

static void *note_block(void *block)
{
    if (!inside || !block)
        return block;
    size_t at = place_of(block);
    while (table[at] && table[at] != &gone)
        at = (at + 1) % TABLE;
    if (!table[at]) {
        if (used_count > TABLE / 2)
            finding("more than %d blocks of memory", TABLE / 2);
        used[used_count++] = at;
    }
    table[at] = block;
    held += malloc_usable_size(block);
    if (held > memory_most)
        finding("more than %d bytes of memory", memory_most);
    return block;
}

static void forget_block(void *block)
{
    if (!block)
        return;
    for (size_t at = place_of(block); table[at]; at = (at + 1) % TABLE)
        if (table[at] == block) {
            table[at] = &gone;
            held -= malloc_usable_size(block);
            return;
        }
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *block);

/* Before it is asked for: what is too much is a finding even where the system would not give it. */
static void check_room(size_t count, size_t size)
{
    size_t bytes;
    if (inside && (__builtin_mul_overflow(count, size, &bytes) || bytes > memory_most))
        finding("%zu x %zu bytes of memory asked for at once", count, size);
}

void *__wrap_malloc(size_t size)
{
    check_room(1, size);
    return note_block(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    check_room(count, size);
    return note_block(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    check_room(1, size);
    forget_block(block);
    return note_block(__real_realloc(block, size));
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    check_room(1, size);
    return note_block(__real_aligned_alloc(alignment, size));
}

void __wrap_free(void *block)
{
    forget_block(block);
    __real_free(block);
}

static void free_blocks(void)
{
    for (size_t i = 0; i < used_count; i++) {
        if (table[used[i]] != &gone)
            __real_free(table[used[i]]);
        table[used[i]] = NULL;
    }
    used_count = held = 0;
}

/* ---- files, folders, mappings, archives ---- */

struct resource {
    void *thing;
    size_t size; /* of a mapping */
    void (*release)(struct resource *);
};
enum { RESOURCES = 1024 };
static struct resource resources[RESOURCES];
static int resources_count;

static void *note_resource(void *thing, size_t size, void (*release)(struct resource *))
{
    if (!inside || !thing)
        return thing;
    if (resources_count == RESOURCES)
        finding("more than %d files and the like are open", RESOURCES);
    resources[resources_count++] = (struct resource){ thing, size, release };
    return thing;
}

static void forget_resource(const void *thing)
{
    for (int i = resources_count - 1; i >= 0; i--)
        if (resources[i].thing == thing) {
            resources[i] = resources[--resources_count];
            return;
        }
}

FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_close(int descriptor);
int __wrap_close(int descriptor);
FILE *__real_fdopen(int descriptor, const char *mode);
int __real_fclose(FILE *file);
DIR *__real_opendir(const char *path);
int __real_closedir(DIR *folder);
void *__real_mmap(void *at, size_t size, int protection, int flags, int descriptor, off_t offset);
int __real_munmap(void *at, size_t size);
struct archive *__real_archive_read_new(void);
int __real_archive_read_free(struct archive *archive);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fdopen(int descriptor, const char *mode);
int __wrap_fclose(FILE *file);
DIR *__wrap_opendir(const char *path);
int __wrap_closedir(DIR *folder);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int descriptor, off_t offset);
int __wrap_munmap(void *at, size_t size);
struct archive *__wrap_archive_read_new(void);
int __wrap_archive_read_free(struct archive *archive);

static void release_file(struct resource *resource)
{
    __real_fclose(resource->thing);
}

static void release_folder(struct resource *resource)
{
    __real_closedir(resource->thing);
}

static void release_mapping(struct resource *resource)
{
    __real_munmap(resource->thing, resource->size);
}

static void release_archive(struct resource *resource)
{
    __real_archive_read_free(resource->thing);
}

/* A descriptor as a thing that is not NULL. */
static void *thing_of(int descriptor)
{
    return descriptor < 0 ? NULL : (void *)((intptr_t)descriptor + 1);
}

static void release_descriptor(struct resource *resource)
{
    __real_close((int)((intptr_t)resource->thing - 1));
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
    return note_resource(__real_fopen(path, mode), 0, release_file);
}

/* Its name where files may be large. */
FILE *__wrap_fopen64(const char *path, const char *mode)
{
    return __wrap_fopen(path, mode);
}

/* No program opens a file for writing so. */
int __wrap_open(const char *path, int flags, ...)
{
    int descriptor = __real_open(path, flags);
    note_resource(thing_of(descriptor), 0, release_descriptor);
    return descriptor;
}

int __wrap_close(int descriptor)
{
    forget_resource(thing_of(descriptor));
    return __real_close(descriptor);
}

FILE *__wrap_fdopen(int descriptor, const char *mode)
{
    forget_resource(thing_of(descriptor));
    return note_resource(__real_fdopen(descriptor, mode), 0, release_file);
}

int __wrap_fclose(FILE *file)
{
    forget_resource(file);
    return __real_fclose(file);
}

DIR *__wrap_opendir(const char *path)
{
    return note_resource(__real_opendir(path), 0, release_folder);
}

int __wrap_closedir(DIR *folder)
{
    forget_resource(folder);
    return __real_closedir(folder);
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int descriptor, off_t offset)
{
    void *bytes = __real_mmap(at, size, protection, flags, descriptor, offset);
    return bytes == MAP_FAILED ? bytes : note_resource(bytes, size, release_mapping);
}

int __wrap_munmap(void *at, size_t size)
{
    forget_resource(at);
    return __real_munmap(at, size);
}

struct archive *__wrap_archive_read_new(void)
{
    return note_resource(__real_archive_read_new(), 0, release_archive);
}

int __wrap_archive_read_free(struct archive *archive)
{
    forget_resource(archive);
    return __real_archive_read_free(archive);
}

static void release_resources(void)
{
    while (resources_count) {
        resources_count--;
        resources[resources_count].release(&resources[resources_count]);
    }
}

static char folder[256]; /* harness_folder() */

static void remove_folder(void)
{
    char command[sizeof folder + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command))
        fprintf(terminal, "%s: cannot be removed\n", folder);
}

/* ---- the end of a run, and what a run must not change ---- */

_Noreturn void __real_quick_exit(int status);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap_exit(int status);
_Noreturn void __wrap_quick_exit(int status);
_Noreturn void __wrap__exit(int status);
int __wrap_at_quick_exit(void (*function)(void));
int __wrap_isatty(int descriptor);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*function)(void *),
                          void *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*function)(void *),
                          void *context);
int __real_sigaction(int number, const struct sigaction *action, struct sigaction *before);
int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *before);

static _Noreturn void end_run(int status)
{
    ended = status;
    longjmp(end, 1);
}

/* libFuzzer's own exit does not run what is registered for it: C++'s streams may hold a standard output of a run. */
void __wrap_exit(int status)
{
    if (inside)
        end_run(status);
    remove_folder();
    fprintf(terminal, "ends: %ld good, %ld failed, %ld misused\n", ends[0], ends[1], ends[2]);
    __real__exit(status);
}

void __wrap_quick_exit(int status)
{
    if (!inside)
        __real_quick_exit(status);
    end_run(status);
}

void __wrap__exit(int status)
{
    if (!inside)
        __real__exit(status);
    end_run(status);
}

/* The folder of the process goes, and what a run left in it. */
int __wrap_at_quick_exit(void (*function)(void))
{
    (void)function;
    return 0;
}

int __wrap_isatty(int descriptor)
{
    (void)descriptor;
    return 0;
}

/* One thread: a run that ends in its middle leaves no other behind. */
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*function)(void *),
                          void *context)
{
    return inside ? EAGAIN : __real_pthread_create(thread, attributes, function, context);
}

/* Signals are libFuzzer's and the sanitizers'. */
int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *before)
{
    if (!inside)
        return __real_sigaction(number, action, before);
    if (before)
        *before = (struct sigaction){ .sa_handler = SIG_DFL };
    return 0;
}

/* ---- standard input, output and error ---- */

struct buffer {
    char *bytes;
    size_t size, room;
    size_t most; /* bytes that are taken: the disk is full then */
    bool broken; /* it was */
};
static struct buffer out, said;

static struct {
    const char *bytes;
    size_t at, size;
    size_t end; /* it cannot be read from there on */
    bool broken;
} in;

static size_t output_room = output_most, input_end = SIZE_MAX;

void harness_break(size_t room, size_t end_of_input)
{
    output_room = room < output_most ? room : output_most;
    input_end = end_of_input;
}

static ssize_t input_read(void *cookie, char *bytes, size_t size)
{
    (void)cookie;
    size_t left = in.size - in.at;
    if (in.at >= in.end) {
        in.broken = true;
        errno = EIO;
        return -1;
    }
    size = size < left ? size : left;
    size = size < in.end - in.at ? size : in.end - in.at;
    if (size)
        memcpy(bytes, in.bytes + in.at, size);
    in.at += size;
    return (ssize_t)size;
}

static FILE *input_open(const void *bytes, size_t size)
{
    in.bytes = bytes;
    in.at = 0;
    in.size = size;
    in.end = input_end;
    in.broken = false;
    return note_resource(fopencookie(&in, "rb", (cookie_io_functions_t){ .read = input_read }), 0, release_file);
}

static ssize_t buffer_write(void *cookie, const char *bytes, size_t size)
{
    struct buffer *buffer = cookie;
    if (buffer->size + size > buffer->most) {
        buffer->broken = true;
        errno = ENOSPC;
        return 0;
    }
    if (buffer->size + size > buffer->room) {
        buffer->room = 2 * (buffer->size + size);
        buffer->bytes = __real_realloc(buffer->bytes, buffer->room);
    }
    memcpy(buffer->bytes + buffer->size, bytes, size);
    buffer->size += size;
    if (shows && buffer == &said)
        fwrite(bytes, 1, size, terminal);
    return (ssize_t)size;
}

static FILE *buffer_open(struct buffer *buffer, size_t most)
{
    buffer->size = 0;
    buffer->most = most;
    buffer->broken = false;
    return note_resource(fopencookie(buffer, "wb", (cookie_io_functions_t){ .write = buffer_write }), 0, release_file);
}

/* Every line begins with the program's name, which options_parse() may have set, and is text. */
static void check_said(int status)
{
    size_t lines = 0;
    for (size_t at = 0, length; at < said.size; at += length + 1, lines++) {
        const char *line = said.bytes + at, *stop = memchr(line, '\n', said.size - at);
        if (!stop)
            finding("a message without an end of line");
        length = (size_t)(stop - line);
        if (!memchr(line, ':', length))
            finding("a message without a name: %.*s", (int)length, line);
        for (size_t i = 0; i < length; i++)
            if ((unsigned char)line[i] < ' ' || line[i] == 127)
                finding("a control character in a message: %.*s", (int)length, line);
    }
    if (status != EXIT_OK && !lines)
        finding("status %d without a message", status);
}

/* ---- runs ---- */

static void call(void (*function)(void *), void *context)
{
    ended = EXIT_OK;
    inside = true;
    if (!setjmp(end))
        function(context);
    inside = false;
}

static int finish_run(FILE *const standard[3])
{
    release_resources();
    free_blocks();
    stdin = standard[0];
    stdout = standard[1];
    stderr = standard[2];
    restore_sections();
    json_set_alloc_funcs(malloc, free);
    return ended;
}

struct run harness_run(void (*function)(void *), void *context, const void *input, size_t size)
{
    FILE *const standard[3] = { stdin, stdout, stderr };
    clock_t start = clock();
    optind = 0; /* getopt() begins anew */
    inside = true;
    stdin = input_open(input, size);
    stdout = buffer_open(&out, output_room);
    stderr = buffer_open(&said, output_most);
    output_room = output_most;
    input_end = SIZE_MAX;
    call(function, context);
    int status = finish_run(standard);
    if (status != EXIT_OK && status != EXIT_FAILED && status != EXIT_USAGE)
        finding("status %d", status);
    if (clock() - start > seconds_most * CLOCKS_PER_SEC)
        finding("%.1f seconds of work", (double)(clock() - start) / CLOCKS_PER_SEC);
    if (status == EXIT_OK && (out.broken || in.broken))
        finding("status 0, but the %s", out.broken ? "output was not written" : "input was not read");
    check_said(status);
    ends[status]++;
    return (struct run){ status, out.broken, out.bytes, said.bytes, out.size, said.size };
}

static void read_output(void *context)
{
    (void)context;
    struct stream stream = stream_open(NULL);
    struct frame frame;
    while (stream_read(&stream, &frame))
        frame_free(&frame);
}

void require_stream(const struct run *run)
{
    char *kept = __real_malloc(run->out_size + 1);
    size_t size = run->out_size;
    memcpy(kept, run->out, size);
    if (harness_run(read_output, NULL, kept, size).status != EXIT_OK)
        finding("what was written is no stream: %.*s", (int)said.size, said.bytes);
    __real_free(kept);
}

/* ---- set-up ---- */

const char *harness_folder(void)
{
    return folder;
}

const char *harness_file(const char *name, const void *bytes, size_t size)
{
    enum { PATHS = 16, LENGTH = 320 };
    static char paths[PATHS][LENGTH];
    static int next;
    char *path = paths[next++ % PATHS];
    snprintf(path, LENGTH, "%s/%s", folder, name);
    int descriptor = creat(path, 0600);
    if (descriptor < 0 || (size && write(descriptor, bytes, size) != (ssize_t)size) || close(descriptor))
        finding("%s: cannot be written: %s", path, strerror(errno));
    return path;
}

static void make_folder(void)
{
    const char *place = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/tale-fuzz.XXXXXX", place ? place : "/tmp");
    if (!mkdtemp(folder))
        finding("%s: cannot be made: %s", folder, strerror(errno));
}

const char *harness_start(char **argv)
{
    const char *show = getenv("FUZZ_SHOW"), *slash = strrchr(argv[0], '/');
    terminal = stderr;
    shows = show && *show && *show != '0';
    out.bytes = malloc(out.room = 1 << 16); /* never NULL, so that an empty output is a buffer too */
    said.bytes = malloc(said.room = 1 << 16);
    make_folder();
    json_set_alloc_funcs(malloc, free);
    json_object_seed(1); /* else of the clock: an input must do the same each time */
    program_name = slash ? slash + 1 : argv[0];
    keep_sections();
    return program_name;
}
