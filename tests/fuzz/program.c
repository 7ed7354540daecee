/* One program on structured input: its main(), renamed by the Makefile, is called with options and files made of the
 * bytes. Which options there are is learnt from the table that it hands to options_parse(). */
#define _GNU_SOURCE
#include "harness.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/options.h"
#include "made.h"
#include "streams/stream.h"

int tool_main(int argc, char **argv);

/* What a program is called with always, so that the usual run is short: `@model` and `@more` (rows) are
 * files; and the fields of its input. */
static const struct profile {
    const char *name, *arguments[8], *fields[10];
} profiles[] = {
    { "cam-render", { "-m", "@model" }, { "image", "fmap", "label", "prediction" } },
    { "cifar-cat", { NULL }, { NULL } },
    { "cifar-synth", { "--train=5", "--test=1" }, { NULL } },
    { "filter-render", { NULL }, { NULL } },
    { "knn", { "-d", "@more", "-k2" }, { "feature", "label", "index" } },
    { "probe", { "-t", "@more", "--epochs=2" }, { "feature", "label", "prediction" } },
    { "resnet-embed", { "-m", "@model" }, { "image", "label", "rotation" } },
    { "resnet-train", { "--widths=2,3", "--blocks=0,1", "--epochs=2", "--batch=4" }, { "image", "label", "rotation" } },
    { "rotate-aug", { NULL }, { "image", "label", "rotation" } },
    { "tensor-pnm", { NULL },
      { "image", "label", "prediction", "neighbor_index", "neighbor_label", "map", "cam", "fmap", "index" } },
    { "tsne", { "--iterations=20", "-p1" }, { "feature", "label", "map" } },
    { "", { NULL }, { "label", "prediction", "feature", "loss", "index", "image", "neighbor_label", "x" } },
};

static const char *name;
static const struct profile *profile;

/* ---- the options ---- */

enum { ROWS_MAX = 64 };
static struct option_row rows[ROWS_MAX];
static int rows_count;
static struct usage usage;
static bool learning;

int __real_options_parse(int argc, char **argv, const struct usage *usage, const struct option_row *rows);
int __wrap_options_parse(int argc, char **argv, const struct usage *usage, const struct option_row *rows);

int __wrap_options_parse(int argc, char **argv, const struct usage *its_usage, const struct option_row *its_rows)
{
    if (!learning)
        return __real_options_parse(argc, argv, its_usage, its_rows);
    usage = *its_usage;
    while (its_rows[rows_count].type != TYPE_END && rows_count < ROWS_MAX) {
        rows[rows_count] = its_rows[rows_count];
        rows_count++;
    }
    exit(0);
}

static void learn(void *context)
{
    char *argv[] = { (char *)(uintptr_t)name, NULL };
    (void)context;
    tool_main(1, argv);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    name = harness_start(*argv);
    profile = profiles;
    while (profile->name[0] && strcmp(profile->name, name) != 0)
        profile++;
    learning = true;
    harness_run(learn, NULL, "", 0);
    learning = false;
    if (!rows_count)
        finding("%s hands no options to options_parse()", name);
    return 0;
}

/* ---- its arguments ---- */

enum { ARGUMENTS_MAX = 64 };
static struct call {
    int count;
    char *argument[ARGUMENTS_MAX + 1];
} call;
static struct sizes sizes;

static void add_argument(const char *text)
{
    if (call.count < ARGUMENTS_MAX)
        call.argument[call.count++] = strdup(text);
}

static const char *write_rows(struct bytes *bytes, const char *file)
{
    struct blob blob = { 0 };
    made_rows(bytes, &sizes, profile->fields, &blob);
    const char *path = harness_file(file, blob.bytes, blob.size);
    free(blob.bytes);
    return path;
}

static const char *write_model(struct bytes *bytes)
{
    struct blob blob = { 0 };
    made_model(bytes, &sizes, &blob);
    const char *path = harness_file("model", blob.bytes, blob.size);
    free(blob.bytes);
    return path;
}

static const char *a_file(struct bytes *bytes)
{
    static const char *const odd[] = { "/nonexistent/file", "/dev/null", ".", "-", "" };
    switch (take(bytes) % 16) {
    case 12: return write_model(bytes);
    case 13: return write_rows(bytes, "other");
    case 14: return CHOOSE(bytes, odd);
    case 15: return harness_file("empty", "", 0);
    default: return write_rows(bytes, "more");
    }
}

