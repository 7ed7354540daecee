/* A residual network (He et al. 2016) for small images, after torchvision's ResNet-18 but of any size; relu may be
 * another activation:
 *
 *     image -> conv 3x3 -> bn -> relu -> stages of blocks -> global average pooling -> linear -> logits
 *     block:  relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x))
 *
 * Stage s has blocks[s] blocks of widths[s] channels. Each stage except the first halves the image, in one of two ways.
 * With a stride of 2 in its first block: then the shortcut of that block is a 1x1 convolution and batch norm, as
 * wherever the shape changes; all other shortcuts are the identity. Or with the maximum over 2 x 2 pixels, in a unit
 * before its blocks; such a stage may have no blocks (Page 2018, "How to train your ResNet"):
 *
 *     pool:   relu(bn(max(conv(x))))
 *
 * All parameters are one block of floats, and their gradients are another block with the same layout, so an optimizer
 * is a loop and a sum over workers has one place. A table says where each tensor is, under torchvision's names. */
#ifndef TALE_MODEL_RESNET_H
#define TALE_MODEL_RESNET_H

#include <stdint.h>

#include "layers/batchnorm.h"
#include "layers/conv.h"
#include "layers/pool.h"
#include "model/resnet_config.h"

enum { NAME_MAX_LENGTH = 64 };

/* A tensor's role in the network, which decides how it is trained. */
enum resnet_role {
    ROLE_CONVOLUTION,
    ROLE_NORM_SCALE, /* gamma of a batch norm */
    ROLE_NORM_BIAS,  /* its beta */
    ROLE_CLASSIFIER,
    ROLE_CLASSIFIER_BIAS,
    ROLE_STATISTIC   /* a running mean or variance: the only tensors that are not parameters */
};

/* Where a tensor is in the block of parameters or of running statistics, and its exported shape. */
struct resnet_tensor {
    char name[NAME_MAX_LENGTH];
    int rank;           /* 4: convolution [K,C,kernel,kernel]; 2: linear [K,C]; 1: vector [K] */
    int outputs, inputs, kernel;
    int padded_outputs, padded_inputs; /* as stored: convolution [kernel][kernel][C][K], linear [K][C] */
    size_t offset, floats; /* as stored */
    enum resnet_role role;
    bool frozen;        /* not changed by training */
};

/* A convolution and its batch norm. */
struct resnet_unit {
    char name[NAME_MAX_LENGTH];     /* of the convolution, "layer1.0.conv1" */
    const struct resnet_unit *from; /* the unit whose output it reads; NULL for the image */
    bool fused;                     /* it applies the batch norm and activation of `from` while it reads */
    struct conv conv;
    struct batchnorm norm;
    const struct resnet_tensor *weight, *gamma, *beta, *mean, *variance;
    bool pools;    /* takes the maximum of 2 x 2 pixels between convolution and batch norm */
    float *y;      /* the convolution's output, kept for the backward pass */
    float *pooled; /* the maxima of y, if it pools */
    float *out;    /* [N,H,W,C] after the activation: only for the stem and for a unit that ends a block */
};

/* A block, or the unit that pools before the blocks of a stage. */
struct resnet_block {
    char name[NAME_MAX_LENGTH]; /* "layer1.0", "layer2.pool" */
    struct resnet_unit *first;
    struct resnet_unit *second;   /* NULL: `first` pools and is the whole block */
    struct resnet_unit *shortcut; /* a 1x1 convolution; NULL for the identity */
};

struct resnet {
    struct resnet_config config;
    struct resnet_tensor *tensor; /* parameters first, then running statistics */
    int parameter_tensors, tensors;
    size_t parameters, statistics; /* floats in each block */
    float *weights, *gradients;    /* [parameters] */
    float *running;                /* [statistics] */
    struct resnet_unit *unit;      /* all units, in the order of their parameters; the first is the stem */
    int units;
    struct resnet_block *block;
    int blocks;
    int features; /* channels before the classifier, padded */
    const struct resnet_tensor *classifier_weight, *classifier_bias;

    /* For training with up to `images` images at a time; 0: the network is only stored. */
    int images;
    int64_t steps; /* training steps so far */
    size_t workspace_floats;
    float *input, *feature, *dfeature, *logit, *dlogit;
    float *gradient[2], *shortcut_gradient; /* gradients of activations: at the ends of blocks, and within a block */
    double *sums;
    float *parts, *prepared, *workspace;
    float *norm_floats;
    double *norm_doubles;
};

/* A network with all weights 0; for `images` see struct resnet. Caller frees with resnet_free. */
struct resnet *resnet_new(const struct resnet_config *config, int images);

/* The same in two steps: first the table of its tensors, from a configuration that is resnet_possible(); then the
 * memory for the tensors and for `images` images. Between them, a file's tensors can be compared with the table before
 * anything is allocated. */
struct resnet *resnet_describe(const struct resnet_config *config);
void resnet_allocate(struct resnet *net, int images);

void resnet_free(struct resnet *net);

/* Changes the size of the images; neither side may be larger than in the configuration. Weights, batch norms and all
 * memory stay; only scratch may grow, so call it once for each size at the start. */
void resnet_resize(struct resnet *net, int height, int width);

/* Freeze all tensors of a role. */
void resnet_freeze(struct resnet *net, enum resnet_role role);

/* Where the values of a tensor and, if it is a parameter, its gradients are stored. */
float *resnet_values(const struct resnet *net, const struct resnet_tensor *tensor);
float *resnet_gradients(const struct resnet *net, const struct resnet_tensor *tensor);

/* Copies a tensor between the stored layout and the exported one (row-major, shape by rank as above): export from
 * values or gradients, import into values. */
void resnet_export(const struct resnet_tensor *tensor, const float *stored, float *outside);
void resnet_import(struct resnet *net, const struct resnet_tensor *tensor, const float *outside);

/* The maps after a unit's batch norm, for `images` images, and their number of pixels. */
struct maps unit_maps(const struct resnet_unit *unit, int images);
size_t unit_pixels(const struct resnet_unit *unit, int images);

/* The unit that ends a block, where the shortcut is added; for block -1 the stem. */
struct resnet_unit *resnet_last_unit(const struct resnet *net, int block);

/* Multiply-adds of the forward pass for one image, counted as for a direct convolution. */
double resnet_multiply_adds(const struct resnet *net);

#endif
