/* Class activation maps against their definition in PyTorch and by the property that gives them their meaning. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "check.h"
#include "fixture.h"
#include "methods/cam.h"

/* The fixture's last layer; 2 images, 6 channels of 3 x 5, 4 classes, logits times 0.125. */
static struct cam_head head_of(const struct frame *frame)
{
    const struct tensor *weight = fixture_tensor(frame, "cam", "weight");
    return (struct cam_head){ .classes = weight->shape[0], .channels = weight->shape[1], .weight = weight->data,
                              .bias = fixture_tensor(frame, "cam", "bias")->data, .scale = 0.125f };
}

static void maps_agree_with_pytorch(void)
{
    struct frame frame = fixture_load("pictures.safetensors");
    struct cam_head head = head_of(&frame);
    const float *fmap = fixture_tensor(&frame, "cam", "fmap")->data;
    const float *want = fixture_tensor(&frame, "cam", "map")->data;
    for (int i = 0; i < 2; i++)
        for (int c = 0; c < 4; c++) {
            float map[15];
            class_activation_map(map, &head, c, fmap + i * 6 * 15, 15);
            CHECK_FLOATS(map, want + (i * 4 + c) * 15, 15, 1e-6); /* sums of 6 products below 1 */
        }
    frame_free(&frame);
}

static void the_mean_of_a_map_and_the_bias_are_the_logit(void)
{
    struct frame frame = fixture_load("pictures.safetensors");
    struct cam_head head = head_of(&frame);
    const float *fmap = fixture_tensor(&frame, "cam", "fmap")->data;
    const float *logit = fixture_tensor(&frame, "cam", "logit")->data;
    for (int i = 0; i < 2; i++) {
        int best = 0;
        float map[15];
        for (int c = 0; c < 4; c++) {
            class_activation_map(map, &head, c, fmap + i * 6 * 15, 15);
            CHECK_NEAR(cam_logit(&head, c, map, 15), (double)logit[i * 4 + c], 1e-6);
            if (logit[i * 4 + c] > logit[i * 4 + best])
                best = c;
        }
        CHECK_INTEGER(cam_predict(&head, fmap + i * 6 * 15, 15, map), best);
    }
    frame_free(&frame);
}

static void a_model_without_bias_has_none(void)
{
    const float weight[2] = { 3, -1 }, fmap[2] = { 1, 2 };
    struct cam_head head = { .classes = 2, .channels = 1, .weight = weight, .scale = 2 };
    float map[2];
    class_activation_map(map, &head, 0, fmap, 2);
    CHECK_NEAR(cam_logit(&head, 0, map, 2), 9, 0);
    CHECK_INTEGER(cam_predict(&head, fmap, 2, map), 0);
}

static void the_first_of_equal_classes_is_predicted(void)
{
    const float weight[3] = { 1, 2, 2 }, fmap[1] = { 1 };
    struct cam_head head = { .classes = 3, .channels = 1, .weight = weight, .scale = 1 };
    float map[1];
    CHECK_INTEGER(cam_predict(&head, fmap, 1, map), 1);
}

int main(void)
{
    RUN(maps_agree_with_pytorch);
    RUN(the_mean_of_a_map_and_the_bias_are_the_logit);
    RUN(a_model_without_bias_has_none);
    RUN(the_first_of_equal_classes_is_predicted);
    return check_verdict();
}