static void add_text(struct bytes *bytes)
{
    struct blob text = { 0 };
    made_text(bytes, profile->fields, &text);
    add_argument((const char *)text.bytes);
    free(text.bytes);
}

/* What takes as long, or as much room on a disk, as it is large. */
static bool is_costly(const char *option)
{
    static const char *const costly[] = { "epochs", "iterations", "train", "test", "zoom", "gap", "text", "columns" };
    for (size_t i = 0; i < sizeof costly / sizeof *costly; i++)
        if (strcmp(option, costly[i]) == 0)
            return true;
    return false;
}

static void add_integer(struct bytes *bytes, const struct option_row *row)
{
    static const int small[] = { 0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 31, 33, 64, -1, 100 };
    double number = row->low + CHOOSE(bytes, small);
    char text[64];
    unsigned odd = take(bytes);
    if (is_costly(row->name))
        number = row->low + odd % 6;
    else if (odd % 16 == 15 || (number > row->high && odd % 4))
        number = row->high;
    snprintf(text, sizeof text, "%.0f", number);
    add_argument(text);
}

static void add_integers(struct bytes *bytes, const struct option_row *row)
{
    char text[256] = "";
    for (unsigned left = 1 + below(bytes, rarely(bytes, 32) ? 20 : 4), i = 0; i < left; i++)
        sprintf(text + strlen(text), "%s%.0f", i ? "," : "", row->low + take(bytes) % 12);
    add_argument(text);
}

static void add_real(struct bytes *bytes, const struct option_row *row)
{
    const double numbers[] = { row->low, row->high, 0, 1, 0.5, 1e-6, 3, 1e30, -1, 1e-300, 0.9,
                               (row->low + row->high) / 2 };
    char text[64];
    snprintf(text, sizeof text, "%.17g", CHOOSE(bytes, numbers));
    add_argument(text);
}

static void add_choice(struct bytes *bytes, const struct option_row *row)
{
    unsigned count = 0;
    while (row->choices[count])
        count++;
    unsigned which = take(bytes) % (8 * count + 1);
    add_argument(which == 8 * count ? "none-such" : row->choices[which % count]);
}

/* Whether an option or an operand is a file. */
static bool is_file(const char *argument)
{
    return argument && (strstr(argument, "FILE") || strstr(argument, "MODEL") || strstr(argument, "DATABASE"));
}

static void add_option(struct bytes *bytes)
{
    const struct option_row *row = &rows[below(bytes, (unsigned)rows_count)];
    char flag[64];
    snprintf(flag, sizeof flag, "--%s", row->name);
    add_argument(flag);
    switch (row->type) {
    case TYPE_INTEGER: add_integer(bytes, row); break;
    case TYPE_REAL: add_real(bytes, row); break;
    case TYPE_CHOICE: add_choice(bytes, row); break;
    case TYPE_INTEGERS: add_integers(bytes, row); break;
    case TYPE_TEXT:
    case TYPE_TEXTS:
        if (is_file(row->argument))
            add_argument(a_file(bytes));
        else
            add_text(bytes);
        break;
    case TYPE_FLAG:
    case TYPE_END: break;
    }
}

static void add_operands(struct bytes *bytes)
{
    int most = usage.operands_high < 0 ? 3 : usage.operands_high, least = usage.operands_low;
    int count = least + (most > least ? (int)(take(bytes) % (unsigned)(most - least + 1)) : 0);
    for (int i = 0; i < count; i++)
        if (strstr(usage.synopsis, "PATH"))
            add_argument(made_cifar(bytes));
        else if (strstr(usage.synopsis, "FOLDER"))
            add_argument(harness_folder());
        else if (strstr(usage.synopsis, "MODEL"))
            add_argument(take(bytes) % 8 == 7 ? a_file(bytes) : write_model(bytes));
        else if (is_file(usage.synopsis))
            add_argument(a_file(bytes));
        else
            add_text(bytes);
}

