/* A trained network as a function of images: batch norms are folded into the convolutions before them, and no state is
 * kept between calls.
 *
 *     scale (w * x) + shift = (scale w) * x + shift */
#ifndef TALE_MODEL_INFERENCE_H
#define TALE_MODEL_INFERENCE_H

#include "model/resnet.h"

/* Numbers of layers: block b has number b, the stem LAYER_STEM; LAYER_NONE is no layer. */
enum { LAYER_STEM = -1, LAYER_NONE = -2 };

struct inference {
    struct resnet *net;       /* for its shape and its batch norms; not owned */
    int images;               /* at most this many at a time */
    float *weights;           /* folded weights, in the network's parameter layout; a batch norm's beta is the bias */
    float *prepared;          /* the folded convolutions in the form that conv_forward uses, one after the other */
    const float **ready;      /* where each of them starts */
    float *input;             /* [images,H,W,4], filled by the caller */
    float *map;               /* [images,h,w,C] after the last block */
    float *feature;           /* [images,C] pooled */
    float *logit;             /* [images,classes] */
    int tap, grid;            /* set by inference_tap; LAYER_NONE before */
    float *tap_feature;       /* [images,grid,grid,padded channels of the layer] */
    bool tap_only;            /* set by the caller if only tap_feature is needed: later layers are skipped */
    float *buffer[4], *workspace;
};

/* Allocates scratch for up to `images` images and folds the weights. Caller frees with inference_free. */
struct inference inference_new(struct resnet *net, int images);

/* Folds the network's current weights and running statistics. */
void inference_fold(struct inference *inference, struct resnet *net);

/* Also computes the features of `layer`, as means over the cells of a grid x grid of its maps (pool_grid_forward). The
 * maps must be at least as large as the grid. */
void inference_tap(struct inference *inference, int layer, int grid);

/* Computes map, feature and logit from input, for the first `images` images, and tap_feature if there is a tap; with
 * tap_only, only tap_feature. */
void inference_run(struct inference *inference, int images);

/* The number of the layer with a name: "conv1" is the stem, "layer2" the last block of stage 2, "layer2.0" its first.
 * Returns false if there is no such layer. */
bool inference_layer(const struct resnet *net, const char *name, int *layer);

/* Channels of a layer, without padding, and the shorter side of its maps. */
int inference_channels(const struct resnet *net, int layer);
int inference_side(const struct resnet *net, int layer);

/* Floats of tap_feature for one image; 0 for LAYER_NONE. */
size_t inference_tap_floats(const struct inference *inference);

void inference_free(struct inference *inference);

#endif
