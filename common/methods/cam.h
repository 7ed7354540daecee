/* Class activation maps (Zhou, Khosla, Lapedriza, Oliva and Torralba 2016, "Learning Deep Features for Discriminative
 * Localization"): where in the image a network saw a class. The network must end in global average pooling and one
 * linear layer.
 *
 *     logit_c    = s (sum_k W[c,k] mean_yx(fmap[k,y,x]) + b_c)
 *     CAM_c[y,x] = s sum_k W[c,k] fmap[k,y,x]           so   mean_yx(CAM_c) + s b_c = logit_c
 *
 * where s is the model's logit_scale. The map is in units of the logit: positive speaks for the class, negative against
 * it. Layout: fmap [C,H,W] of one image, row-major; pixels = H W. */
#ifndef TALE_METHODS_CAM_H
#define TALE_METHODS_CAM_H

#include <stdint.h>

#include "streams/stream.h"

/* The last layer of a model (model/head.h reads it from a file). */
struct cam_head {
    struct frame model;  /* owned */
    int64_t classes, channels;
    const float *weight; /* [classes, channels] */
    const float *bias;   /* [classes], or NULL */
    float scale;         /* logit_scale; 1 if the model has none */
    const char *target;  /* metadata `task`: the field with the right class; "label" if the model does not say */
};

void cam_head_free(struct cam_head *head);

/* map [pixels] of a class, from fmap [channels, pixels]. */
void class_activation_map(float *map, const struct cam_head *head, int64_t class, const float *fmap, int64_t pixels);

/* The logit of a class from its map: the mean over the pixels plus the scaled bias. */
double cam_logit(const struct cam_head *head, int64_t class, const float *map, int64_t pixels);

/* The class with the largest logit; the first if several are equal. `map` [pixels] is scratch memory. */
int64_t cam_predict(const struct cam_head *head, const float *fmap, int64_t pixels, float *map);

/* The class to draw a map of: a number of at least 0, the predicted class, or the right class. */
enum { CAM_PREDICTED = -1, CAM_TARGET = -2 };

/* Adds a field I64 [N] with the class of each row to a frame of a stream with `fmap` F32 [N,C,H,W]. The class is
 * `which`; or for CAM_PREDICTED that of the field `prediction` I64 [N], or cam_predict() if the stream has none; or for
 * CAM_TARGET that of the field head->target I64 [N]. The model's class names go to the metadata FIELD_classes. Dies if
 * a field is missing, a class is not one of the model's, or fmap and the model have different numbers of channels. */
void cam_add_class(struct frame *frame, const struct cam_head *head, const char *field,
                   int64_t which);

/* Add the field `cam` F32 [N,H,W]: the map of the class in the field that cam_add_class() added. */
void cam_add_map(struct frame *frame, const struct cam_head *head, const char *field);

#endif
