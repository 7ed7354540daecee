#include "streams/pick.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/options.h"
#include "streams/value.h"

/* Rows that are kept in addition to those left by a pruning, before the next pruning. */
enum { PRUNE_SLACK = 4096 };

/* A row to be sorted. */
struct item {
    long double key;
    int64_t row;
};

/* "7", or "10-19", into a range; false if the text is neither. */
static bool parse_range(const char *text, struct row_range *range)
{
    const char *dash = strchr(text, '-');
    char *first = dash ? format_string("%.*s", (int)(dash - text), text) : copy_string(text);
    bool sound = parse_integer(first, 0, INT64_MAX - 1, &range->first) &&
                 parse_integer(dash ? dash + 1 : text, range->first, INT64_MAX - 1, &range->last);
    free(first);
    return sound;
}

bool pick_parse_rows(const char *text, struct row_range **ranges, int *count)
{
    bool sound = true;
    *ranges = NULL;
    *count = 0;
    for (char *item; (item = list_take(&text)); free(item)) {
        struct row_range range;
        sound = sound && parse_range(item, &range);
        if (!sound)
            continue;
        *ranges = reallocate(*ranges, (size_t)*count + 1, sizeof **ranges);
        (*ranges)[(*count)++] = range;
    }
    if (sound)
        return true;
    free(*ranges);
    *ranges = NULL;
    return false;
}

static int compare_items(const void *a, const void *b)
{
    const struct item *p = a, *q = b;
    bool p_nan = isnan(p->key), q_nan = isnan(q->key);
    if (p_nan != q_nan)
        return p_nan ? 1 : -1;
    if (!p_nan && p->key != q->key)
        return p->key < q->key ? -1 : 1;
    return p->row < q->row ? -1 : p->row > q->row;
}

/* The rows sorted by the field, as items whose key is not needed any more. */
static struct item *sorted_rows(const struct picking *picking, const struct frame *frame,
                                int64_t rows)
{
    struct item *items = allocate((size_t)rows, sizeof *items);
    struct column column = { NULL, 0, 0 };
    if (picking->sort)
        column = column_require(frame, picking->sort);
    for (int64_t i = 0; i < rows; i++) {
        items[i].row = i;
        items[i].key = picking->sort ? column_number(&column, i) : 0;
        if (picking->reverse)
            items[i].key = -items[i].key;
    }
    qsort(items, (size_t)rows, sizeof *items, compare_items);
    return items;
}

/* keep[i] for the first `count` items of each value of the field. */
static void mark_per_value(const struct picking *picking, const struct frame *frame,
                           const struct item *items, int64_t rows, bool *keep)
{
    struct column column = column_require(frame, picking->per);
    struct item *places = allocate((size_t)rows, sizeof *places);
    for (int64_t i = 0; i < rows; i++)
        places[i] = (struct item){ column_number(&column, items[i].row), i };
    qsort(places, (size_t)rows, sizeof *places, compare_items);
    int64_t run = 0;
    for (int64_t i = 0; i < rows; i++) {
        bool same = i && (places[i].key == places[i - 1].key || (isnan(places[i].key) && isnan(places[i - 1].key)));
        run = same ? run + 1 : 1;
        keep[places[i].row] = picking->count < 0 || run <= picking->count;
    }
    free(places);
}

/* Sorts the kept rows and drops those that cannot be in the result: a row after `count` others stays after them. */
static void prune(struct pick *pick)
{
    const struct picking *picking = pick->picking;
    int64_t rows = frame_rows(&pick->kept), count = 0;
    struct item *items = sorted_rows(picking, &pick->kept, rows);
    bool *keep = allocate((size_t)rows, sizeof *keep);
    int64_t *list = allocate((size_t)rows, sizeof *list);
    for (int64_t i = 0; i < rows; i++)
        keep[i] = picking->count < 0 || i < picking->count;
    if (picking->per)
        mark_per_value(picking, &pick->kept, items, rows, keep);
    for (int64_t i = 0; i < rows; i++)
        if (keep[i])
            list[count++] = items[i].row;
    struct frame chosen = frame_select(&pick->kept, list, count);
    frame_free(&pick->kept);
    pick->kept = chosen;
    pick->pruned = count;
    free(items);
    free(keep);
    free(list);
}

/* Whether the remaining rows are consecutive whole groups by the stream's metadata `group`: all rows, or the first ones
 * without a cut group. */
static bool keeps_groups(const struct picking *picking, const struct frame *frame)
{
    const char *text = frame_metadata(frame, "group");
    int64_t group;
    if (picking->ranges_count || picking->conditions_count || picking->sort || picking->per)
        return false;
    return text && parse_integer(text, 1, INT64_MAX, &group) && (picking->count < 0 || picking->count % group == 0);
}

static void emit(struct pick *pick, struct frame *frame, int64_t rows)
{
    pick->any = true;
    if (!keeps_groups(pick->picking, frame))
        frame_set_metadata(frame, "group", NULL);
    pick->emitted += rows;
    pick->emit(frame);
}

