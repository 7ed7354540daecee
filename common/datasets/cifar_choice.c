#include "datasets/cifar_choice.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/random.h"

/* The hold-out belongs to the data set, like the test set; it must not vary between runs, so its seed is fixed. */
static const uint64_t hold_out_seed = 20090604;

enum { CLASSES_MAX = UINT8_MAX + 1 };

__extension__ typedef __int128 wide; /* holds any product of two row numbers */

static int row_label(const struct cifar *set, int64_t row, enum cifar_labels labels)
{
    int64_t within;
    const struct cifar_batch *batch = cifar_find_row(set, row, &within);
    return batch->label[labels][within];
}

/* "5000" or "10%" of `rows`. */
static int64_t parse_hold_out(const char *text, int64_t rows)
{
    int64_t count;
    size_t length = strlen(text);
    if (length && text[length - 1] == '%') {
        double percent;
        char *number = format_string("%.*s", (int)length - 1, text);
        if (!parse_real(number, 0, 100, &percent))
            die_usage("--val: '%s' is not a percentage from 0%% to 100%%", text);
        free(number);
        return (int64_t)(percent / 100 * (double)rows + 0.5);
    }
    if (!parse_integer(text, 0, INT64_MAX, &count))
        die_usage("--val: '%s' is neither a whole number of rows nor a percentage", text);
    if (count > rows)
        die_usage("--val: %lld rows cannot be held out of %lld", (long long)count, (long long)rows);
    return count;
}

struct share {
    int label;
    int64_t rows, quota, remainder;
};

static int compare_shares(const void *a, const void *b)
{
    const struct share *p = a, *q = b;
    if (p->remainder != q->remainder)
        return p->remainder > q->remainder ? -1 : 1;
    return p->label - q->label;
}

/* How many rows each class contributes: its share of `held`, rounded down; the remainder goes to the classes that lost
 * most by the rounding. */
static void share_out(int64_t *quota, const int64_t *rows, int64_t held, int64_t total)
{
    struct share share[CLASSES_MAX];
    int64_t left = held;
    for (int label = 0; label < CLASSES_MAX; label++) {
        wide exact = (wide)rows[label] * held;
        share[label] = (struct share){ label, rows[label], total ? (int64_t)(exact / total) : 0,
                                       total ? (int64_t)(exact % total) : 0 };
        left -= share[label].quota;
    }
    qsort(share, CLASSES_MAX, sizeof *share, compare_shares);
    for (int i = 0; i < CLASSES_MAX; i++)
        quota[share[i].label] = share[i].quota + (i < left);
}

/* held[i] is set if rows[i] is held out; the rows are those of files that are not alone. */
static bool *hold_out(const struct cifar *set, const int64_t *rows, int64_t count, const char *val)
{
    int64_t class_rows[CLASSES_MAX] = { 0 }, quota[CLASSES_MAX];
    bool *held = allocate((size_t)count, sizeof *held);
    int64_t *places = allocate((size_t)count, sizeof *places);
    uint8_t *label = allocate((size_t)count, 1);
    for (int64_t i = 0; i < count; i++) {
        label[i] = (uint8_t)row_label(set, rows[i], CIFAR_FINE);
        class_rows[label[i]]++;
    }
    share_out(quota, class_rows, parse_hold_out(val, count), count);
    for (int c = 0; c < CLASSES_MAX; c++) {
        struct random random = random_new(hold_out_seed, (uint64_t)c);
        size_t found = 0;
        for (int64_t i = 0; i < count && class_rows[c]; i++)
            if (label[i] == c)
                places[found++] = i;
        random_shuffle(&random, places, found);
        for (int64_t i = 0; i < quota[c]; i++)
            held[places[i]] = true;
    }
    free(places);
    free(label);
    return held;
}

/* The rows of the split, in the order of the data set. */
static int64_t take_split(const struct cifar *set, const struct cifar_choice *choice, int64_t *rows)
{
    int64_t *divided = allocate((size_t)set->rows, sizeof *divided), divisible = 0, count = 0;
    int64_t row = 0;
    for (int i = 0; i < set->batches; row += set->batch[i++].rows)
        for (int64_t r = 0; r < set->batch[i].rows && !set->batch[i].alone; r++)
            divided[divisible++] = row + r;
    bool *held = NULL;
    if (choice->split != SPLIT_TEST)
        held = hold_out(set, divided, divisible, choice->val);
    int64_t next = 0;
    for (row = 0; row < set->rows; row++) {
        bool alone = next == divisible || divided[next] != row;
        if (alone || !held || held[next] == (choice->split == SPLIT_VAL))
            rows[count++] = row;
        next += !alone;
    }
    free(held);
    free(divided);
    return count;
}

static int64_t keep_classes(const struct cifar *set, const struct cifar_choice *choice, int64_t *rows, int64_t count)
{
    bool kept[CLASSES_MAX] = { false };
    const struct class_names *names = &set->names[choice->labels];
    const char *rest = choice->classes;
    for (char *name; (name = list_take(&rest)); free(name)) {
        int class = class_names_find(names, name);
        if (class < 0) {
            char *all = class_names_join(names);
            die_usage("--classes: '%s' is not a class here (0 to %d, or %s)", name, names->count - 1, all);
        }
        kept[class] = true;
    }
    int64_t left = 0;
    for (int64_t i = 0; i < count; i++)
        if (kept[row_label(set, rows[i], choice->labels)])
            rows[left++] = rows[i];
    return left;
}

static int64_t keep_per_class(const struct cifar *set, const struct cifar_choice *choice, int64_t *rows, int64_t count)
{
    int64_t seen[CLASSES_MAX] = { 0 }, left = 0;
    for (int64_t i = 0; i < count; i++)
        if (seen[row_label(set, rows[i], choice->labels)]++ < choice->per_class)
            rows[left++] = rows[i];
    return left;
}

/* Shards are contiguous slices, so that the shards in order are all rows. */
static int64_t keep_shard(const char *shard, int64_t *rows, int64_t count)
{
    int64_t part, parts;
    const char *slash = strchr(shard, '/');
    char *first = slash ? format_string("%.*s", (int)(slash - shard), shard) : NULL;
    if (!slash || !parse_integer(slash + 1, 1, INT32_MAX, &parts) || !parse_integer(first, 1, parts, &part))
        die_usage("--shard: '%s' is not i/n with 1 <= i <= n", shard);
    free(first);
    int64_t begin = (int64_t)((wide)count * (part - 1) / parts), end = (int64_t)((wide)count * part / parts);
    memmove(rows, rows + begin, (size_t)(end - begin) * sizeof *rows);
    return end - begin;
}

int64_t *cifar_choose(const struct cifar *set, const struct cifar_choice *choice, int64_t *count)
{
    int64_t *rows = allocate((size_t)set->rows, sizeof *rows);
    for (int i = 0; i < set->batches; i++)
        if (!set->batch[i].label[choice->labels])
            die("--labels coarse: %s has fine labels only", set->batch[i].path);
    *count = take_split(set, choice, rows);
    if (choice->classes)
        *count = keep_classes(set, choice, rows, *count);
    if (choice->shuffled) {
        struct random random = random_new((uint64_t)choice->seed, 0);
        random_shuffle(&random, rows, (size_t)*count);
    }
    if (choice->per_class)
        *count = keep_per_class(set, choice, rows, *count);
    if (choice->rows && choice->rows < *count)
        *count = choice->rows;
    if (choice->shard)
        *count = keep_shard(choice->shard, rows, *count);
    return rows;
}
