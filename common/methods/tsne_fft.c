#include "methods/tsne_fft.h"

#include <fftw3.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/threads.h"

enum {
    nodes = 4,           /* nodes on a side that a point touches */
    guard = 24,          /* nodes between the copies of the map in a cyclic convolution: s^-1 decreases by a factor of
                          * 3.7 for each */
    panel = 8,           /* columns transformed together: their complex numbers fill one cache line */
    band = 16,           /* grid rows whose points are spread by one thread; at least 3 */
    sum_lanes = 4,       /* partial sums of a column; sizes are multiples of this */
    points_per_task = 1024
};
static const float coordinate_max = 1e9F; /* beyond this the map has diverged */
static const float span_min = 1e-6F;

/* ---- the grid ---- */

/* The least coordinates are 1.5 spacings from node (0, 0), so that each point has nodes on both sides. Transforms are
 * cyclic, of size [height, width], more than twice the range of the points, [rows, columns], so that copies of the map
 * do not act on it. */
struct grid {
    float spacing, left, low;
    int64_t columns, rows, width, height;
};

enum kernel { KERNEL_WEIGHT, KERNEL_X, KERNEL_Y, kernels };

struct scratch {
    float *row[2];  /* [2 pitch]: of real or complex numbers */
    float *lines;   /* [height, panel] complex: a panel in the layout of a field */
    float *columns; /* [panel, height] complex: its transform; FFTW is twice as fast if it transposes the panel */
    float *product; /* [panel, height] complex */
};

struct repulsion_fft {
    int64_t n;
    struct grid grid;
    int64_t pitch;           /* complex numbers in a row of a field: width / 2 + 1, padded to whole panels */
    int32_t *home;           /* [n]: the grid row before a point */
    int32_t *order;          /* [n]: points by grid row */
    int64_t *row_begin;      /* [rows + 1]: where a row's points begin in order */
    float *charge;           /* [rows, 2 pitch] real */
    float *field[2];         /* [height, pitch] complex: the charge's transform, then the forces' */
    float *force;            /* [rows, columns, 2] real: x and y */
    float *kernel[kernels];  /* [panels, panel, height]: the nonzero part of the transform */
    double *unspline;        /* [height]: of the frequencies of columns */
    double *weight;          /* [panels]: partial sums of Z */
    struct scratch *scratch; /* [threads] */
    int threads;
    fftwf_plan row_forward, row_backward, column_forward, column_backward;
};

/* The smallest 4 x 2^a 3^b 5^c that is at least `least`: such sizes have fast transforms. */
static int64_t fast_size(int64_t least)
{
    for (int64_t size = (least + 3) / 4 * 4;; size += 4) {
        int64_t rest = size;
        for (int64_t prime = 2; prime <= 5; prime += prime == 2 ? 1 : 2)
            while (rest % prime == 0)
                rest /= prime;
        if (rest == 1)
            return size;
    }
}

/* The number of nodes that a span needs: those around its ends, one more on both sides, and one for rounding. */
static int64_t reached(float span, float spacing)
{
    return (int64_t)(span / spacing) + 6;
}

/* Whether spacing and size still fit the spans: neither too few nodes nor many more than needed. */
static bool grid_fits(const struct grid *grid, float span_x, float span_y)
{
    if (!(fmaxf(span_x, span_y) <= FFT_NODES_MAX * grid->spacing))
        return false;
    int64_t columns = reached(span_x, grid->spacing), rows = reached(span_y, grid->spacing);
    if (columns > grid->columns || rows > grid->rows)
        return false;
    if (grid->spacing < FFT_SPACING_MAX)
        return columns >= FFT_NODES_MIN || rows >= FFT_NODES_MIN;
    return 10 * columns >= 7 * grid->columns && 10 * rows >= 7 * grid->rows;
}

/* A grid with some room to grow. While the map is small, only the spacing changes from one grid to the next. */
static struct grid grid_for(float span_x, float span_y)
{
    float span = fmaxf(span_x, span_y), room = 1.05F, start = 1.4F * FFT_NODES_MIN;
    struct grid grid = { .spacing = fminf(FFT_SPACING_MAX, span / start) };
    if (grid.spacing < FFT_SPACING_MAX)
        span_x = span_y = span;
    else if (span * room > FFT_NODES_MAX * grid.spacing)
        grid.spacing = span * room / FFT_NODES_MAX;
    grid.width = fast_size(2 * reached(span_x * room, grid.spacing) + guard);
    grid.height = fast_size(2 * reached(span_y * room, grid.spacing) + guard);
    grid.columns = (grid.width - guard) / 2;
    grid.rows = (grid.height - guard) / 2;
    return grid;
}

