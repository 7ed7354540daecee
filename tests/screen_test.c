/* The screen of the neighbour search: it may keep too much, and never excludes what is near. */
#include "methods/screen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"
#include "check.h"

static void products_of_bytes(void)
{
    enum { bytes = 4 * VECTOR_FLOATS, most = 127 };
    struct random r = random_new(3, 0);
    for (int round = 0; round < 200; round++) {
        unsigned char a[bytes];
        signed char b[4];
        vector_int sum, got;
        for (int i = 0; i < bytes; i++)
            a[i] = (unsigned char)(round < 2 ? VECTOR_BYTE_MAX : random_below(&r, VECTOR_BYTE_MAX + 1));
        for (int i = 0; i < 4; i++)
            b[i] = (signed char)(round < 2 ? (round ? -most : most) : (int)random_below(&r, 2 * most + 1) - most);
        for (int i = 0; i < VECTOR_FLOATS; i++)
            sum[i] = round < 4 ? INT32_MAX : (int)random_below(&r, 1 << 20) - (1 << 19);
        got = vector_dot4(sum, a, b);
        for (int i = 0; i < VECTOR_FLOATS; i++) {
            int64_t want = sum[i];
            for (int j = 0; j < 4; j++)
                want += a[4 * i + j] * b[j];
            CHECK_INTEGER((uint32_t)got[i], (uint32_t)want);
        }
    }
}

/* Values of some style: what is plain, what is hard to round to bytes, and what floats hardly hold. */
enum style { NORMAL, SPIKES, ONE_HOT, TINY_AND_LARGE, CLUSTER, RECTIFIED, DENORMAL, HUGE_VALUES, STYLES };

static float draw(struct random *r, enum style style, int64_t row, int64_t d, int64_t dimension)
{
    float x = random_normal(r);
    switch (style) {
    case SPIKES: return random_below(r, 20) ? x * 0.01F : x * 10;
    case ONE_HOT: return d == row % dimension ? 1 : 0;
    case TINY_AND_LARGE: return x * powf(10, (float)(row % 13 - 6));
    case CLUSTER: return 1 + x * 1e-4F;
    case RECTIFIED: return x > 0 ? x : 0;
    case DENORMAL: return x * 1e-30F;
    case HUGE_VALUES: return x * (row % 2 ? 1e25F : 1);
    default: return x;
    }
}

static double distance_of(const float *x, const float *y, int64_t dimension)
{
    long double square = 0;
    for (int64_t d = 0; d < dimension; d++)
        square += ((long double)x[d] - y[d]) * ((long double)x[d] - y[d]);
    return (double)sqrtl(square);
}

/* A panel and a tile of a style; `kept` counts what a limit of 0.8 of the distance has not excluded. */
static void check_style(enum style style, int64_t dimension, int64_t *kept)
{
    struct random r = random_new(11, (uint64_t)(dimension * STYLES + style));
    size_t n = (size_t)dimension;
    struct screen_panel *panel = (void *)allocate_floats(screen_panel_bytes(dimension) / sizeof(float));
    struct screen_tile *tile = (void *)allocate_floats(screen_tile_bytes(dimension) / sizeof(float));
    float *row = allocate_floats(SCREEN_ROWS * n), *query = allocate_floats(SCREEN_QUERIES * n);
    uint32_t hits[SCREEN_QUERIES];
    for (int64_t i = 0; i < SCREEN_ROWS * dimension; i++)
        row[i] = draw(&r, style, i / dimension, i % dimension, dimension);
    for (int64_t i = 0; i < SCREEN_QUERIES * dimension; i++)
        query[i] = draw(&r, style, i / dimension + 3, i % dimension, dimension);
    memset(row + n, 0, n * sizeof *row);                  /* row 1 is zero, and row 2 is query 2 */
    memcpy(row + 2 * n, query + 2 * n, n * sizeof *row);
    memset(query + 4 * n, 0, n * sizeof *query);
    for (int i = 0; i < SCREEN_ROWS; i++)
        screen_put_row(panel, i, row + (size_t)i * n, dimension);
    bool good = true;
    for (int i = 0; i < SCREEN_ROWS; i++)
        for (int step = 0; step < 2; step++) {
            for (int q = 0; q < SCREEN_QUERIES; q++) {
                double distance = distance_of(query + (size_t)q * n, row + (size_t)i * n, dimension);
                screen_put_query(tile, q, query + (size_t)q * n, dimension);
                screen_limit(tile, q, distance * (step ? 0.8 : 1 + 1e-12) + (step ? 0 : 1e-300));
            }
            screen_compare(tile, panel, dimension, hits);
            for (int q = 0; q < SCREEN_QUERIES; q++) {
                good = good && (step || hits[q] >> i & 1);
                *kept += step && hits[q] >> i & 1;
            }
        }
    CHECK(good);
    free(panel);
    free(tile);
    free(row);
    free(query);
}

