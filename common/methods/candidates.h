/* The nearest of the rows that a search has met, for each of its queries. Rows come with a key that is quickly computed
 * and off by at most a share `error` of the exact one. Exact keys are asked for now and then, while rows are at hand,
 * and only of the few that may be among the k nearest: where r is the k-th smallest key so far, k rows have an exact
 * key of at most r / (1 - error), so those of the result have, and their keys are at most
 *     r (1 + error) / (1 - error)  <=  r (1 + 3 error),  error <= 1/5 */
#ifndef TALE_METHODS_CANDIDATES_H
#define TALE_METHODS_CANDIDATES_H

#include <stdbool.h>
#include <stdint.h>

struct candidate {
    double key;
    int64_t row;
};

/* The exact key of a row. */
typedef double candidate_key(const void *search, int64_t query, int64_t row);

/* The lists of some queries: a list takes more than k, and is cut back to what may be among the nearest when it is
 * full. */
struct candidates {
    int64_t k, room;
    double error;               /* at most 1/5 */
    candidate_key *exact;
    struct candidate *list;     /* [queries, room] */
    int64_t *filled;            /* [queries] */
    double *limit;              /* [queries]: no larger key matters; infinite before there are k rows */
    int64_t *settled;           /* [queries]: rows before this one have exact keys */
    struct candidate **scratch; /* per thread [room] */
    int threads;
};

struct candidates candidates_new(int64_t queries, int64_t k, double error, candidate_key *exact);

void candidates_free(struct candidates *candidates);

/* Make the list of query q empty. */
void candidates_clear(struct candidates *candidates, int64_t q);

/* Put a row, which comes after all before it, on the list of query q if its key allows it; `search` is handed on to
 * exact(). Returns whether that has changed the limit. */
bool candidates_add(struct candidates *candidates, const void *search, int64_t q, double key, int64_t row);

/* Give the list of query q exact keys: no row that has been added is asked for again. Returns as candidates_add. */
bool candidates_settle(struct candidates *candidates, const void *search, int64_t q);

/* Sort the settled list of query q, the smallest key first, equal ones by row; only the first k count. Returns how many
 * these are, fewer where fewer rows were added. */
int64_t candidates_sort(struct candidates *candidates, int64_t q);

#endif