/* ---- transforms ---- */

static fftwf_complex *complex_of(float *x)
{
    return (fftwf_complex *)x;
}

static int64_t panels_of(const struct repulsion_fft *fft)
{
    return fft->pitch / panel;
}

/* Transforms the columns of a panel of a field whose first `rows` rows are nonzero. */
static void transform_panel(const struct repulsion_fft *fft, const float *field, int64_t p, int64_t rows,
                            struct scratch *scratch)
{
    float *line = scratch->lines;
    for (int64_t r = 0; r < rows; r++)
        memcpy(line + r * 2 * panel, field + (r * fft->pitch + p * panel) * 2, 2 * panel * sizeof *line);
    memset(line + rows * 2 * panel, 0, (size_t)((fft->grid.height - rows) * 2 * panel) * sizeof *line);
    fftwf_execute_dft(fft->column_forward, complex_of(line), complex_of(scratch->columns));
}

/* Transforms the product of a panel back to the rows of a field that points touch. */
static void return_panel(const struct repulsion_fft *fft, struct scratch *scratch, int64_t p, float *field)
{
    float *line = scratch->lines;
    fftwf_execute_dft(fft->column_backward, complex_of(scratch->product), complex_of(line));
    for (int64_t r = 0; r < fft->grid.rows; r++)
        memcpy(field + (r * fft->pitch + p * panel) * 2, line + r * 2 * panel, 2 * panel * sizeof *line);
}

/* ---- kernels ---- */

/* The offset, in spacings, of node `at` from node 0 on a circle of `size` nodes, along the shorter way. Half way round
 * it is 0, where the odd kernels must be 0. */
static float offset(int64_t at, int64_t size)
{
    return 2 * at == size ? 0 : (float)(2 * at < size ? at : at - size);
}

/* K(x, y) at a row of nodes: w, w^2 x or w^2 y, out [width]. */
static void sample_kernel(const struct grid *grid, enum kernel kernel, int64_t row, float *out)
{
    float y = grid->spacing * offset(row, grid->height);
    for (int64_t c = 0; c < grid->width; c++) {
        float x = grid->spacing * offset(c, grid->width), w = 1 / (1 + x * x + y * y);
        out[c] = kernel == KERNEL_WEIGHT ? w : w * w * (kernel == KERNEL_X ? x : y);
    }
}

/* 1 / s(frequency)^2: makes splines interpolate, for both points of a pair. */
static double unspline(int64_t frequency, int64_t size)
{
    double s = 2 / 3.0 + 1 / 3.0 * cos(2 * acos(-1) * (double)frequency / (double)size);
    return 1 / (s * s);
}

/* Transforms a kernel, sampled in the memory of field[0]. Only the real part of an even kernel's transform is kept, or
 * the imaginary part of an odd kernel's; the other part is 0. Includes the division by the size that two transforms
 * require. */
static void kernel_make(struct repulsion_fft *fft, enum kernel kernel)
{
    int64_t width = fft->grid.width, height = fft->grid.height;
    bool odd = kernel != KERNEL_WEIGHT;
    double scale = 1 / ((double)width * (double)height);
#pragma omp parallel
    {
        struct scratch *scratch = &fft->scratch[threads_index()];
#pragma omp for schedule(static)
        for (int64_t r = 0; r < height; r++) {
            sample_kernel(&fft->grid, kernel, r, scratch->row[0]);
            fftwf_execute_dft_r2c(fft->row_forward, scratch->row[0], complex_of(fft->field[0] + r * 2 * fft->pitch));
        }
#pragma omp for schedule(static)
        for (int64_t p = 0; p < panels_of(fft); p++) {
            float *out = fft->kernel[kernel] + p * panel * height;
            transform_panel(fft, fft->field[0], p, height, scratch);
            for (int64_t c = 0; c < panel; c++) {
                double across = scale * unspline(p * panel + c, width);
                for (int64_t r = 0; r < height; r++)
                    out[c * height + r] = (float)(across * fft->unspline[r] *
                                                  (double)scratch->columns[2 * (c * height + r) + odd]);
            }
        }
    }
}

/* ---- memory ---- */

