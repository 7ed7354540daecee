#include "methods/candidates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/threads.h"

struct candidates candidates_new(int64_t queries, int64_t k, double error, candidate_key *exact)
{
    /* A longer list is cut less often, but then its limit is older and admits more rows. */
    struct candidates c = { .k = k, .room = k + k / 2 + 8, .error = error, .exact = exact, .threads = threads_count() };
    c.list = allocate(checked_multiply((size_t)queries, (size_t)c.room), sizeof *c.list);
    c.filled = allocate((size_t)queries, sizeof *c.filled);
    c.limit = allocate((size_t)queries, sizeof *c.limit);
    c.settled = allocate((size_t)queries, sizeof *c.settled);
    c.scratch = allocate((size_t)c.threads, sizeof *c.scratch);
    for (int t = 0; t < c.threads; t++)
        c.scratch[t] = allocate((size_t)c.room, sizeof **c.scratch);
    return c;
}

void candidates_free(struct candidates *c)
{
    for (int t = 0; t < c->threads; t++)
        free(c->scratch[t]);
    free(c->scratch);
    free(c->list);
    free(c->filled);
    free(c->limit);
    free(c->settled);
    *c = (struct candidates){ 0 };
}

void candidates_clear(struct candidates *c, int64_t q)
{
    c->filled[q] = 0;
    c->limit[q] = INFINITY;
    c->settled[q] = 0;
}

/* Moves the `keep` smallest of `count` keys to the front. Returns the largest of these. Partitions go through scratch
 * memory, so that no branch depends on a comparison: nearly every second branch would be mispredicted. */
static double select_nearest(struct candidate *list, int64_t count, int64_t keep, struct candidate *scratch)
{
    while (count > 1) {
        double a = list[0].key, b = list[count / 2].key, z = list[count - 1].key;
        double low = a < b ? a : b, high = a < b ? b : a, pivot = z < low ? low : z > high ? high : z;
        int64_t below = 0, others = 0, equal = 0, above = 0;
        for (int64_t i = 0; i < count; i++) {
            struct candidate entry = list[i];
            bool is_below = entry.key < pivot;
            list[below] = entry;
            scratch[others] = entry;
            below += is_below;
            others += !is_below;
        }
        if (keep <= below) {
            memcpy(list + below, scratch, (size_t)others * sizeof *list);
            count = below;
            continue;
        }
        for (int64_t i = 0; i < others; i++) /* keys equal to the pivot come next, then the rest */
            if (scratch[i].key == pivot)
                list[below + equal++] = scratch[i];
        if (equal < others)
            for (int64_t i = 0; i < others; i++)
                if (scratch[i].key != pivot)
                    list[below + equal + above++] = scratch[i];
        if (keep <= below + equal)
            return pivot;
        list += below + equal;
        keep -= below + equal;
        count = above;
    }
    return list[0].key;
}

static int compare(const void *a, const void *b)
{
    const struct candidate *p = a, *q = b;
    if (p->key != q->key)
        return p->key < q->key ? -1 : 1;
    return (p->row > q->row) - (p->row < q->row);
}

/* Computes the exact keys that the list of query q lacks. */
static void make_exact(struct candidates *c, const void *search, int64_t q)
{
    struct candidate *list = c->list + q * c->room;
    int64_t next = c->settled[q];
    for (int64_t i = 0; i < c->filled[q]; i++)
        if (list[i].row >= c->settled[q]) {
            list[i].key = c->exact(search, q, list[i].row);
            next = list[i].row >= next ? list[i].row + 1 : next;
        }
    c->settled[q] = next;
}

static void sort(struct candidates *c, int64_t q)
{
    qsort(c->list + q * c->room, (size_t)c->filled[q], sizeof *c->list, compare);
}

/* Lowers the limit of query q and drops rows beyond it. If that drops too few, because many rows are equally near,
 * exact keys decide. */
static void cut(struct candidates *c, const void *search, int64_t q)
{
    struct candidate *list = c->list + q * c->room;
    int64_t count = c->filled[q], kept = c->k;
    c->limit[q] = select_nearest(list, count, c->k, c->scratch[threads_index()]) * (1 + 3 * c->error);
    for (int64_t i = kept; i < count; i++)
        if (list[i].key <= c->limit[q])
            list[kept++] = list[i];
    c->filled[q] = kept;
    if (kept > (c->k + c->room) / 2) {
        make_exact(c, search, q);
        sort(c, q);
        c->filled[q] = c->k;
        c->limit[q] = list[c->k - 1].key * (1 + 3 * c->error);
    }
}

bool candidates_add(struct candidates *c, const void *search, int64_t q, double key, int64_t row)
{
    if (key > c->limit[q])
        return false;
    c->list[q * c->room + c->filled[q]++] = (struct candidate){ key, row };
    if (c->filled[q] != c->room && !(c->filled[q] == c->k && isinf(c->limit[q])))
        return false;
    cut(c, search, q);
    return true;
}

bool candidates_settle(struct candidates *c, const void *search, int64_t q)
{
    bool is_cut = c->filled[q] > c->k;
    if (is_cut)
        cut(c, search, q);
    make_exact(c, search, q);
    return is_cut;
}

int64_t candidates_sort(struct candidates *c, int64_t q)
{
    sort(c, q);
    return c->filled[q] < c->k ? c->filled[q] : c->k;
}
