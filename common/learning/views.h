/* Test-time views: a network looks at an image several times, each time changed a little, and its outputs are
 * averaged. */
#ifndef TALE_LEARNING_VIEWS_H
#define TALE_LEARNING_VIEWS_H

#include "model/inference.h"

enum views {
    VIEWS_NONE,
    VIEWS_MIRROR,      /* the image and its mirror image, half each */
    VIEWS_MIRROR_SHIFT /* half of that; and half of both shifted by a pixel up and left, and down and right, with
                        * reflection (Jordan 2024, section 3.5) */
};

struct viewer {
    enum views views;
    struct inference *inference; /* not owned */
    float *image;                /* [images,H,W,4]: the images as they came */
    float *feature, *logit, *tap_feature; /* sums over the views, as the inference has them */
};

/* Room for as many images as the inference takes; after its tap is set. Caller frees with viewer_free. */
struct viewer viewer_new(enum views views, struct inference *inference);
void viewer_free(struct viewer *viewer);

/* As inference_run for the images in inference->input, with feature, logit and tap_feature averaged over the views, so
 * that logit stays fc.weight feature + fc.bias. The map is that of the image itself, to the bit. */
void viewer_run(struct viewer *viewer, int images);

#endif
