/* A canvas for drawn scenes: shapes given by their signed distance, painted over each other with smooth edges.
 *
 * Picture coordinates: x to the right, y up; the picture is the unit square. Object coordinates: those in which an
 * object is described, mostly within [-1, 1]; a placement maps them to the picture. Only +, -, *, /, square roots and
 * rounding are used, all exactly rounded, so a picture has the same bits on every machine (the Makefile prevents the
 * compiler from fusing multiply and add in these files). */
#ifndef TALE_PICTURES_CANVAS_H
#define TALE_PICTURES_CANVAS_H

#include <stdint.h>

enum { CANVAS_SIDE = 32, CANVAS_SUPERSAMPLING = 2, CANVAS_FINE = CANVAS_SIDE * CANVAS_SUPERSAMPLING };

struct colour {
    float r, g, b; /* 0..1 */
};

struct canvas {
    struct colour at[CANVAS_FINE][CANVAS_FINE]; /* from the top row down */
    float light;                                /* where light comes from: -1 left above ... 1 right above */
};

/* picture = (x, y) + size * turn(mirror * stretch * object x, object y) */
struct placement {
    float x, y;
    float size;
    float cosine, sine; /* of the lean, counter-clockwise */
    float mirror;       /* 1, or -1: left and right exchanged */
    float stretch;
};

enum { SHAPE_POINTS = 8 };
struct shape {
    enum { SHAPE_ELLIPSE, SHAPE_DOME, SHAPE_POLYGON, SHAPE_LINE } type;
    int points;
    float x[SHAPE_POINTS], y[SHAPE_POINTS];
    float width; /* of a line: half its thickness */
};

struct brush {
    struct colour colour;
    float alpha; /* opacity, 0..1 */
    float shade; /* how much lighter on the side of the light, 0..1 */
};

/* Shapes, in object coordinates. */
struct shape ellipse(float x, float y, float radius_x, float radius_y);
struct shape dome(float x, float y, float radius_x, float radius_y); /* the upper half of an ellipse */
struct shape box(float left, float bottom, float right, float top);
struct shape triangle(float x0, float y0, float x1, float y1, float x2, float y2);
struct shape trapezoid(float x, float bottom, float half_bottom, float top, float half_top);
struct shape line(float x0, float y0, float x1, float y1, float width);

/* Signed distance from a point to the edge of a shape, negative inside. Exact for polygons and lines; first order for
 * ellipses and domes, which is accurate enough within a pixel of the edge (Quilez, "2D distance functions"). */
float shape_distance(const struct shape *shape, float x, float y);

/* The colour of hue, saturation and value, each 0..1 (the hue is taken modulo 1). */
struct colour hsv(float hue, float saturation, float value);

/* a + share * (b - a) */
struct colour mix_colours(struct colour a, struct colour b, float share);
struct colour scale_colour(struct colour colour, float factor);

float clamp(float x, float low, float high);

/* Smooth noise in [0, 1) with features of size 1: hashed values at whole x and y, with cubic interpolation. */
float value_noise(uint32_t seed, float x, float y);

/* Paints the shape over the canvas. */
void canvas_paint(struct canvas *canvas, const struct placement *placement, struct shape shape, struct brush brush);

#endif