static void release(struct repulsion_fft *fft)
{
    for (int t = 0; t < fft->threads; t++) {
        free(fft->scratch[t].row[0]);
        free(fft->scratch[t].row[1]);
        free(fft->scratch[t].lines);
        free(fft->scratch[t].columns);
        free(fft->scratch[t].product);
    }
    for (int f = 0; f < kernels; f++)
        free(fft->kernel[f]);
    free(fft->scratch);
    free(fft->row_begin);
    free(fft->charge);
    free(fft->field[0]);
    free(fft->field[1]);
    free(fft->force);
    free(fft->unspline);
    free(fft->weight);
    if (fft->row_forward) {
        fftwf_destroy_plan(fft->row_forward);
        fftwf_destroy_plan(fft->row_backward);
        fftwf_destroy_plan(fft->column_forward);
        fftwf_destroy_plan(fft->column_backward);
    }
}

/* Plans are made by estimate: measured plans vary from run to run, and their rounding with them. */
static void make_plans(struct repulsion_fft *fft)
{
    int width = (int)fft->grid.width, height = (int)fft->grid.height;
    struct scratch *scratch = &fft->scratch[0];
    float *row = scratch->row[0];
    fftwf_complex *other = complex_of(scratch->row[1]);
    fftwf_complex *line = complex_of(scratch->lines), *column = complex_of(scratch->columns);
    fft->row_forward = fftwf_plan_dft_r2c_1d(width, row, other, FFTW_ESTIMATE);
    fft->row_backward = fftwf_plan_dft_c2r_1d(width, other, row, FFTW_ESTIMATE);
    fft->column_forward = fftwf_plan_many_dft(1, &height, panel, line, NULL, panel, 1, column, NULL, 1, height,
                                              FFTW_FORWARD, FFTW_ESTIMATE);
    fft->column_backward = fftwf_plan_many_dft(1, &height, panel, column, NULL, 1, height, line, NULL, panel, 1,
                                               FFTW_BACKWARD, FFTW_ESTIMATE);
}

/* Memory and plans for a grid of another size. */
static void grid_resize(struct repulsion_fft *fft, struct grid grid)
{
    release(fft);
    fft->pitch = (grid.width / 2 + panel) / panel * panel;
    size_t pitch = (size_t)fft->pitch, height = (size_t)grid.height, rows = (size_t)grid.rows;
    fft->row_begin = allocate(rows + 1, sizeof *fft->row_begin);
    fft->charge = allocate_floats(rows * 2 * pitch);
    fft->force = allocate_floats(rows * (size_t)grid.columns * 2);
    fft->weight = allocate((size_t)panels_of(fft), sizeof *fft->weight);
    fft->unspline = allocate(height, sizeof *fft->unspline);
    for (int64_t r = 0; r < grid.height; r++)
        fft->unspline[r] = unspline(r, grid.height);
    fft->threads = threads_count();
    fft->scratch = allocate((size_t)fft->threads, sizeof *fft->scratch);
    for (int t = 0; t < fft->threads; t++)
        fft->scratch[t] = (struct scratch){ { allocate_floats(2 * pitch), allocate_floats(2 * pitch) },
                                            allocate_floats(height * 2 * panel), allocate_floats(height * 2 * panel),
                                            allocate_floats(height * 2 * panel) };
    for (int i = 0; i < 2; i++)
        fft->field[i] = allocate_floats(height * 2 * pitch);
    for (int f = 0; f < kernels; f++)
        fft->kernel[f] = allocate_floats(height * pitch);
    fft->grid = grid;
    make_plans(fft);
}

static void grid_take(struct repulsion_fft *fft, struct grid grid)
{
    if (grid.width != fft->grid.width || grid.height != fft->grid.height)
        grid_resize(fft, grid);
    fft->grid = grid;
    for (int f = 0; f < kernels; f++)
        kernel_make(fft, (enum kernel)f);
}

struct repulsion_fft *repulsion_fft_new(int64_t n)
{
    struct repulsion_fft *fft = allocate(1, sizeof *fft);
    fft->n = n;
    fft->home = allocate((size_t)n, sizeof *fft->home);
    fft->order = allocate((size_t)n, sizeof *fft->order);
    return fft;
}

void repulsion_fft_free(struct repulsion_fft *fft)
{
    if (!fft)
        return;
    release(fft);
    free(fft->home);
    free(fft->order);
    free(fft);
}

/* ---- points and nodes ---- */

/* The least and the largest coordinate; false if a coordinate is not finite or is too large for a map. */
static bool extent(const float *x, int64_t n, float *least, float *greatest)
{
    bool good = true;
    *least = *greatest = x[0];
    for (int64_t i = 0; i < n; i++) {
        good &= fabsf(x[i]) <= coordinate_max;
        *least = x[i] < *least ? x[i] : *least;
        *greatest = x[i] > *greatest ? x[i] : *greatest;
    }
    return good;
}

