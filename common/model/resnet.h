/* A residual network (He et al. 2016) for small images, after torchvision's ResNet-18 and shrunk at will; relu may be
 * another activation:
 *
 *     image -> conv 3x3 -> bn -> relu -> stages of blocks -> global average pooling -> linear -> logits
 *     block:  relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x))
 *
 * Stage s has blocks[s] blocks of widths[s] channels, and each stage but the first halves the image first: with a
 * stride of 2 in its first block, whose shortcut then is a 1x1 convolution and batch norm, as it is wherever the shape
 * changes; all others are the identity. Or with a maximum over squares of 2 x 2 pixels, in what comes before its
 * blocks, of which there may be none then (Page 2018, "How to train your ResNet"):
 *
 *     pool:   relu(bn(max(conv(x))))
 *
 * All parameters are one block of floats, their gradients another of the same layout, so an optimizer is a loop and
 * a sum over workers has one place; a table says which tensor lies where, under torchvision's names. */
#ifndef TALE_MODEL_RESNET_H
#define TALE_MODEL_RESNET_H

#include <stdint.h>

#include "layers/batchnorm.h"
#include "layers/conv.h"
#include "layers/pool.h"
#include "model/resnet_config.h"

enum { NAME_MAX_LENGTH = 64 };

/* What a tensor is to the network, and so to its training. */
enum resnet_role {
    ROLE_CONVOLUTION,
    ROLE_NORM_SCALE, /* gamma of a batch norm */
    ROLE_NORM_BIAS,  /* its beta */
    ROLE_CLASSIFIER,
    ROLE_CLASSIFIER_BIAS,
    ROLE_STATISTIC   /* a running mean or variance: the only tensors that are no parameters */
};

/* Where a tensor lies in the block of parameters or of running statistics, and what shape the outside world sees. */
struct resnet_tensor {
    char name[NAME_MAX_LENGTH];
    int rank;           /* 4: convolution [K,C,kernel,kernel]; 2: linear [K,C]; 1: vector [K] */
    int outputs, inputs, kernel;
    int padded_outputs, padded_inputs; /* as stored: convolution [kernel][kernel][C][K], linear [K][C] */
    size_t offset, floats; /* as stored */
    enum resnet_role role;
    bool frozen;        /* training leaves it as it is */
};

/* A convolution and its batch norm. */
struct resnet_unit {
    char name[NAME_MAX_LENGTH];     /* of the convolution, "layer1.0.conv1" */
    const struct resnet_unit *from; /* whose output it reads; NULL: the image */
    bool fused;                     /* it applies the batch norm and activation of `from` as it reads */
    struct conv conv;
    struct batchnorm norm;
    const struct resnet_tensor *weight, *gamma, *beta, *mean, *variance;
    bool pools;    /* the maximum of 2 x 2 pixels comes between the two */
    float *y;      /* the convolution's output, kept for the backward pass */
    float *pooled; /* and its maxima */
    float *out;    /* [N,H,W,C] after the activation, of the stem and of a unit that ends a block */
};

/* A block, or what pools before the blocks of a stage. */
struct resnet_block {
    char name[NAME_MAX_LENGTH]; /* "layer1.0", "layer2.pool" */
    struct resnet_unit *first;
    struct resnet_unit *second;   /* NULL: the first pools and is all of it */
    struct resnet_unit *shortcut; /* a 1x1 convolution; NULL: the identity */
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

    /* For training on up to `images` images at a time; 0: none, the network is only held. */
    int images;
    int64_t steps; /* training steps so far */
    size_t workspace_floats;
    float *input, *feature, *dfeature, *logit, *dlogit;
    float *gradient[2], *shortcut_gradient; /* of activations: at the ends of blocks, within one */
    double *sums;
    float *parts, *prepared, *workspace;
    float *norm_floats;
    double *norm_doubles;
};

/* A network with all weights 0; images as in struct resnet. Caller frees with resnet_free. */
struct resnet *resnet_new(const struct resnet_config *config, int images);

/* The same in two steps: the table of its tensors, from a configuration that resnet_possible(), and the memory that
 * they and `images` images need. So a file's tensors can be compared with the table before anything is allocated. */
struct resnet *resnet_describe(const struct resnet_config *config);
void resnet_allocate(struct resnet *net, int images);

void resnet_free(struct resnet *net);

/* From now on images are of another size, neither side larger than the configuration's. Weights, batch norms and all
 * memory stay; only scratch may grow, so call it once for each size at the start. */
void resnet_resize(struct resnet *net, int height, int width);

/* Freeze all tensors of a role. */
void resnet_freeze(struct resnet *net, enum resnet_role role);

/* Where a tensor's values and, of a parameter, their gradients are stored. */
float *resnet_values(const struct resnet *net, const struct resnet_tensor *tensor);
float *resnet_gradients(const struct resnet *net, const struct resnet_tensor *tensor);

/* Copy a tensor between the stored layout and that of the outside world (row-major, shape by rank as above): from its
 * values or its gradients, and into its values. */
void resnet_export(const struct resnet_tensor *tensor, const float *stored, float *outside);
void resnet_import(struct resnet *net, const struct resnet_tensor *tensor, const float *outside);

/* The maps that a unit's batch norm gives, for `images` images, and their pixels. */
struct maps unit_maps(const struct resnet_unit *unit, int images);
size_t unit_pixels(const struct resnet_unit *unit, int images);

/* The unit that a block ends with, where its shortcut joins; for number -1 the stem. */
struct resnet_unit *resnet_last_unit(const struct resnet *net, int block);

/* Multiply-adds of one image's forward pass, as a direct convolution would need them. */
double resnet_multiply_adds(const struct resnet *net);

#endif
