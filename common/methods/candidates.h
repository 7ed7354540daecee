/* The nearest rows that a search has found so far, for each of its queries. A row comes with an approximate key that is
 * fast to compute and has a relative error of at most `error`. Exact keys are computed occasionally, while rows are in
 * memory, and only for the few rows that may be among the k nearest. If r is the k-th smallest key so far, k rows have
 * an exact key of at most r / (1 - error); so have those of the result, and their keys are at most
 *     r (1 + error) / (1 - error)  <=  r (1 + 3 error),  error <= 1/5 */
#ifndef TALE_METHODS_CANDIDATES_H
#define TALE_METHODS_CANDIDATES_H

#include <stdbool.h>
#include <stdint.h>

struct candidate {
    double key;
    int64_t row;
};

/* Computes the exact key of a row. */
typedef double candidate_key(const void *search, int64_t query, int64_t row);

/* The lists of some queries. A list has room for more than k rows; when it is full, it is cut to the rows that may be
 * among the nearest. */
struct candidates {
    int64_t k, room;
    double error;               /* at most 1/5 */
    candidate_key *exact;
    struct candidate *list;     /* [queries, room] */
    int64_t *filled;            /* [queries] */
    double *limit;              /* [queries]: larger keys are irrelevant; infinite until there are k rows */
    int64_t *settled;           /* [queries]: rows before this one have exact keys */
    struct candidate **scratch; /* per thread [room] */
    int threads;
};

struct candidates candidates_new(int64_t queries, int64_t k, double error, candidate_key *exact);

void candidates_free(struct candidates *candidates);

/* Clears the list of query q. */
void candidates_clear(struct candidates *candidates, int64_t q);

/* Adds a row, whose number must be larger than all before it, to the list of query q if its key is below the limit;
 * `search` is passed to exact(). Returns whether that changed the limit. */
bool candidates_add(struct candidates *candidates, const void *search, int64_t q, double key, int64_t row);

/* Computes exact keys for the list of query q; later calls do not repeat this for rows added so far. Returns whether
 * that changed the limit. */
bool candidates_settle(struct candidates *candidates, const void *search, int64_t q);

/* Sorts the settled list of query q by key, then by row; only the first k are valid. Returns their number, which is
 * less than k if fewer rows were added. */
int64_t candidates_sort(struct candidates *candidates, int64_t q);

#endif
