/* The repulsion of t-SNE on a grid, by fast Fourier transforms: n + g log g work for g nodes (Linderman et al. 2019,
 * "Fast interpolation-based t-SNE for improved visualization of single-cell RNA-seq data": points are spread to three
 * nodes on a side, the nodes act on each other through a convolution, and the result is interpolated at the points).
 *
 * Differences from that paper, with reasons:
 * - Interpolation uses cubic B-splines of the four nodes around a point instead of Lagrange polynomials in boxes of
 *   three. Its error is a tenth at the same spacing (0.35 % and 3.5 % of the force of 20 000 points in 100 clusters,
 *   200 wide, nodes 1/3 apart), and the force has no jumps. Therefore nodes may be 1/2 apart (2.5 %), with less than
 *   half as many of them; the divergence is then 1 % higher than the exact method's after 1000 iterations of 5000
 *   points (2 % for 3000 points, 0.4 % with nodes 1/3 apart). Splines do not interpolate directly: with s(a) = (1, 4,
 *   1)/6, the spline's values at the nodes, a function with values K(a) there has the coefficients s^-1 * K. Applied
 *   for both points of a pair, in both directions, this divides the kernel's transform by s(u)^2 s(v)^2, with s(u) =
 *   2/3 + 1/3 cos(2 pi u / width), so it costs nothing (Unser 1999, "Splines: a perfect fit for signal and image
 *   processing"; smooth particle mesh Ewald, Essmann et al. 1995, does the same).
 * - One charge, 1, and the three kernels w, w^2 dx, w^2 dy, instead of four charges and one kernel: no cancellation in
 *   sums. Kernels are even or odd, so their transforms are real or imaginary.
 * - Z is summed over the frequencies, sum_ij w_ij = 1/g sum_f |charge(f)|^2 w(f) (Parseval). An iteration therefore
 *   transforms three fields (the charge forward, two forces back) instead of eight.
 * - The spacing stays at FFT_SPACING_MAX for a large map, and kernels are kept as long as the grid fits.
 *
 * Work is divided into bands of rows and panels of columns that depend only on the grid, and sums are added in one
 * order: the bits are the same for any number of threads. */
#ifndef TALE_METHODS_TSNE_FFT_H
#define TALE_METHODS_TSNE_FFT_H

#include <stdint.h>

/* Nodes on the longer side of the map: at least 100, which puts them closer together than FFT_SPACING_MAX while the
 * map is small, and at most 1000: a map wider than 500 has a coarser grid, whose error grows faster than the cube of
 * the spacing. */
enum { FFT_NODES_MIN = 100, FFT_NODES_MAX = 1000 };
#define FFT_SPACING_MAX 0.5F

struct repulsion_fft;

/* For n points. Caller frees with repulsion_fft_free(). */
struct repulsion_fft *repulsion_fft_new(int64_t n);

void repulsion_fft_free(struct repulsion_fft *fft);

/* Approximates force_i = sum_j w_ij^2 (y_i - y_j), w_ij = 1 / (1 + |y_i - y_j|^2).
 *   x, y   [n], the points' coordinates
 *   force  [2, n] out, x then y
 * Returns Z, the sum of w_ij over all i != j. If a coordinate is not finite, all results are NaN. */
double repulsion_fft(struct repulsion_fft *fft, const float *x, const float *y, float *force);

#endif
