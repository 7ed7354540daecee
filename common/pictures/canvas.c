#include "pictures/canvas.h"

#include <math.h>

float clamp(float x, float low, float high)
{
    return x < low ? low : x > high ? high : x;
}

struct shape ellipse(float x, float y, float radius_x, float radius_y)
{
    return (struct shape){ SHAPE_ELLIPSE, 2, { x, radius_x }, { y, radius_y }, 0 };
}

struct shape dome(float x, float y, float radius_x, float radius_y)
{
    return (struct shape){ SHAPE_DOME, 2, { x, radius_x }, { y, radius_y }, 0 };
}

struct shape box(float left, float bottom, float right, float top)
{
    return (struct shape){ SHAPE_POLYGON, 4, { left, right, right, left }, { bottom, bottom, top, top }, 0 };
}

struct shape triangle(float x0, float y0, float x1, float y1, float x2, float y2)
{
    return (struct shape){ SHAPE_POLYGON, 3, { x0, x1, x2 }, { y0, y1, y2 }, 0 };
}

struct shape trapezoid(float x, float bottom, float half_bottom, float top, float half_top)
{
    return (struct shape){ SHAPE_POLYGON, 4, { x - half_bottom, x + half_bottom, x + half_top, x - half_top },
                           { bottom, bottom, top, top }, 0 };
}

struct shape line(float x0, float y0, float x1, float y1, float width)
{
    return (struct shape){ SHAPE_LINE, 2, { x0, x1 }, { y0, y1 }, width };
}

static float length(float x, float y)
{
    return sqrtf(x * x + y * y);
}

/* k0 (k0 - 1) / k1 with k0 = |p / r|, k1 = |p / r^2| */
static float ellipse_distance(float x, float y, float radius_x, float radius_y)
{
    float k0 = length(x / radius_x, y / radius_y);
    float k1 = length(x / (radius_x * radius_x), y / (radius_y * radius_y));
    return k1 > 0 ? k0 * (k0 - 1) / k1 : -fminf(radius_x, radius_y);
}

/* From (x, y) to the segment from point i to point j of the shape. */
static float segment_distance(const struct shape *shape, int i, int j, float x, float y)
{
    float ex = shape->x[j] - shape->x[i], ey = shape->y[j] - shape->y[i];
    float px = x - shape->x[i], py = y - shape->y[i], square = ex * ex + ey * ey;
    float t = square > 0 ? clamp((px * ex + py * ey) / square, 0, 1) : 0;
    return length(px - t * ex, py - t * ey);
}

static float polygon_distance(const struct shape *shape, float x, float y)
{
    float distance = INFINITY, sign = 1;
    for (int i = 0, j = shape->points - 1; i < shape->points; j = i++) {
        distance = fminf(distance, segment_distance(shape, j, i, x, y));
        /* the edge crosses the ray to the right of the point: toggle between inside and outside */
        if ((shape->y[i] > y) != (shape->y[j] > y) &&
            x < (shape->x[j] - shape->x[i]) * (y - shape->y[i]) / (shape->y[j] - shape->y[i]) + shape->x[i])
            sign = -sign;
    }
    return sign * distance;
}

float shape_distance(const struct shape *shape, float x, float y)
{
    switch (shape->type) {
    case SHAPE_ELLIPSE:
        return ellipse_distance(x - shape->x[0], y - shape->y[0], shape->x[1], shape->y[1]);
    case SHAPE_DOME:
        return fmaxf(ellipse_distance(x - shape->x[0], y - shape->y[0], shape->x[1], shape->y[1]), shape->y[0] - y);
    case SHAPE_POLYGON:
        return polygon_distance(shape, x, y);
    case SHAPE_LINE:
        return segment_distance(shape, 0, 1, x, y) - shape->width;
    }
    return INFINITY;
}

struct colour hsv(float hue, float saturation, float value)
{
    float h = 6 * (hue - floorf(hue)), rgb[3];
    for (int i = 0; i < 3; i++) {
        float turn = h + (i == 0 ? 5.0f : i == 1 ? 3.0f : 1.0f);
        turn -= turn >= 6 ? 6 : 0;
        rgb[i] = value - value * saturation * clamp(fminf(turn, 4 - turn), 0, 1);
    }
    return (struct colour){ rgb[0], rgb[1], rgb[2] };
}

struct colour mix_colours(struct colour a, struct colour b, float share)
{
    return (struct colour){ a.r + share * (b.r - a.r), a.g + share * (b.g - a.g), a.b + share * (b.b - a.b) };
}

struct colour scale_colour(struct colour colour, float factor)
{
    return (struct colour){ colour.r * factor, colour.g * factor, colour.b * factor };
}

