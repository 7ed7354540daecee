/* Directions of rows, and their cosine distance, 1 - cos. Rows that are positive multiples of each other have exactly
 * the same direction, whatever their lengths; the distance of a direction from itself is 0; and distances near 0 have
 * full relative accuracy. */
#ifndef TALE_METHODS_DIRECTION_H
#define TALE_METHODS_DIRECTION_H

#include <stdint.h>

#include "base/tensor.h"

/* The direction of x is x_i / maximum * inverse, where maximum is the largest |x_i| and inverse is 1 / |x / maximum|. A
 * row of zeros has no direction: maximum is 0. */
struct direction {
    double maximum, inverse;
};

/* The direction of x [dimension], finite. */
struct direction direction_of(const float_anywhere *x, int64_t dimension);

/* unit [dimension]: the direction as a vector of length 1, or 0 if there is none. */
void direction_unit(const float_anywhere *x, struct direction of, int64_t dimension, double *unit);

/* 1 - cos, from 0 to 2, of a unit vector and y [dimension], which has the direction `of`. */
double direction_distance(const double *unit, const float_anywhere *y, struct direction of, int64_t dimension);

#endif