/* The files that are always there, made after the rest: short inputs have options too. */
static void make_files(struct bytes *bytes)
{
    for (int i = 0; i < call.count; i++) {
        bool model = strcmp(call.argument[i], "@model") == 0;
        if (!model && strcmp(call.argument[i], "@more") != 0)
            continue;
        free(call.argument[i]);
        call.argument[i] = strdup(model ? write_model(bytes) : write_rows(bytes, "always"));
    }
}

static void make_call(struct bytes *bytes)
{
    add_argument(name);
    add_argument("-j1");
    for (int i = 0; i < 8 && profile->arguments[i]; i++)
        add_argument(profile->arguments[i]);
    for (unsigned options = below(bytes, 6); options; options--)
        add_option(bytes);
    add_operands(bytes);
    make_files(bytes);
    call.argument[call.count] = NULL;
}

static void end_call(void)
{
    for (int i = 0; i < call.count; i++)
        free(call.argument[i]);
    call.count = 0;
}

/* ---- runs ---- */

/* main() may change the order of its arguments, so it gets a copy of the list. */
static void run_tool(void *context)
{
    char *argv[ARGUMENTS_MAX + 1];
    (void)context;
    memcpy(argv, call.argument, sizeof argv);
    int status = tool_main(call.count, argv);
    exit(status);
}

/* FUZZ_SHOW: the command, and its input as a file that stays. */
static void show_call(const struct blob *input)
{
    if (!harness_shows())
        return;
    for (int i = 0; i < call.count; i++)
        fprintf(stderr, "%s'%s'", i ? " " : "", call.argument[i]);
    fprintf(stderr, " <%s\n", harness_file("input", input->bytes, input->size));
}

/* A picture is as long as its header says. */
static void require_picture(const struct run *run)
{
    size_t width, height, most;
    int length = 0;
    char kind;
    if (sscanf(run->out, "P%c\n%zu %zu\n%zu%n", &kind, &width, &height, &most, &length) < 4 || most != 255 ||
        !strchr("56", kind))
        finding("what was written is neither a stream nor a picture");
    size_t pixels = width * height * (kind == '6' ? 3 : 1);
    if (run->out_size != (size_t)length + 1 + pixels)
        finding("%zu bytes of a picture of %zu x %zu", run->out_size, width, height);
}

/* Text is whole lines, without control characters but tabs. */
static void require_text(const struct run *run)
{
    for (size_t i = 0; i < run->out_size; i++)
        if (((unsigned char)run->out[i] < ' ' && run->out[i] != '\n' && run->out[i] != '\t') || run->out[i] == 127)
            finding("a control character (%d) was written", run->out[i]);
    if (run->out_size && run->status == 0 && run->out[run->out_size - 1] != '\n')
        finding("the last line has no end");
}

static bool called_with(const char *argument)
{
    for (int i = 1; i < call.count; i++)
        if (strcmp(call.argument[i], argument) == 0)
            return true;
    return false;
}

/* --help, which may be shortened, and --version write text in any program. */
static bool is_help(const struct run *run)
{
    return run->out_size > 7 && (strncmp(run->out, "usage: ", 7) == 0 || strncmp(run->out, name, strlen(name)) == 0);
}

static void check_output(const struct run *run)
{
    if (run->cut)
        return;
    bool picture = run->out_size > 1 && run->out[0] == 'P' && strchr("56", run->out[1]);
    if (is_help(run))
        require_text(run);
    else if (usage.writes_binary && !picture)
        require_stream(run);
    else if (usage.writes_binary && run->status == 0)
        require_picture(run);
    else if (!usage.writes_binary && !called_with("--metadata"))
        require_text(run);
}

static bool has_option(const char *option)
{
    for (int i = 0; i < rows_count; i++)
        if (strcmp(rows[i].name, option) == 0)
            return true;
    return false;
}

/* The call goes on from a checkpoint of its own, which may have been changed since. */
static void go_on(struct bytes *bytes, const struct blob *input)
{
    const char *path = harness_file("state", "", 0);
    struct blob state = { 0 };
    char part[4096], option[512];
    snprintf(option, sizeof option, "--checkpoint=%s", path);
    add_argument(option);
    call.argument[call.count] = NULL;
    harness_run(run_tool, NULL, input->bytes, input->size);
    FILE *file = fopen(path, "rb");
    for (size_t got; file && (got = fread(part, 1, sizeof part, file));)
        blob_add(&state, part, got);
    if (file)
        fclose(file);
    made_poke(bytes, &state);
    harness_file("state", state.bytes, state.size);
    free(state.bytes);
    snprintf(option, sizeof option, "--resume=%s", path);
    add_argument(option);
    call.argument[call.count] = NULL;
}

