/* tensor-tsv: prints fields of a row stream as tab-separated text. */
#include <stdio.h>

#include "base/error.h"
#include "base/options.h"
#include "base/output.h"
#include "streams/filter.h"
#include "streams/stream.h"
#include "streams/table.h"

/* 9 significant digits distinguish any two F32 values. */
static struct settings {
    bool header, names;
    int64_t digits;
} settings = { .digits = 9 };

static const struct option_row options[] = {
    OPTION_FLAG('H', "header", &settings.header, "print the columns' names first"),
    OPTION_FLAG('N', "names", &settings.names, "print class names instead of numbers"),
    OPTION_INTEGER('d', "digits", &settings.digits, "N", 1, 17, "significant digits of numbers that are not whole"),
    OPTION_END,
};

static const struct usage usage = {
    "[-H] [-N] [-d N] [FIELD...]",
    "Print fields of a row stream as tab-separated text, a line for each row. FIELD.K is value K of a field's rows;\n"
    "without FIELD all fields with one value in a row are printed.",
    true, false, 0, -1,
};

static void add_rows(struct frame *frame, void *table)
{
    table_add(table, frame);
}

int main(int argc, char **argv)
{
    int operand = options_parse(argc, argv, &usage, options);

    struct table table = { .file = stdout, .fields = argv + operand, .fields_count = argc - operand,
                           .header = settings.header, .names = settings.names, .digits = (int)settings.digits };

    filter_frames(&(struct filter){ .frame = add_rows, .context = &table });

    close_stdout();
    return EXIT_OK;
}
