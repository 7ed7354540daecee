/* A trained network as a function of images: batch norms folded into the convolutions before them, no state kept
 * between blocks.
 *
 *     scale (w * x) + shift = (scale w) * x + shift */
#ifndef TALE_MODEL_INFERENCE_H
#define TALE_MODEL_INFERENCE_H

#include "model/resnet.h"

/* Layers by number: block b is b, the stem's output is STEM, NO_LAYER none. */
enum { LAYER_STEM = -1, LAYER_NONE = -2 };

struct inference {
    struct resnet *net;       /* for its shape and its batch norms; not owned */
    int images;               /* at most this many at a time */
    float *weights;           /* folded, laid out as the network's parameters; a batch norm's beta holds the bias */
    float *prepared;          /* the folded convolutions as conv_forward takes them, one after the other */
    const float **ready;      /* and where each starts */
    float *input;             /* [images,H,W,4], filled by the caller */
    float *map;               /* [images,h,w,C] after the last block */
    float *feature;           /* [images,C] pooled */
    float *logit;             /* [images,classes] */
    int tap, grid;            /* as set by inference_tap; LAYER_NONE until then */
    float *tap_feature;       /* [images,grid,grid,its channels as padded] */
    bool tap_only;            /* set by the caller: nothing else is wanted, so later layers are left out */
    float *buffer[4], *workspace;
};

/* Scratch for `images` images at a time; folds. Caller frees with inference_free. */
struct inference inference_new(struct resnet *net, int images);

/* Take the network's weights and running statistics as they are now. */
void inference_fold(struct inference *inference, struct resnet *net);

/* Have the features of `layer` as well, as means over the cells of a grid x grid of its maps (pool_grid_forward), which
 * are at least as large. */
void inference_tap(struct inference *inference, int layer, int grid);

/* From input to map, feature and logit (and tap_feature, or only that), for the first `images` images. */
void inference_run(struct inference *inference, int images);

/* The number of a layer's name: "conv1" is the stem, "layer2" the last block of stage 2, "layer2.0" its first.
 * False: no such layer. */
bool inference_layer(const struct resnet *net, const char *name, int *layer);

/* Channels of a layer, without padding, and the shorter side of its maps. */
int inference_channels(const struct resnet *net, int layer);
int inference_side(const struct resnet *net, int layer);

/* Floats of tap_feature of one image; 0 for LAYER_NONE. */
size_t inference_tap_floats(const struct inference *inference);

void inference_free(struct inference *inference);

#endif
