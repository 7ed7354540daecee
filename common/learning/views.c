#include "learning/views.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/threads.h"
#include "learning/augment.h"

struct view {
    struct augment_draw draw;
    float share;
};

/* The image itself comes last, so that its maps remain. */
static const struct view mirror_views[] = {
    { { .mirror = true }, 0.5f },
    { { .mirror = false }, 0.5f },
};
static const struct view shift_views[] = {
    { { .down = -1, .right = -1, .mirror = true }, 0.125f },
    { { .down = -1, .right = -1, .mirror = false }, 0.125f },
    { { .down = 1, .right = 1, .mirror = true }, 0.125f },
    { { .down = 1, .right = 1, .mirror = false }, 0.125f },
    { { .mirror = true }, 0.25f },
    { { .mirror = false }, 0.25f },
};

static size_t image_floats(const struct viewer *viewer)
{
    return (size_t)conv_input_floats(&viewer->inference->net->unit[0].conv);
}

struct viewer viewer_new(enum views views, struct inference *inference)
{
    struct viewer viewer = { .views = views, .inference = inference };
    size_t images = views == VIEWS_NONE ? 0 : (size_t)inference->images;
    const struct resnet *net = inference->net;
    viewer.image = allocate_floats(checked_multiply(image_floats(&viewer), images));
    viewer.feature = allocate_floats(checked_multiply((size_t)net->features, images));
    viewer.logit = allocate_floats(checked_multiply((size_t)net->config.classes, images));
    viewer.tap_feature = allocate_floats(checked_multiply(inference_tap_floats(inference), images));
    return viewer;
}

void viewer_free(struct viewer *viewer)
{
    free(viewer->image);
    free(viewer->feature);
    free(viewer->logit);
    free(viewer->tap_feature);
}

static void add_share(float share, size_t count, const float *from, float *sum)
{
    for (size_t i = 0; i < count; i++)
        sum[i] += share * from[i];
}

/* The sums, with their floats per image, and the outputs that they are written to, in the same order. */
static void each_output(const struct viewer *viewer, float *sum[3], float *output[3], size_t floats[3])
{
    const struct inference *inference = viewer->inference;
    float *sums[3] = { viewer->feature, viewer->logit, viewer->tap_feature };
    float *outputs[3] = { inference->feature, inference->logit, inference->tap_feature };
    memcpy(sum, sums, sizeof sums);
    memcpy(output, outputs, sizeof outputs);
    floats[0] = (size_t)inference->net->features;
    floats[1] = (size_t)inference->net->config.classes;
    floats[2] = inference_tap_floats(inference);
}

static void show(const struct viewer *viewer, const struct view *view, int images)
{
    static const struct augment reflect = { .reflect = true };
    const struct resnet_config *config = &viewer->inference->net->config;
    size_t image = image_floats(viewer);
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (int i = 0; i < images; i++)
        augment_apply(&reflect, &view->draw, 0, viewer->image + (size_t)i * image, config->height, config->width,
                      viewer->inference->input + (size_t)i * image);
}

void viewer_run(struct viewer *viewer, int images)
{
    bool shifts = viewer->views == VIEWS_MIRROR_SHIFT;
    const struct view *views = shifts ? shift_views : mirror_views;
    size_t count = shifts ? sizeof shift_views / sizeof *views : sizeof mirror_views / sizeof *views, floats[3];
    float *sum[3], *output[3];
    if (viewer->views == VIEWS_NONE) {
        inference_run(viewer->inference, images);
        return;
    }
    each_output(viewer, sum, output, floats);
    memcpy(viewer->image, viewer->inference->input, (size_t)images * image_floats(viewer) * sizeof(float));
    for (int o = 0; o < 3; o++)
        memset(sum[o], 0, (size_t)images * floats[o] * sizeof(float));
    for (size_t v = 0; v < count; v++) {
        show(viewer, &views[v], images);
        inference_run(viewer->inference, images);
        for (int o = 0; o < 3; o++)
            add_share(views[v].share, (size_t)images * floats[o], output[o], sum[o]);
    }
    for (int o = 0; o < 3; o++)
        memcpy(output[o], sum[o], (size_t)images * floats[o] * sizeof(float));
}