static void what_is_near_is_never_excluded(void)
{
    static const int64_t dimension[] = { 1, 2, 3, 4, 5, 17, 63, 64, 65, 256, 3072 };
    for (size_t i = 0; i < sizeof dimension / sizeof *dimension; i++)
        for (int style = 0; style < STYLES; style++) {
            int64_t kept = 0;
            check_style((enum style)style, dimension[i], &kept);
            if (dimension[i] >= 64 && (style == NORMAL || style == RECTIFIED)) /* but the equal and the zero ones */
                CHECK_INTEGER(kept, 2);
        }
}

/* So many dimensions that sums of products of whole bytes would pass 2^31. */
static void very_many_dimensions(void)
{
    int64_t kept = 0;
    check_style(NORMAL, 70000, &kept);
    check_style(ONE_HOT, 70000, &kept);
    size_t n = 300000;
    struct screen_panel *panel = (void *)allocate_floats(screen_panel_bytes((int64_t)n) / sizeof(float));
    struct screen_tile *tile = (void *)allocate_floats(screen_tile_bytes((int64_t)n) / sizeof(float));
    float *ones = allocate_floats(n);
    uint32_t hits[SCREEN_QUERIES];
    for (size_t d = 0; d < n; d++)
        ones[d] = 1;
    for (int i = 0; i < SCREEN_ROWS; i++)
        screen_put_row(panel, i, ones, (int64_t)n);
    for (size_t d = 0; d < n; d++)
        ones[d] = -1;
    for (int q = 0; q < SCREEN_QUERIES; q++) {
        screen_put_query(tile, q, ones, (int64_t)n);
        screen_limit(tile, q, sqrt(4.0 * (double)n) * (q % 2 ? 1.001 : 0.98));
    }
    screen_compare(tile, panel, (int64_t)n, hits);
    for (int q = 0; q < SCREEN_QUERIES; q++)
        CHECK_INTEGER(hits[q], q % 2 ? (uint32_t)(UINT64_MAX >> (64 - SCREEN_ROWS)) : 0);
    free(panel);
    free(tile);
    free(ones);
}

static void places_without_rows_or_queries(void)
{
    struct screen_panel *panel = (void *)allocate_floats(screen_panel_bytes(3) / sizeof(float));
    struct screen_tile *tile = (void *)allocate_floats(screen_tile_bytes(3) / sizeof(float));
    const float near[] = { 1, 2, 3 }, far[] = { 100, 200, 300 };
    uint32_t hits[SCREEN_QUERIES];
    for (int i = 0; i < SCREEN_ROWS; i++)
        screen_leave_row(panel, i);
    for (int q = 0; q < SCREEN_QUERIES; q++)
        screen_leave_query(tile, q);
    screen_put_row(panel, 1, near, 3);
    screen_put_row(panel, 2, far, 3);
    screen_put_row(panel, 3, NULL, 3);
    CHECK_INTEGER(screen_compare(tile, panel, 3, hits), 0);
    screen_put_query(tile, 0, near, 3);
    screen_put_query(tile, 1, near, 3);
    screen_put_query(tile, 2, NULL, 3);
    screen_limit(tile, 1, 1);
    screen_limit(tile, 2, 1);
    CHECK_INTEGER(screen_compare(tile, panel, 3, hits), 14);
    CHECK_INTEGER(hits[0], 14); /* no limit yet: rows 1, 2 and 3 */
    CHECK_INTEGER(hits[1], 10);
    CHECK_INTEGER(hits[2], 14);
    CHECK_INTEGER(hits[3], 0);
    free(panel);
    free(tile);
}

int main(void)
{
    threads_start(1);
    RUN(products_of_bytes);
    RUN(what_is_near_is_never_excluded);
    RUN(very_many_dimensions);
    RUN(places_without_rows_or_queries);
    return check_verdict();
}
