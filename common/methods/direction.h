/* Directions of rows, and the cosine distance between two of them, 1 - cos, so that what is equal comes out equal: rows
 * that are multiples of each other by a number above 0 have the same direction to the bit, whatever their lengths; the
 * distance of a direction from itself is 0; and near 0 it has as many digits as anywhere. */
#ifndef TALE_METHODS_DIRECTION_H
#define TALE_METHODS_DIRECTION_H

#include <stdint.h>

#include "base/tensor.h"

/* What makes a direction of x: x_i / most * inverse, where most is the largest |x_i|, and inverse 1 / |x / most|. A row
 * of zeros has none: most is 0. */
struct direction {
    double most, inverse;
};

/* The direction of x [dimension], finite. */
struct direction direction_of(const float_anywhere *x, int64_t dimension);

/* unit [dimension]: the direction, of length 1; 0 where there is none. */
void direction_unit(const float_anywhere *x, struct direction of, int64_t dimension, double *unit);

/* 1 - cos, from 0 to 2, of a unit and y [dimension], which have a direction. */
double direction_distance(const double *unit, const float_anywhere *y, struct direction of, int64_t dimension);

#endif
