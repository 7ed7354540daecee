/* Test-time views against runs of the network over images that were changed by loops. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"
#include "check.h"
#include "learning/views.h"
#include "model/initialize.h"

enum { IMAGES = 5, ROOM = 6, HEIGHT = 6, WIDTH = 8, PIXELS = HEIGHT * WIDTH, CLASSES = 3, CHANNELS = 4, GRID = 2 };
enum { TAP = GRID * GRID * CHANNELS };

static float image[IMAGES * 4 * PIXELS];

static struct resnet *network(void)
{
    struct resnet_config config = { .stages = 2, .widths = { CHANNELS, 20 }, .blocks = { 1, 1 }, .classes = CLASSES,
                                    .height = HEIGHT, .width = WIDTH };
    struct resnet *net = resnet_new(&config, 0);
    struct random random = random_of(1, 0);
    resnet_initialize(net, 1);
    for (int i = 0; i < IMAGES * 4 * PIXELS; i++)
        image[i] = i % 4 < 3 ? random_normal(&random) : 0;
    return net;
}

static int reflect(int at, int size)
{
    return at < 0 ? -at : at >= size ? 2 * size - 2 - at : at;
}

/* Add `share` of the outputs of the images shifted by `shift` both ways and mirrored. */
static void add_view(struct inference *inference, int shift, bool mirror, double share, double *logit, double *feature,
                     double *tap)
{
    const struct resnet *net = inference->net;
    for (int n = 0; n < IMAGES; n++)
        for (int p = 0; p < PIXELS; p++) {
            int column = mirror ? WIDTH - 1 - p % WIDTH : p % WIDTH;
            int from = reflect(p / WIDTH + shift, HEIGHT) * WIDTH + reflect(column + shift, WIDTH);
            memcpy(inference->input + 4 * (n * PIXELS + p), image + 4 * (n * PIXELS + from), 4 * sizeof *image);
        }
    inference_run(inference, IMAGES);
    for (int i = 0; i < IMAGES * CLASSES; i++)
        logit[i] += share * (double)inference->logit[i];
    for (int i = 0; i < IMAGES * net->features; i++)
        feature[i] += share * (double)inference->feature[i];
    for (int i = 0; i < IMAGES * TAP; i++)
        tap[i] += share * (double)inference->tap_feature[i];
}

static void check_outputs(const double *want, const float *got, int count)
{
    for (int i = 0; i < count; i++)
        CHECK_NEAR(got[i], want[i], 2e-5);
}

static void views_are_means(void)
{
    struct resnet *net = network();
    struct inference inference = inference_new(net, ROOM);
    int layer;
    CHECK(inference_layer(net, "layer1", &layer));
    inference_tap(&inference, layer, GRID);
    for (int views = VIEWS_NONE; views <= VIEWS_MIRROR_SHIFT; views++) {
        double logit[IMAGES * CLASSES] = { 0 }, feature[IMAGES * 32] = { 0 }, tap[IMAGES * TAP] = { 0 };
        double plain = views == VIEWS_NONE ? 1 : views == VIEWS_MIRROR ? 0.5 : 0.25;
        for (int mirror = 0; mirror < (views == VIEWS_NONE ? 1 : 2); mirror++) {
            add_view(&inference, 0, mirror, plain, logit, feature, tap);
            for (int shift = -1; shift <= 1 && views == VIEWS_MIRROR_SHIFT; shift += 2)
                add_view(&inference, shift, mirror, 0.125, logit, feature, tap);
        }
        memcpy(inference.input, image, sizeof image);
        inference_run(&inference, IMAGES);
        size_t map_floats = (size_t)(IMAGES * (HEIGHT / 2) * (WIDTH / 2) * net->features);
        float *map = allocate_floats(map_floats);
        memcpy(map, inference.map, map_floats * sizeof *map);
        struct viewer viewer = viewer_new((enum views)views, &inference);
        memcpy(inference.input, image, sizeof image);
        viewer_run(&viewer, IMAGES);
        check_outputs(logit, inference.logit, IMAGES * CLASSES);
        check_outputs(feature, inference.feature, IMAGES * net->features);
        check_outputs(tap, inference.tap_feature, IMAGES * TAP);
        CHECK_BYTES(inference.map, map, map_floats * sizeof *map);
        free(map);
        viewer_free(&viewer);
    }
    inference_free(&inference);
    resnet_free(net);
}

int main(void)
{
    threads_start(2);
    RUN(views_are_means);
    return check_verdict();
}
