/* Approximates the orthogonal matrix nearest to a matrix, by a Newton-Schulz iteration whose polynomial rises steeply
 * from 0 but ends near 1 instead of at 1 (Jordan et al. 2024, "Muon"):
 *
 *     X_0 = X / |X|,   A_k = X_k^T X_k,   X_k+1 = X_k (a I + b A_k + c A_k A_k),   a = 3.4445, b = -4.7750, c = 2.0315
 *
 * It maps X = U S V^T to about U V^T: singular values of 0.01 to 1 become 0.7 to 1.2 in 5 steps. X is the matrix or its
 * transpose, whichever is tall, [length][width], and A is the small square.
 *
 * The factors of the steps are polynomials in A_0, so they are symmetric and commute, and X is needed only at the start
 * and at the end:
 *
 *     B_k = a I + b A_k + c A_k A_k,   A_k+1 = (B_k A_k) B_k,   P_0 = I,   P_k+1 = B_k P_k,   X_n = X_0 P_n
 *
 * Of each small square only the blocks on and above the diagonal are computed. Three steps take 1.5 length width^2 +
 * 4.5 width^3 multiply-adds instead of 4.5 length width^2 + 1.5 width^3: a factor of 0.43 if length is 9 width. */
#ifndef TALE_LEARNING_NEWTON_SCHULZ_H
#define TALE_LEARNING_NEWTON_SCHULZ_H

#include <stddef.h>

/* A matrix, and another to which its orthogonal matrix is added: y = keep y + add X_n. */
struct newton_schulz {
    int rows, columns;
    const float *x; /* [rows][columns] */
    float *y;       /* [rows][columns], not x */
    float keep, add;
    float *scratch; /* newton_schulz_floats(rows, columns) */

    /* Set by newton_schulz. */
    int length, width;
    int row, column;                      /* strides of x and y as [length][width] */
    float scale;                          /* 1 / (|X| + 1e-7) */
    float *a, *b, *factor, *half, *spare; /* A_k, B_k, P_k, B_k A_k, [width][width] */
};

/* For `count` matrices at once, so that small matrices keep all threads busy, too. The products are BLIS's, on blocks
 * that are distributed to the threads: the bits are the same for any number of threads. steps: at least 1. A NaN or an
 * infinity in x makes all of y NaN. */
void newton_schulz(int steps, int count, struct newton_schulz *matrix);
size_t newton_schulz_floats(int rows, int columns);

#endif
