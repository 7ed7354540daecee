#include "pictures/mosaic.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

/* The grid: the left upper corner, and the side of a cell. */
struct grid {
    double left, top, side;
    int64_t columns, lines;
};

static struct grid make_grid(const float *at, int64_t rows, int64_t cells)
{
    double left = at[0], right = at[0], low = at[1], top = at[1];
    for (int64_t i = 1; i < rows; i++) {
        left = fmin(left, (double)at[2 * i]);
        right = fmax(right, (double)at[2 * i]);
        low = fmin(low, (double)at[2 * i + 1]);
        top = fmax(top, (double)at[2 * i + 1]);
    }
    double extent = fmax(right - left, top - low);
    struct grid grid = { left, top, extent > 0 ? extent / (double)cells : 1, 1, 1 };
    grid.columns = (int64_t)fmin(fmax(ceil((right - left) / grid.side), 1), (double)cells);
    grid.lines = (int64_t)fmin(fmax(ceil((top - low) / grid.side), 1), (double)cells);
    return grid;
}

/* The cell of a distance on an axis of `cells` cells; the far border belongs to the last cell. */
static int64_t cell_of(double distance, int64_t cells)
{
    int64_t cell = (int64_t)distance;
    return cell < cells ? cell : cells - 1;
}

struct mosaic mosaic_of(const float *at, int64_t rows, int64_t cells)
{
    struct grid grid = make_grid(at, rows, cells);
    size_t count = checked_multiply((size_t)grid.lines, (size_t)grid.columns);
    struct mosaic mosaic = { grid.columns, grid.lines, allocate(count, sizeof *mosaic.row) };
    double *nearest = allocate(count, sizeof *nearest);
    for (size_t c = 0; c < count; c++) {
        mosaic.row[c] = -1;
        nearest[c] = INFINITY;
    }
    for (int64_t i = 0; i < rows; i++) {
        double x = ((double)at[2 * i] - grid.left) / grid.side, y = (grid.top - (double)at[2 * i + 1]) / grid.side;
        int64_t column = cell_of(x, grid.columns), line = cell_of(y, grid.lines), c = line * grid.columns + column;
        double away = hypot(x - (double)column - 0.5, y - (double)line - 0.5);
        if (away < nearest[c]) {
            nearest[c] = away;
            mosaic.row[c] = i;
        }
    }
    free(nearest);
    return mosaic;
}

void mosaic_free(struct mosaic *mosaic)
{
    free(mosaic->row);
    *mosaic = (struct mosaic){ 0 };
}
