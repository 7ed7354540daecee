/* The convolution of layers/conv.h written down as its formula says, in double precision and without a thought for
 * speed: what the engine is compared with. Arguments are those of conv_forward and conv_backward, results doubles. */
#ifndef TALE_TESTS_ORACLE_CONV_H
#define TALE_TESTS_ORACLE_CONV_H

#include "layers/conv.h"

/* y: [N,H',W',K]; sums: [2][K]. What output says of bias, residual and relu is done; its y and sums are not used. */
void oracle_conv_forward(const struct conv *conv, int images, struct conv_input input, const float *weight,
                         struct conv_output output, double *y, double *sums);

/* dweight: as the weights; dx: [N,H,W,C], or [N,H',W',C] for a 1x1 convolution; sums: [3][C], not set for a 1x1
 * convolution. epilogue may be NULL; its own sums are not used. */
void oracle_conv_backward(const struct conv *conv, int images, struct conv_input input, struct conv_gradient gradient,
                          const float *weight, const struct conv_epilogue *epilogue, double *dweight, double *dx,
                          double *sums);

/* |got - want| / |want| in the Euclidean norm; |got| where want is 0. NaN where got has one. */
double relative_error(const float *got, const double *want, size_t count);

#endif