/* Fits the grid to the points; makes a new one if the last does not fit. */
static bool grid_place(struct repulsion_fft *fft, const float *x, const float *y)
{
    float least_x, most_x, least_y, most_y;
    if (!extent(x, fft->n, &least_x, &most_x) || !extent(y, fft->n, &least_y, &most_y))
        return false;
    float span_x = fmaxf(most_x - least_x, span_min), span_y = fmaxf(most_y - least_y, span_min);
    if (!fft->grid.width || !grid_fits(&fft->grid, span_x, span_y))
        grid_take(fft, grid_for(span_x, span_y));
    fft->grid.left = least_x;
    fft->grid.low = least_y;
    return true;
}

/* The node before a coordinate, and the cubic B-spline's values at the four nodes around it: one before that node, that
 * node, and two after it. */
static inline int64_t spline_at(float x, float least, float per_spacing, float value[nodes])
{
    float at = (x - least) * per_spacing + 1.5F;
    int64_t node = (int64_t)at;
    float t = at - (float)node;
    float s = 1 - t;
    value[0] = s * s * s / 6;
    value[1] = 2 / 3.0F - t * t + t * t * t / 2;
    value[2] = 2 / 3.0F - s * s + s * s * s / 2;
    value[3] = t * t * t / 6;
    return node;
}

/* Sorts the points by grid row, and within a row by number. */
static void sort_points(struct repulsion_fft *fft, const float *y)
{
    int64_t *begin = fft->row_begin, rows = fft->grid.rows;
    float per_spacing = 1 / fft->grid.spacing, unused[nodes];
    memset(begin, 0, (size_t)(rows + 1) * sizeof *begin);
    for (int64_t i = 0; i < fft->n; i++) {
        fft->home[i] = (int32_t)spline_at(y[i], fft->grid.low, per_spacing, unused);
        begin[fft->home[i] + 1]++;
    }
    for (int64_t r = 0; r < rows; r++)
        begin[r + 1] += begin[r];
    for (int64_t i = 0; i < fft->n; i++)
        fft->order[begin[fft->home[i]]++] = (int32_t)i;
    memmove(begin + 1, begin, (size_t)rows * sizeof *begin); /* each start has moved to the start of the next row */
    begin[0] = 0;
}

/* Adds the charge of a band's points to their nodes: rows from one before the band to two after it. */
static void spread_band(struct repulsion_fft *fft, int64_t b, const float *x, const float *y)
{
    int64_t last = (b + 1) * band < fft->grid.rows ? (b + 1) * band : fft->grid.rows;
    float per_spacing = 1 / fft->grid.spacing, across[nodes], down[nodes];
    for (int64_t k = fft->row_begin[b * band]; k < fft->row_begin[last]; k++) {
        int64_t i = fft->order[k], c = spline_at(x[i], fft->grid.left, per_spacing, across);
        int64_t r = spline_at(y[i], fft->grid.low, per_spacing, down);
        float *node = fft->charge + (r - 1) * 2 * fft->pitch + c - 1;
        for (int64_t v = 0; v < nodes; v++)
            for (int64_t u = 0; u < nodes; u++)
                node[v * 2 * fft->pitch + u] += down[v] * across[u];
    }
}

/* Every second band at a time: no two of them share a row. */
static void spread(struct repulsion_fft *fft, const float *x, const float *y)
{
    int64_t rows = fft->grid.rows, bands = (rows + band - 1) / band, row_floats = 2 * fft->pitch;
#pragma omp parallel
    {
#pragma omp for schedule(static)
        for (int64_t r = 0; r < rows; r++)
            memset(fft->charge + r * row_floats, 0, (size_t)fft->grid.columns * sizeof *fft->charge);
#pragma omp for schedule(dynamic)
        for (int64_t b = 0; b < bands; b += 2)
            spread_band(fft, b, x, y);
#pragma omp for schedule(dynamic)
        for (int64_t b = 1; b < bands; b += 2)
            spread_band(fft, b, x, y);
    }
}

/* Interpolates the forces at the points. */
static void gather(const struct repulsion_fft *fft, const float *x, const float *y, float *force)
{
    int64_t columns = fft->grid.columns;
    float per_spacing = 1 / fft->grid.spacing;
#pragma omp parallel for schedule(static, points_per_task)
    for (int64_t k = 0; k < fft->n; k++) {
        float across[nodes], down[nodes], sum_x = 0, sum_y = 0;
        int64_t i = fft->order[k], c = spline_at(x[i], fft->grid.left, per_spacing, across);
        int64_t r = spline_at(y[i], fft->grid.low, per_spacing, down);
        const float *node = fft->force + ((r - 1) * columns + c - 1) * 2;
        for (int64_t v = 0; v < nodes; v++, node += 2 * columns)
            for (int64_t u = 0; u < nodes; u++) {
                sum_x += down[v] * across[u] * node[2 * u];
                sum_y += down[v] * across[u] * node[2 * u + 1];
            }
        force[i] = sum_x;
        force[fft->n + i] = sum_y;
    }
}