/* In [0, 1): a hash of the seed and a lattice point. */
static float lattice(uint32_t seed, int32_t x, int32_t y)
{
    uint32_t h = seed ^ (uint32_t)x * 0x9e3779b1u ^ (uint32_t)y * 0x85ebca77u;
    h = (h ^ h >> 16) * 0x7feb352du;
    h = (h ^ h >> 15) * 0x846ca68bu;
    return (float)((h ^ h >> 16) >> 8) * 0x1p-24f;
}

float value_noise(uint32_t seed, float x, float y)
{
    float left = floorf(x), bottom = floorf(y), u = x - left, v = y - bottom;
    int32_t i = (int32_t)left, j = (int32_t)bottom;
    u = u * u * (3 - 2 * u);
    v = v * v * (3 - 2 * v);
    float low = lattice(seed, i, j) + u * (lattice(seed, i + 1, j) - lattice(seed, i, j));
    float high = lattice(seed, i, j + 1) + u * (lattice(seed, i + 1, j + 1) - lattice(seed, i, j + 1));
    return low + v * (high - low);
}

struct bounds {
    float left, right, bottom, top;
};

static struct bounds shape_bounds(const struct shape *shape)
{
    if (shape->type == SHAPE_ELLIPSE || shape->type == SHAPE_DOME)
        return (struct bounds){ shape->x[0] - shape->x[1], shape->x[0] + shape->x[1], shape->y[0] - shape->y[1],
                                shape->y[0] + shape->y[1] };
    struct bounds b = { shape->x[0], shape->x[0], shape->y[0], shape->y[0] };
    for (int i = 1; i < shape->points; i++) {
        b.left = fminf(b.left, shape->x[i]);
        b.right = fmaxf(b.right, shape->x[i]);
        b.bottom = fminf(b.bottom, shape->y[i]);
        b.top = fmaxf(b.top, shape->y[i]);
    }
    return (struct bounds){ b.left - shape->width, b.right + shape->width, b.bottom - shape->width,
                            b.top + shape->width };
}

static void to_picture(const struct placement *p, float x, float y, float *px, float *py)
{
    float u = p->mirror * p->stretch * x;
    *px = p->x + p->size * (p->cosine * u - p->sine * y);
    *py = p->y + p->size * (p->sine * u + p->cosine * y);
}

static void to_object(const struct placement *p, float px, float py, float *x, float *y)
{
    float u = (px - p->x) / p->size, v = (py - p->y) / p->size;
    *x = (p->cosine * u + p->sine * v) / (p->mirror * p->stretch);
    *y = p->cosine * v - p->sine * u;
}

/* The object's bounds as bounds in the picture: those of the turned rectangle. */
static struct bounds place_bounds(const struct placement *p, struct bounds b)
{
    struct bounds r = { INFINITY, -INFINITY, INFINITY, -INFINITY };
    for (int i = 0; i < 4; i++) {
        float x, y;
        to_picture(p, i & 1 ? b.right : b.left, i & 2 ? b.top : b.bottom, &x, &y);
        r = (struct bounds){ fminf(r.left, x), fmaxf(r.right, x), fminf(r.bottom, y), fmaxf(r.top, y) };
    }
    return r;
}

/* The pixel that contains a coordinate, clamped to the canvas. */
static int to_pixel(float coordinate)
{
    return (int)clamp(floorf(coordinate * CANVAS_FINE), 0, CANVAS_FINE - 1);
}

void canvas_paint(struct canvas *canvas, const struct placement *placement, struct shape shape, struct brush brush)
{
    const float edge = 1.0f / CANVAS_FINE, scale = placement->size * fminf(placement->stretch, 1);
    struct bounds b = place_bounds(placement, shape_bounds(&shape));
    float centre_x = (b.left + b.right) / 2, centre_y = (b.bottom + b.top) / 2;
    float half = fmaxf(fmaxf(b.right - b.left, b.top - b.bottom) / 2, edge);
    for (int row = to_pixel(1 - b.top - edge); row <= to_pixel(1 - b.bottom + edge); row++) {
        for (int column = to_pixel(b.left - edge); column <= to_pixel(b.right + edge); column++) {
            float px = ((float)column + 0.5f) * edge, py = 1 - ((float)row + 0.5f) * edge, x, y;
            to_object(placement, px, py, &x, &y);
            float cover = clamp(0.5f - shape_distance(&shape, x, y) * scale * CANVAS_FINE, 0, 1) * brush.alpha;
            float lit = 1 + brush.shade * (canvas->light * (px - centre_x) + 0.7f * (py - centre_y)) / half;
            struct colour *at = &canvas->at[row][column];
            *at = mix_colours(*at, scale_colour(brush.colour, lit), cover);
        }
    }
}
