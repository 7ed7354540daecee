/* The first step of the neighbour search (methods/knn.h): for each query a few more rows than are wanted, by distances
 * in float. With x a query and y a row, both moved to the database's mean (L2) or scaled to length 1 (cosine), rows are
 * ordered by
 *     |y|^2 - 2 x.y  =  |x - y|^2 - |x|^2
 * whose products are summed in registers, for `columns` rows and a tile of queries at a time, and compared there with
 * the query's bound: nothing but the few values below it is ever stored. That is a product of matrices without its
 * result, so it runs near the speed of an sgemm however short the rows are. */
#ifndef TALE_METHODS_CANDIDATES_H
#define TALE_METHODS_CANDIDATES_H

#include <stdint.h>

#include "methods/knn.h"

/* A database row, and its squared distance to the query less the query's square, as far as float knows. */
struct candidate {
    float value;
    int32_t row;
};

/* The lists of a batch of queries. */
struct candidates {
    int64_t capacity, dimension, queries; /* kept for each query; of a row; of the batch, at most */
    struct candidate *list;               /* [queries, 2 capacity]: cut back to the nearest whenever it is full */
    int64_t *filled;                      /* [queries] */
    float *bound;                         /* [queries]: no row outside the list has a smaller value */
    double *square;                       /* [queries]: squared length as this step sees the query */
    float *query;                         /* tiles of queries [dimension, tile] */
    float *block, *block_square;          /* panels of rows [dimension, columns], [columns] */
    int64_t block_rows;
    struct candidate **scratch;           /* per thread [2 capacity] */
    float **row;                          /* per thread [dimension] */
    int threads;
};

struct candidates candidates_new(const struct knn *knn, int64_t queries, int64_t capacity);

void candidates_free(struct candidates *candidates);

/* Fill the lists of `count` queries [count, dimension]; identity [count] or NULL as for knn_search. Afterwards each
 * holds at most `capacity` rows, in no order, and every row whose squared length is below candidates_square_max (as
 * this step sees it) and that is not in it has a value of at least `bound`, infinite where the list is not full. */
void candidates_find(struct candidates *candidates, const struct knn *knn, const float *query, const int64_t *identity,
                     int64_t count);

extern const float candidates_square_max;

#endif