/* A full disk, or an input that breaks off with an error. */
static void break_next(struct bytes *bytes)
{
    size_t room = take(bytes) * take(bytes);
    harness_break(room, take(bytes) < 128 ? SIZE_MAX : take(bytes) * take(bytes));
}

/* ---- the same rows in one frame ---- */

/* Frames as they are, written in the order of fields that stream_write() has. */
static void copy_frames(void *context)
{
    struct stream stream = stream_open(NULL);
    struct frame frame;
    (void)context;
    while (stream_read(&stream, &frame)) {
        stream_write(stdout, NULL, &frame);
        frame_free(&frame);
    }
}

/* All frames as one; fails where their metadata differ, which a program may tell apart, unless any will do. */
static void join_frames(void *any)
{
    struct stream stream = stream_open(NULL);
    struct frame all = { 0 }, frame;
    while (stream_read(&stream, &frame)) {
        frame_rows(&frame);
        if (stream.frames > 1 && !any && !json_equal(all.metadata, frame.metadata) && (all.metadata || frame.metadata))
            die("the metadata of the frames differ");
        frame_append(&all, &frame);
        frame_free(&frame);
    }
    if (stream.frames)
        stream_write(stdout, NULL, &all);
}

/* What a run writes, freed by the caller; false where it fails. */
static bool written(void (*function)(void *), void *context, const struct blob *input, struct blob *output)
{
    struct run run = harness_run(function, context, input->bytes, input->size);
    *output = (struct blob){ 0 };
    blob_add(output, run.out, run.out_size);
    return run.status == 0;
}

/* What the call writes for an input, a stream as one frame. */
static struct blob result_of(const struct blob *input)
{
    struct blob result, joined;
    if (!written(run_tool, NULL, input, &result))
        finding("refused with its fields in another order, or as one frame");
    if (result.size < 8 || result.bytes[7])
        return result;
    struct blob *other = written(join_frames, (void *)1, &result, &joined) ? &result : &joined;
    free(other->bytes);
    return other == &result ? joined : result;
}

static void show_result(const char *of, const struct blob *blob)
{
    fprintf(stderr, "--- the result of %s:\n", of);
    fwrite(blob->bytes, 1, blob->size, stderr);
    fprintf(stderr, "\n");
}

static void compare_results(const struct blob *copied, const struct blob *joined)
{
    struct blob want = result_of(copied), got = result_of(joined);
    if (harness_shows()) {
        show_result("the frames as they are", &want);
        show_result("one frame", &got);
    }
    if (got.size != want.size || (got.size && memcmp(got.bytes, want.bytes, got.size) != 0))
        finding("the frames as one give another result (%zu and %zu bytes)", want.size, got.size);
    free(want.bytes);
    free(got.bytes);
}

/* A stream gives the same rows however it is cut into frames. */
static void check_joined(const struct blob *input)
{
    struct blob joined, copied;
    bool good = written(join_frames, NULL, input, &joined);
    good = written(copy_frames, NULL, input, &copied) && good;
    if (good)
        compare_results(&copied, &joined);
    free(joined.bytes);
    free(copied.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes bytes = { data, data + size };
    struct blob input = { 0 };
    sizes = made_sizes(&bytes);
    make_call(&bytes);
    if (usage.reads_stream || is_file(usage.synopsis))
        made_rows(&bytes, &sizes, profile->fields, &input);
    show_call(&input);
    if (has_option("resume") && take(&bytes) % 2)
        go_on(&bytes, &input);
    bool joins = usage.reads_stream && rarely(&bytes, 4);
    if (!joins && rarely(&bytes, 8))
        break_next(&bytes);
    struct run run = harness_run(run_tool, NULL, input.bytes, input.size);
    check_output(&run);
    if (joins && run.status == 0 && !is_help(&run))
        check_joined(&input);
    end_call();
    free(input.bytes);
    return 0;
}
