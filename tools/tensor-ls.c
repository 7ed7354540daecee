/* tensor-ls: lists the tensors and metadata of streams as text. */
#include <stdio.h>

#include "base/error.h"
#include "base/options.h"
#include "base/output.h"
#include "streams/filter.h"
#include "streams/listing.h"
#include "streams/stream.h"

static struct settings {
    bool values, every;
    const char *metadata;
} settings;

static const struct option_row options[] = {
    OPTION_FLAG('v', "values", &settings.values, "print minimum, maximum, mean and standard deviation"),
    OPTION_FLAG('f', "frames", &settings.every, "list each frame separately"),
    OPTION_TEXT('m', "metadata", &settings.metadata, "KEY", "print only the value of this key in the first frame"),
    OPTION_END,
};

static const struct usage usage = {
    "[-v] [-f] [-m KEY] [FILE...]",
    "List the tensors and metadata of streams (default: standard input). Frames that are alike are listed together.",
    false, false, 0, -1,
};

static void print_value(struct frame *frame, void *context)
{
    const char *value = frame_metadata(frame, settings.metadata);
    (void)context;
    if (frame->number > 1)
        return;
    if (!value)
        die("%s: metadata '%s' is missing", frame->path, settings.metadata);
    puts(value);
}

/* The first frame tells; the others are read too, so that who writes them does not find its pipe closed. */
static void print_metadata(const char *path)
{
    if (!filter_frames(&(struct filter){ .path = path, .frame = print_value }))
        die("%s: there is no frame, so no metadata", stream_name(path));
}

static void list_frame(struct frame *frame, void *listing)
{
    listing_add(listing, frame, frame->number);
}

static void list(const char *path, bool named)
{
    struct listing listing = { .file = stdout, .path = named ? path : NULL, .values = settings.values,
                               .every = settings.every };
    filter_frames(&(struct filter){ .path = path, .frame = list_frame, .context = &listing });
    listing_end(&listing);
}

int main(int argc, char **argv)
{
    int operand = options_parse(argc, argv, &usage, options);
    bool several = argc - operand > 1;
    if (operand == argc)
        refuse_terminal_input();

    do {
        const char *path = operand < argc ? argv[operand] : NULL;
        if (settings.metadata)
            print_metadata(path);
        else
            list(path, several);
    } while (++operand < argc);

    close_stdout();
    return EXIT_OK;
}
