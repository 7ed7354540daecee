/* Test-time views: a network processes an image several times, each time slightly changed, and its outputs are
 * averaged. */
#ifndef TALE_LEARNING_VIEWS_H
#define TALE_LEARNING_VIEWS_H

#include "model/inference.h"

enum views {
    VIEWS_NONE,
    VIEWS_MIRROR,      /* the image and its mirror image, half each */
    VIEWS_MIRROR_SHIFT /* half of that, and half of both shifted by a pixel up and left, and down and right, with
                        * reflection (Jordan 2024, section 3.5) */
};

struct viewer {
    enum views views;
    struct inference *inference; /* not owned */
    float *image;                /* [images,H,W,4]: the images before changes */
    float *feature, *logit, *tap_feature; /* sums over the views, with the inference's shapes */
};

/* Allocates memory for as many images as the inference processes; its tap must be set before. Caller frees with
 * viewer_free. */
struct viewer viewer_new(enum views views, struct inference *inference);
void viewer_free(struct viewer *viewer);

/* Like inference_run for the images in inference->input, with feature, logit and tap_feature averaged over the views,
 * so that logit remains fc.weight feature + fc.bias. The map is exactly that of the image itself. */
void viewer_run(struct viewer *viewer, int images);

#endif
