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

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "layers/batchnorm.h"
#include "layers/conv.h"

enum { STAGES_MAX = 8, BLOCKS_MAX = 64, NAME_MAX_LENGTH = 64 };

/* How a stage halves the image. */
enum downsample { DOWNSAMPLE_STRIDE, DOWNSAMPLE_POOL, DOWNSAMPLES };

/* "stride", "pool": names for a choice of options, NULL after the last. */
extern const char *const downsample_names[DOWNSAMPLES + 1];

struct resnet_config {
    int stages;
    int widths[STAGES_MAX], blocks[STAGES_MAX];
    int classes;
    int height, width; /* of the image */
    enum activation activation;
    enum downsample downsample;
};

/* What a tensor is to the network, and so to its training. */
enum resnet_role {
    ROLE_CONVOLUTION,
    ROLE_NORM_SCALE, /* gamma of a batch norm */
    ROLE_NORM_BIAS,  /* its beta */
    ROLE_CLASSIFIER,
    ROLE_CLASSIFIER_BIAS,
    ROLE_STATISTIC
};

/* Where a tensor lies in the block of parameters or of running statistics, and what shape the outside world sees. */
struct resnet_tensor {
    char name[NAME_MAX_LENGTH];
    int rank;           /* 4: convolution [K,C,kernel,kernel]; 2: linear [K,C]; 1: vector [K] */
    int outputs, inputs, kernel;
    int padded_outputs, padded_inputs; /* as stored: convolution [kernel][kernel][C][K], linear [K][C] */
    size_t offset;      /* in floats */
    enum resnet_role role;
    bool frozen;        /* training leaves it as it is */
};

/* A convolution and its batch norm. */
struct resnet_unit {
    struct conv conv;
    struct batchnorm norm;
    size_t weight, gamma, beta; /* offsets in the parameters */
    bool pools;                 /* the maximum of 2 x 2 pixels comes between the two */
    float *y;                   /* the convolution's output, kept for the backward pass */
    float *pooled;              /* and its maxima */
};

/* A block, or what pools before the blocks of a stage: its first unit alone, which pools. */
struct resnet_block {
    struct resnet_unit first, second, shortcut;
    bool projects; /* the shortcut is a convolution */
    float *out;    /* [N,H,W,C], after the ReLU */
};

struct resnet {
    struct resnet_config config;
    struct resnet_tensor *tensor; /* parameters first, then running statistics */
    int parameter_tensors, tensors;
    size_t parameters, statistics; /* floats in each block */
    float *weights, *gradients;    /* [parameters] */
    float *running;                /* [statistics] */
    struct resnet_unit stem;
    struct resnet_block *block;
    int blocks;
    int features; /* channels before the classifier, padded */
    size_t classifier_weight, classifier_bias;

    /* For training on up to `images` images at a time; 0: none, the network is only held. */
    int images;
    int64_t steps; /* training steps so far */
    size_t workspace_floats;
    float *input, *stem_out, *feature, *dfeature, *logit, *dlogit;
    float *gradient[2], *shortcut_gradient; /* of activations: at the ends of blocks, within one */
    double *sums;
    float *parts, *prepared, *workspace;
    float *norm_floats;
    double *norm_doubles;
};

/* Whether there can be a network of that configuration; where not, `rule` says why: "widths: 5000 (1 to 4096)". */
enum { RESNET_RULE_MAX = 96 };
bool resnet_possible(const struct resnet_config *config, char rule[static RESNET_RULE_MAX]);

/* A network with all weights 0; images as in struct resnet. Caller frees with resnet_free. */
struct resnet *resnet_new(const struct resnet_config *config, int images);

/* The same in two steps: the table of its tensors, from a configuration that resnet_possible(), and the memory that they
 * and `images` images need. So a file's tensors can be compared with the table before anything is allocated. */
struct resnet *resnet_describe(const struct resnet_config *config);
void resnet_allocate(struct resnet *net, int images);

void resnet_free(struct resnet *net);

/* From now on images are of another size, neither side larger than the configuration's. Weights, batch norms and all
 * memory stay; only scratch may grow, so call it once for each size at the start. */
void resnet_resize(struct resnet *net, int height, int width);

/* Initial weights: convolutions normal with variance 2 / (K kernel^2) (He et al. 2015, fan out), gamma 1, beta 0,
 * classifier uniform within +-1/sqrt(C), as torchvision. */
void resnet_initialize(struct resnet *net, uint64_t seed);

/* Then, instead: the first filters of every 3x3 convolution but the stem, as many as it has input channels, each pass
 * one of these on as it is (Zagoruyko and Komodakis 2017, "DiracNets"). */
void resnet_initialize_dirac(struct resnet *net);

/* Freeze all tensors of a role. */
void resnet_freeze(struct resnet *net, enum resnet_role role);

/* One forward and backward pass over net->input [images,H,W,4] (filled by the caller: normalised RGB and a zero).
 * Sets net->gradients (of what is frozen, to anything) to those of the mean loss with label smoothing, moves the
 * running statistics, and adds the summed loss and the count of right answers. */
void resnet_train_step(struct resnet *net, int images, const int64_t *label, double smoothing, double *loss,
                       int64_t *right);

/* The size of what a unit's batch norm gives. */
int unit_height(const struct resnet_unit *unit);
int unit_width(const struct resnet_unit *unit);

/* The unit that a block ends with, but for its shortcut; for number -1 the stem. */
const struct resnet_unit *resnet_last_unit(const struct resnet *net, int block);

/* The pixels of the last feature maps, and the real (unpadded) number of features. */
int resnet_map_height(const struct resnet_config *config);
int resnet_map_width(const struct resnet_config *config);
int resnet_features(const struct resnet_config *config);

/* Multiply-adds of one image's forward pass, as a direct convolution would need them. */
double resnet_multiply_adds(const struct resnet *net);

/* Copy a tensor between the stored layout and that of the outside world (row-major, shape by rank as above). */
void resnet_export(const struct resnet *net, const struct resnet_tensor *tensor, float *outside);
void resnet_import(struct resnet *net, const struct resnet_tensor *tensor, const float *outside);

#endif