/* The rows of the frame that meet the conditions; `count` is their number. Caller frees. */
static int64_t *rows_that_meet(const struct picking *picking, const struct frame *frame,
                               int64_t *count)
{
    int64_t rows = frame_rows(frame);
    bool *keep = allocate((size_t)rows, sizeof *keep);
    int64_t *list = allocate((size_t)rows, sizeof *list);
    for (int64_t i = 0; i < rows; i++)
        keep[i] = true;
    for (int c = 0; c < picking->conditions_count; c++)
        condition_apply(&picking->conditions[c], frame, keep);
    *count = 0;
    for (int64_t i = 0; i < rows; i++)
        if (keep[i])
            list[(*count)++] = i;
    free(keep);
    return list;
}

/* After the selection by number: applies the conditions, then emits the rows or keeps them for sorting. */
static void choose(struct pick *pick, const struct frame *frame)
{
    const struct picking *picking = pick->picking;
    bool ordered = picking->sort || picking->per;
    int64_t count;
    int64_t *list = rows_that_meet(picking, frame, &count);
    if (!ordered && picking->count >= 0 && count > picking->count - pick->emitted)
        count = picking->count - pick->emitted;
    struct frame chosen = frame_select(frame, list, count);
    if (ordered) {
        frame_append(&pick->kept, &chosen);
        if (picking->count >= 0 && frame_rows(&pick->kept) > 2 * pick->pruned + PRUNE_SLACK)
            prune(pick);
    } else if (count) {
        emit(pick, &chosen, count);
    }
    frame_free(&chosen);
    free(list);
}

/* Keeps the rows of the frame whose numbers are requested. */
static void list_rows(struct pick *pick, const struct frame *frame, int64_t rows)
{
    const struct picking *picking = pick->picking;
    int64_t *list = allocate((size_t)rows, sizeof *list), count = 0;
    int64_t have = frame_rows(&pick->listed);
    pick->numbers = reallocate(pick->numbers, (size_t)(have + rows), sizeof *pick->numbers);
    for (int64_t i = 0; i < rows; i++)
        for (int r = 0; r < picking->ranges_count; r++)
            if (pick->seen + i >= picking->ranges[r].first && pick->seen + i <= picking->ranges[r].last) {
                pick->numbers[have + count] = pick->seen + i;
                list[count++] = i;
                break;
            }
    struct frame some = frame_select(frame, list, count);
    frame_append(&pick->listed, &some);
    frame_free(&some);
    free(list);
}

static int compare_numbers(const void *a, const void *b)
{
    const int64_t *p = a, *q = b;
    return *p < *q ? -1 : *p > *q;
}

/* Emits the listed rows in the requested order. */
static void choose_listed(struct pick *pick, const char *path)
{
    const struct picking *picking = pick->picking;
    int64_t have = frame_rows(&pick->listed), count = 0;
    size_t wanted = 0;
    for (int r = 0; r < picking->ranges_count; r++) {
        if (picking->ranges[r].last >= pick->seen)
            die("%s: row %lld is requested, but there are %lld (numbered from 0)", path,
                (long long)picking->ranges[r].last, (long long)pick->seen);
        wanted = checked_add(wanted, (size_t)(picking->ranges[r].last - picking->ranges[r].first + 1));
    }
    int64_t *list = allocate(wanted, sizeof *list);
    for (int r = 0; r < picking->ranges_count; r++)
        for (int64_t number = picking->ranges[r].first; number <= picking->ranges[r].last; number++) {
            const int64_t *at = bsearch(&number, pick->numbers, (size_t)have, sizeof number, compare_numbers);
            if (at)
                list[count++] = at - pick->numbers;
        }
    struct frame chosen = frame_select(&pick->listed, list, count);
    choose(pick, &chosen);
    frame_free(&chosen);
    free(list);
}

/* Checks the fields to sort by, which are otherwise used only at the end. */
static void check_columns(const struct picking *picking, const struct frame *frame)
{
    if (picking->sort)
        column_require(frame, picking->sort);
    if (picking->per)
        column_require(frame, picking->per);
}

void pick_add(struct pick *pick, const struct frame *frame)
{
    int64_t rows = frame_rows(frame);
    if (!pick->begun) {
        check_columns(pick->picking, frame);
        pick->empty = frame_select(frame, NULL, 0);
    }
    pick->begun = true;
    if (pick->picking->ranges_count)
        list_rows(pick, frame, rows);
    else
        choose(pick, frame);
    pick->seen += rows;
}

void pick_end(struct pick *pick, const char *path)
{
    const struct picking *picking = pick->picking;
    if (picking->ranges_count)
        choose_listed(pick, path);
    if ((picking->sort || picking->per) && pick->begun) {
        prune(pick);
        if (pick->pruned)
            emit(pick, &pick->kept, pick->pruned);
    }
    if (pick->begun && !pick->any)
        emit(pick, &pick->empty, 0);
    frame_free(&pick->empty);
    frame_free(&pick->kept);
    frame_free(&pick->listed);
    free(pick->numbers);
}
