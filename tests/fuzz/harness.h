/* What all fuzzers share: many runs of the programs' code in one process.
 *
 * Everything that the code under test holds at the moment of its end (memory, files, mappings, archives) is given back
 * after a run, and its static data are what they were at the start; so a run that ends by die() is like one that
 * returns, and a finding depends on its input alone. What a run may not do, beside what the sanitizers and libFuzzer
 * see, is told in harness.c; breaking such a rule aborts, which libFuzzer takes for a finding. */
#ifndef TALE_FUZZ_HARNESS_H
#define TALE_FUZZ_HARNESS_H

#pragma clang section bss = "" data = "" /* the harness's own data stay: undoes state.h */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* libFuzzer calls these two. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What libFuzzer calls first: set up, with the name of the fuzzer. Returns that name: its file's last part. */
const char *harness_start(char **argv);

/* A folder of this process for files, removed at its end; and a file in it with these bytes. The path is good until the
 * next call for the same name. */
const char *harness_folder(void);
const char *harness_file(const char *name, const void *bytes, size_t size);

/* The result of a run: the exit status, 0 where the function returned; and what went to standard output and error. */
struct run {
    int status;
    bool cut; /* the output was longer than what was taken */
    const char *out, *said;
    size_t out_size, said_size;
};

/* Run function(context) with these bytes on standard input. The result is good until the next run. */
struct run harness_run(void (*function)(void *), void *context, const void *input, size_t size);

/* In the next run alone, standard output takes so many bytes as if the disk were full then, and standard input cannot
 * be read from there on: the run must fail. */
void harness_break(size_t output_room, size_t input_end);

/* The finding of a rule broken that no sanitizer knows: say it and abort. */
_Noreturn void finding(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Abort unless what was written is a whole stream that stream_read() takes. */
void require_stream(const struct run *run);

/* FUZZ_SHOW=1 in the environment: say what is run, and let through what it says; for a finding that is run again. */
bool harness_shows(void);

#endif