/* ---- the convolution ---- */

/* This panel's part of sum_f |charge(f)|^2 w(f). A real field's transform is stored for half of the columns: all except
 * the first and the middle one count twice. */
static double panel_weight(const struct repulsion_fft *fft, int64_t p, const float *charge)
{
    int64_t height = fft->grid.height, middle = fft->grid.width / 2;
    const float *w = fft->kernel[KERNEL_WEIGHT] + p * panel * height;
    double total = 0;
    for (int64_t c = 0; c < panel && p * panel + c <= middle; c++) {
        double sum[sum_lanes] = { 0 }, column = 0;
        for (int64_t r = 0; r < height; r += sum_lanes)
            for (int64_t l = 0; l < sum_lanes; l++) {
                float re = charge[2 * (c * height + r + l)], im = charge[2 * (c * height + r + l) + 1];
                sum[l] += (double)((re * re + im * im) * w[c * height + r + l]);
            }
        for (int64_t l = 0; l < sum_lanes; l++)
            column += sum[l];
        total += p * panel + c == 0 || p * panel + c == middle ? column : 2 * column;
    }
    return total;
}

/* out = i s in, element by element: the product with an odd kernel's transform i s. */
static void multiply_odd(const float *in, const float *s, int64_t count, float *out)
{
    for (int64_t j = 0; j < count; j++) {
        out[2 * j] = -s[j] * in[2 * j + 1];
        out[2 * j + 1] = s[j] * in[2 * j];
    }
}

/* Columns of a panel: transforms the charge's, multiplies by both odd kernels, and transforms back to the forces'. */
static void convolve_panel(struct repulsion_fft *fft, int64_t p, struct scratch *scratch)
{
    int64_t count = fft->grid.height * panel;
    transform_panel(fft, fft->field[0], p, fft->grid.rows, scratch);
    fft->weight[p] = panel_weight(fft, p, scratch->columns);
    for (int f = 0; f < 2; f++) {
        multiply_odd(scratch->columns, fft->kernel[f ? KERNEL_Y : KERNEL_X] + p * count, count, scratch->product);
        return_panel(fft, scratch, p, fft->field[f]);
    }
}

/* A row of both forces, with x and y interleaved, as gather() reads them. */
static void finish_row(struct repulsion_fft *fft, int64_t r, struct scratch *scratch)
{
    for (int f = 0; f < 2; f++)
        fftwf_execute_dft_c2r(fft->row_backward, complex_of(fft->field[f] + r * 2 * fft->pitch), scratch->row[f]);
    float *out = fft->force + r * fft->grid.columns * 2;
    for (int64_t c = 0; c < fft->grid.columns; c++) {
        out[2 * c] = scratch->row[0][c];
        out[2 * c + 1] = scratch->row[1][c];
    }
}

/* Computes forces at the nodes from the charge; returns sum_ij w_ij. Only the rows that points touch are
 * transformed. */
static double convolve(struct repulsion_fft *fft)
{
    int64_t row_floats = 2 * fft->pitch;
#pragma omp parallel
    {
        struct scratch *scratch = &fft->scratch[threads_index()];
#pragma omp for schedule(static)
        for (int64_t r = 0; r < fft->grid.rows; r++)
            fftwf_execute_dft_r2c(fft->row_forward, fft->charge + r * row_floats,
                                  complex_of(fft->field[0] + r * row_floats));
#pragma omp for schedule(static)
        for (int64_t p = 0; p < panels_of(fft); p++)
            convolve_panel(fft, p, scratch);
#pragma omp for schedule(static)
        for (int64_t r = 0; r < fft->grid.rows; r++)
            finish_row(fft, r, scratch);
    }
    double z = 0;
    for (int64_t p = 0; p < panels_of(fft); p++)
        z += fft->weight[p];
    return z;
}

double repulsion_fft(struct repulsion_fft *fft, const float *x, const float *y, float *force)
{
    if (!grid_place(fft, x, y)) {
        for (int64_t i = 0; i < 2 * fft->n; i++)
            force[i] = NAN;
        return NAN;
    }
    sort_points(fft, y);
    spread(fft, x, y);
    double z = convolve(fft);
    gather(fft, x, y, force);
    return z - (double)fft->n; /* w_ii = 1 */
}
