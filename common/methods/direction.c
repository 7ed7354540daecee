#include "methods/direction.h"

#include <math.h>

/* Each operation here is rounded separately (see the Makefile), so that different places compute equal values. */

enum { lanes = 32 }; /* partial sums let the compiler use vectors, and their order is fixed */

static double sum_of_lanes(double sum[lanes])
{
    for (int l = 0; l < 8; l++)
        sum[l] = (sum[l] + sum[l + 8]) + (sum[l + 16] + sum[l + 24]);
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

static float largest(const float_anywhere *x, int64_t dimension)
{
    float maximum[lanes] = { 0 };
    int64_t d = 0;
    for (; d + lanes <= dimension; d += lanes)
        for (int l = 0; l < lanes; l++)
            maximum[l] = fabsf(x[d + l]) > maximum[l] ? fabsf(x[d + l]) : maximum[l];
    for (int l = 0; d < dimension; d++, l++)
        maximum[l] = fabsf(x[d]) > maximum[l] ? fabsf(x[d]) : maximum[l];
    for (int width = lanes / 2; width > 0; width /= 2)
        for (int l = 0; l < width; l++)
            maximum[l] = maximum[l + width] > maximum[l] ? maximum[l + width] : maximum[l];
    return maximum[0];
}

/* A quotient is rounded once, so c x_i / max |c x| and x_i / max |x| are the same double, and so are all values
 * computed from it. Nothing overflows or underflows: a quotient is at most 1 and, unless it is 0, at least 2^-277. */
struct direction direction_of(const float_anywhere *x, int64_t dimension)
{
    double maximum = (double)largest(x, dimension), sum[lanes] = { 0 };
    int64_t d = 0;
    if (!(maximum > 0))
        return (struct direction){ 0, 0 };
    for (; d + lanes <= dimension; d += lanes)
        for (int l = 0; l < lanes; l++) {
            double part = (double)x[d + l] / maximum;
            sum[l] += part * part;
        }
    for (int l = 0; d < dimension; d++, l++) {
        double part = (double)x[d] / maximum;
        sum[l] += part * part;
    }
    return (struct direction){ maximum, 1 / sqrt(sum_of_lanes(sum)) };
}

void direction_unit(const float_anywhere *x, struct direction of, int64_t dimension, double *unit)
{
    for (int64_t d = 0; d < dimension; d++)
        unit[d] = of.maximum > 0 ? (double)x[d] / of.maximum * of.inverse : 0;
}

static double half_square(const double *unit, const float_anywhere *y, struct direction of, int64_t dimension)
{
    double sum[lanes] = { 0 };
    int64_t d = 0;
    for (; d + lanes <= dimension; d += lanes)
        for (int l = 0; l < lanes; l++) {
            double difference = unit[d + l] - (double)y[d + l] / of.maximum * of.inverse;
            sum[l] += difference * difference;
        }
    for (int l = 0; d < dimension; d++, l++) {
        double difference = unit[d] - (double)y[d] / of.maximum * of.inverse;
        sum[l] += difference * difference;
    }
    return sum_of_lanes(sum) / 2;
}

static double cosine(const double *unit, const float_anywhere *y, struct direction of, int64_t dimension)
{
    double sum[lanes] = { 0 };
    int64_t d = 0;
    for (; d + lanes <= dimension; d += lanes)
        for (int l = 0; l < lanes; l++)
            sum[l] += unit[d + l] * ((double)y[d + l] / of.maximum);
    for (int l = 0; d < dimension; d++, l++)
        sum[l] += unit[d] * ((double)y[d] / of.maximum);
    return sum_of_lanes(sum) * of.inverse;
}

/* 1 - u.v = |u - v|^2 / 2, which is accurate if u and v are nearly the same; if they are nearly orthogonal, the product
 * is accurate. */
double direction_distance(const double *unit, const float_anywhere *y, struct direction of, int64_t dimension)
{
    double near = half_square(unit, y, of, dimension);
    if (near < 0.5)
        return near;
    double far = 1 - cosine(unit, y, of, dimension);
    return far < 2 ? far : 2;
}
