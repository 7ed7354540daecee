/* Drawn scenes: the embedded data set. Ten kinds of objects with an up and a down are in small landscapes with a sky, a
 * ground and light; colour, place, size, lean, weather, clutter and foreground vary. */
#ifndef TALE_DATASETS_SCENE_H
#define TALE_DATASETS_SCENE_H

#include <stdint.h>

#include "pictures/canvas.h"

enum { SCENE_CLASSES = 10, SCENE_IMAGE = 3 * CANVAS_SIDE * CANVAS_SIDE };

/* The names of the classes, in the order of their numbers. */
extern const char *const scene_names[SCENE_CLASSES];

/* Draw scene `item` of a seed: a thing of class `class` (0 .. SCENE_CLASSES - 1). image: [3, 32, 32], planes of red,
 * green and blue. The same arguments give the same bytes, in any order and on any machine. */
void scene_draw(uint8_t *image, int class, uint64_t seed, uint64_t item);

#endif
