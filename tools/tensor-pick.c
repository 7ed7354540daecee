/* tensor-pick: selects, orders and joins the rows of a stream; selects and renames its fields. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"
#include "streams/fields.h"
#include "streams/filter.h"
#include "streams/join.h"
#include "streams/origin.h"
#include "streams/pick.h"
#include "streams/stream.h"

#define ROWS_MAX 1e15 /* the options' table has its bounds as double, which holds this value exactly */

static struct settings {
    const char *join, *rows, *sort, *per, *fields, *drop;
    struct text_list require, where, rename;
    bool reverse;
    int64_t count;
} settings;

static const struct option_row options[] = {
    OPTION_TEXTS(0, "require", &settings.require, "KEY=TEXT", "fail unless the metadata match; * is any text"),
    OPTION_TEXT(0, "join", &settings.join, "FILE", "add the fields of this stream, row by row"),
    OPTION_TEXT(0, "rows", &settings.rows, "LIST", "rows by number, from 0, in this order: 3,7,10-19"),
    OPTION_TEXTS('w', "where", &settings.where, "COND", "rows with FIELD=V, !=, <, <=, >, >="),
    OPTION_TEXT('s', "sort", &settings.sort, "FIELD", "sort the rows by this field, least first, NaN last"),
    OPTION_FLAG('r', "reverse", &settings.reverse, "with --sort: greatest first, NaN still last"),
    OPTION_INTEGER('n', "count", &settings.count, "N", 0, ROWS_MAX, "at most N rows; 0 means all"),
    OPTION_TEXT('p', "per", &settings.per, "FIELD", "with -n: at most N rows for each value of this field"),
    OPTION_TEXT(0, "fields", &settings.fields, "LIST", "keep only these fields, comma-separated"),
    OPTION_TEXT(0, "drop", &settings.drop, "LIST", "drop these fields, comma-separated"),
    OPTION_TEXTS(0, "rename", &settings.rename, "OLD=NEW", "rename a field"),
    OPTION_END,
};

static const struct usage usage = {
    "[--require KEY=TEXT]... [--join FILE] [--rows LIST] [-w COND]... [-s FIELD [-r]]\n"
    "       [-n N [-p FIELD]] [--fields LIST | --drop LIST] [--rename OLD=NEW]...",
    "Select and sort the rows of a stream, select and rename its fields. Options work in the order listed here.",
    true, true, 0, 0,
};

static void check_settings(void)
{
    if (settings.reverse && !settings.sort)
        die_usage("--reverse: works only with --sort");
    if (settings.per && !settings.count)
        die_usage("--per: works only with --count");
    if (settings.fields && settings.drop)
        die_usage("--fields, --drop: only one of them can be given");
    if (settings.join && strcmp(settings.join, "-") == 0)
        die_usage("--join: standard input is the stream that is joined to");
    for (int i = 0; i < settings.require.count; i++)
        if (!origin_is_rule(settings.require.item[i]))
            die_usage("--require: '%s' is not KEY=TEXT", settings.require.item[i]);
    for (int i = 0; i < settings.rename.count; i++) {
        const char *equals = strchr(settings.rename.item[i], '=');
        if (!equals || equals == settings.rename.item[i] || !equals[1])
            die_usage("--rename: '%s' is not OLD=NEW", settings.rename.item[i]);
    }
}

static struct picking make_picking(void)
{
    struct picking picking = { .sort = settings.sort, .reverse = settings.reverse, .per = settings.per,
                               .count = settings.count ? settings.count : -1 };
    if (settings.rows && !pick_parse_rows(settings.rows, &picking.ranges, &picking.ranges_count))
        die_usage("--rows: '%s' is not a list of row numbers such as 3,7,10-19", settings.rows);
    picking.conditions = allocate(TEXT_LIST_MAX, sizeof *picking.conditions);
    for (int i = 0; i < settings.where.count; i++)
        if (!condition_parse(settings.where.item[i], &picking.conditions[picking.conditions_count++]))
            die_usage("--where: '%s' is not a condition such as label=3 or loss>2.5", settings.where.item[i]);
    return picking;
}

static void free_picking(struct picking *picking)
{
    for (int i = 0; i < picking->conditions_count; i++)
        condition_free(&picking->conditions[i]);
    free(picking->conditions);
    free(picking->ranges);
}

static void choose_fields(struct frame *frame)
{
    if (settings.fields)
        fields_keep(frame, settings.fields);
    if (settings.drop)
        fields_drop(frame, settings.drop);
    for (int i = 0; i < settings.rename.count; i++)
        fields_rename(frame, settings.rename.item[i]);
}

/* The last stage, for every frame of the result. */
static void write_frame(struct frame *frame)
{
    choose_fields(frame);
    stream_write(stdout, NULL, frame);
}

/* Missing fields are reported at the first frame, not after the whole stream has been read and sorted. */
static void check_fields(const struct frame *frame)
{
    frame_rows(frame);
    struct frame empty = frame_select(frame, NULL, 0);
    choose_fields(&empty);
    frame_free(&empty);
}

/* What is done with the frames. */
struct work {
    struct pick pick;
    struct join join;
    bool rows; /* they are row streams, whose rows are chosen */
};

static void pick_rows(struct frame *frame, void *context)
{
    struct work *work = context;
    for (int i = 0; i < settings.require.count; i++)
        origin_require(frame, settings.require.item[i]);
    if (settings.join)
        join_add(&work->join, frame);
    if (work->rows && frame->number == 1)
        check_fields(frame);
    if (work->rows)
        pick_add(&work->pick, frame);
    else
        write_frame(frame); /* frames without rows, such as models, may pass */
}

int main(int argc, char **argv)
{
    options_parse(argc, argv, &usage, options);
    check_settings();

    struct picking picking = make_picking();
    struct work work = { .pick = { .picking = &picking, .emit = write_frame } };
    work.rows = settings.join || settings.rows || settings.sort || settings.count || settings.where.count;
    if (settings.join)
        work.join = join_open(settings.join);

    filter_frames(&(struct filter){ .frame = pick_rows, .context = &work });
    if (settings.join)
        join_close(&work.join, stream_name(NULL));
    pick_end(&work.pick, stream_name(NULL));

    free_picking(&picking);
    close_stdout();
    return EXIT_OK;
}
