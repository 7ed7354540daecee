/* The objects in scenes, each drawn in object coordinates: feet at y = -1, top near y = 1. */
#ifndef TALE_DATASETS_SCENE_THINGS_H
#define TALE_DATASETS_SCENE_THINGS_H

#include <stdbool.h>

#include "base/random.h"
#include "pictures/canvas.h"

/* The state of a painter: the canvas, the scene's random numbers, and the properties of the whole scene. */
struct painter {
    struct canvas canvas;
    struct random random;
    float day;            /* 1 in full light ... 0.25 at night: darkens everything that does not emit light */
    struct colour ground; /* of the ground at the thing's feet */
};

enum thing_stance { STANDS, FLOATS_ON_WATER, FLIES };

struct thing {
    const char *name;
    void (*draw)(struct painter *painter, const struct placement *at);
    enum thing_stance stance;
    float lean;           /* maximum lean: the tangent of half the angle */
};

enum { THINGS = 10 };
extern const struct thing things[THINGS];

/* Draws from the scene's random numbers. */
float draw_between(struct painter *painter, float low, float high);
bool draw_chance(struct painter *painter, float chance);
int draw_below(struct painter *painter, int bound);
struct colour draw_hsv(struct painter *painter, float hue0, float hue1, float saturation0, float saturation1,
                       float value0, float value1);

/* Paints an opaque shape with the scene's light and a little shading. */
void paint(struct painter *painter, const struct placement *at, struct shape shape, struct colour colour);

/* Paints something that emits light or is transparent: in its own colour, with opacity `alpha`. */
void paint_bright(struct painter *painter, const struct placement *at, struct shape shape, struct colour colour,
                  float alpha);

#endif
