/* Each layer, forward and backward, against what PyTorch computed in double precision (tests/fixtures/gen-torch.py). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"
#include "check.h"
#include "fixture.h"
#include "layers/activation_math.h"
#include "layers/batchnorm.h"
#include "layers/conv.h"
#include "layers/linear.h"
#include "layers/loss.h"
#include "layers/max_pool.h"
#include "layers/pool.h"
#include "layers/residual.h"
#include "learning/sgd.h"
#include "model/input.h"

/* Relative to the largest value: element-wise work rounds a few times (6e-8 each), sums of products some more; the
 * transforms of a fast convolution may cost a digit (5e-6 in the mean, more in the worst element). */
static const double element = 1e-6, product = 3e-6, convolution = 3e-5;

static struct frame fixture;

/* ---- convolution ---- */

struct size {
    int images, channels, stored, height, width;
    size_t floats; /* of all images, as stored */
};

static struct size size_of(const char *prefix, const char *name)
{
    const int64_t *shape = fixture_tensor(&fixture, prefix, name)->shape;
    int channels = (int)shape[1];
    struct size size = { (int)shape[0], channels, channels_padded(channels), (int)shape[2], (int)shape[3], 0 };
    size.floats = (size_t)(size.images * size.stored * size.height * size.width);
    return size;
}

/* got: doubles [parts][stored]; want: the fixture's [parts][channels]. */
static void check_sums(const double *got, const char *prefix, const char *name)
{
    const struct tensor *want = fixture_tensor(&fixture, prefix, name);
    int parts = (int)want->shape[0], channels = (int)want->shape[1], stored = channels_padded(channels);
    float *floats = allocate_floats((size_t)(parts * channels));
    for (int i = 0; i < parts * channels; i++)
        floats[i] = (float)got[i / channels * stored + i % channels];
    CHECK_FLOATS_RELATIVE(floats, (const float *)want->data, (size_t)(parts * channels), convolution);
    free(floats);
}

static void check_maps(const float *got, const char *prefix, const char *name, double tolerance)
{
    float *want = fixture_maps(&fixture, prefix, name);
    CHECK_FLOATS_RELATIVE(got, want, size_of(prefix, name).floats, tolerance);
    free(want);
}

static void check_conv_forward(const char *layer, const struct conv *conv, int images, struct conv_input input,
                               const float *weight, float *workspace)
{
    struct size size = size_of(layer, "y");
    float *bias = fixture_vectors(&fixture, layer, "bias"), *residual = fixture_maps(&fixture, layer, "residual");
    float *y = allocate_floats(size.floats);
    double *sums = allocate(2 * (size_t)size.stored, sizeof *sums);
    float *prepared = allocate_floats(conv_prepared_floats(conv));
    const struct conv_forward_pass pass = {
        .images = images,
        .input = input,
        .weight = conv_prepare(conv, weight, prepared),
        .output = { .y = y, .sums = sums, .bias = bias, .residual = residual, .activate = true },
        .workspace = workspace,
    };
    conv_forward(conv, &pass);
    free(prepared);
    check_maps(y, layer, "y", convolution);
    check_sums(sums, layer, "sums");
    free(bias);
    free(residual);
    free(y);
    free(sums);
}

static void check_conv_backward(const char *layer, const struct conv *conv, int images, struct conv_input input,
                                const float *weight, int skip_stride, float *workspace)
{
    static const char *const names[] = { "g", "kept", "skip", "gate", "first", "second" };
    static const char *const vectors[] = { "a", "b", "c", "gate_scale", "gate_shift" };
    float *maps[6] = { NULL }, *each[5] = { NULL };
    bool whole = conv->kernel == 3;
    for (int i = 0; i < (whole ? 6 : 2); i++)
        maps[i] = fixture_maps(&fixture, layer, names[i]);
    for (int i = 0; i < (whole ? 5 : 3); i++)
        each[i] = fixture_vectors(&fixture, layer, vectors[i]);
    float *dweight = allocate_floats((size_t)conv_weight_floats(conv));
    float *dx = allocate_floats(size_of(layer, "dx").floats);
    double *sums = allocate(3 * (size_t)conv->inputs, sizeof *sums);
    struct conv_backward_pass pass = {
        .images = images,
        .input = input,
        .gradient = { maps[0], maps[1], each[0], each[1], each[2] },
        .weight = weight,
        .dweight = dweight,
        .dx = dx,
        .workspace = workspace,
    };
    if (whole)
        pass.epilogue = (struct conv_epilogue){ .skip = maps[2], .skip_stride = skip_stride, .gate = maps[3],
                                                .gate_scale = each[3], .gate_shift = each[4],
                                                .with = { maps[4], maps[5] }, .sums = sums };
    conv_backward(conv, &pass);
    float *want = fixture_weight(&fixture, layer, "dweight");
    CHECK_FLOATS_RELATIVE(dweight, want, (size_t)conv_weight_floats(conv), convolution);
    check_maps(dx, layer, "dx", convolution);
    if (whole)
        check_sums(sums, layer, "dx_sums");
    for (int i = 0; i < 6; i++)
        free(maps[i]);
    for (int i = 0; i < 5; i++)
        free(each[i]);
    free(dweight);
    free(dx);
    free(sums);
    free(want);
}

static void check_conv(const char *layer)
{
    const int64_t *shape = fixture_tensor(&fixture, layer, "shape")->data; /* kernel, stride, stride of the skip */
    struct size in = size_of(layer, "x"), out = size_of(layer, "y");
    struct conv conv = { in.stored, out.stored, (int)shape[0], (int)shape[1], in.height, in.width };
    float *x = fixture_maps(&fixture, layer, "x"), *weight = fixture_weight(&fixture, layer, "weight");
    float *scale = fixture_vectors(&fixture, layer, "scale"), *shift = fixture_vectors(&fixture, layer, "shift");
    float *workspace = allocate_floats(conv_workspace(&conv, in.images));
    struct conv_input input = { x, scale, shift, ACTIVATION_RELU };
    CHECK_INTEGER(conv_out_height(&conv), out.height);
    CHECK_INTEGER(conv_out_width(&conv), out.width);
    check_conv_forward(layer, &conv, in.images, input, weight, workspace);
    check_conv_backward(layer, &conv, in.images, input, weight, (int)shape[2], workspace);
    free(x);
    free(weight);
    free(scale);
    free(shift);
    free(workspace);
}

static void convolutions(void)
{
    static const char *const layers[] = { "conv0", "conv1", "conv2", "conv3", "conv4", "conv5", "conv6", "conv7" };
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        check_conv(layers[i]);
}

/* ---- batch norm ---- */

struct norm_memory {
    struct batchnorm norm;
    float *floats;
    double *doubles;
};

static struct norm_memory norm_new(int channels)
{
    size_t n = (size_t)channels;
    struct norm_memory m = { .floats = allocate_floats(7 * n), .doubles = allocate(2 * n, sizeof(double)) };
    float *f = m.floats;
    m.norm = (struct batchnorm){ .channels = channels, .running_mean = f, .running_var = f + n, .scale = f + 2 * n,
                                 .shift = f + 3 * n, .a = f + 4 * n, .b = f + 5 * n, .c = f + 6 * n,
                                 .mean = m.doubles, .inverse = m.doubles + n };
    for (int c = 0; c < channels; c++)
        m.norm.running_var[c] = 1;
    return m;
}

/* Sums over all pixels of x y per channel; y NULL: of x. */
static void sum_channels(const float *x, const float *y, size_t count, int channels, double *sums)
{
    memset(sums, 0, (size_t)channels * sizeof *sums);
    for (size_t i = 0; i < count; i++)
        sums[i % (size_t)channels] += (double)x[i] * (y ? (double)y[i] : 1);
}

/* z = scale y + shift in the pixels' place of y. */
static float *scale_maps(const float *y, const float *scale, const float *shift, size_t count, int channels)
{
    float *z = allocate_floats(count);
    for (size_t i = 0; i < count; i++)
        z[i] = scale[i % (size_t)channels] * y[i] + shift[i % (size_t)channels];
    return z;
}

static void check_vector(const float *got, const char *prefix, const char *name)
{
    const struct tensor *want = fixture_tensor(&fixture, prefix, name);
    CHECK_FLOATS_RELATIVE(got, (const float *)want->data, tensor_elements(want), product);
}

static void check_norm_backward(struct batchnorm *norm, const char *batch, const float *y, struct size size)
{
    float *g = fixture_maps(&fixture, batch, "g"), *dy = allocate_floats(size.floats);
    double *sums = allocate(2 * (size_t)size.stored, sizeof *sums);
    float *dgamma = allocate_floats((size_t)size.stored), *dbeta = allocate_floats((size_t)size.stored);
    sum_channels(g, NULL, size.floats, size.stored, sums);
    sum_channels(g, y, size.floats, size.stored, sums + size.stored);
    batchnorm_backward(norm, sums, sums + size.stored, (double)size.floats / size.stored, dgamma, dbeta);
    for (size_t i = 0; i < size.floats; i++) {
        size_t c = i % (size_t)size.stored;
        dy[i] = norm->a[c] * g[i] + norm->b[c] * y[i] + norm->c[c];
    }
    check_maps(dy, batch, "dy", product);
    check_vector(dgamma, batch, "dgamma");
    check_vector(dbeta, batch, "dbeta");
    free(g);
    free(dy);
    free(sums);
    free(dgamma);
    free(dbeta);
}

static void check_norm_batch(struct batchnorm *norm, const char *batch)
{
    struct size size = size_of(batch, "y");
    float *y = fixture_maps(&fixture, batch, "y");
    double *sums = allocate(2 * (size_t)size.stored, sizeof *sums);
    sum_channels(y, NULL, size.floats, size.stored, sums);
    sum_channels(y, y, size.floats, size.stored, sums + size.stored);
    batchnorm_forward(norm, sums, (double)size.floats / size.stored);
    float *z = scale_maps(y, norm->scale, norm->shift, size.floats, size.stored);
    check_maps(z, batch, "z", product);
    check_vector(norm->running_mean, batch, "running_mean");
    check_vector(norm->running_var, batch, "running_var");
    check_norm_backward(norm, batch, y, size);
    free(y);
    free(sums);
    free(z);
}

static void batch_norm(void)
{
    struct size size = size_of("batchnorm1", "y");
    struct norm_memory m = norm_new(size.stored);
    float *gamma = fixture_vectors(&fixture, "batchnorm", "gamma");
    float *beta = fixture_vectors(&fixture, "batchnorm", "beta");
    float *y = fixture_maps(&fixture, "batchnorm1", "y");
    m.norm.gamma = gamma;
    m.norm.beta = beta;
    check_norm_batch(&m.norm, "batchnorm0");
    check_norm_batch(&m.norm, "batchnorm1");
    batchnorm_inference(&m.norm);
    float *z = scale_maps(y, m.norm.scale, m.norm.shift, size.floats, size.stored);
    check_maps(z, "batchnorm1", "inference", product);
    free(m.floats);
    free(m.doubles);
    free(gamma);
    free(beta);
    free(y);
    free(z);
}

/* A channel without variance divides by sqrt(epsilon), and one pixel has no unbiased variance: both stay finite. */
static void batch_norm_of_constants(void)
{
    struct norm_memory m = norm_new(4);
    static const float ones[4] = { 1, 1, 1, 1 };
    double sums[8] = { 3e5, -3e5, 0.1 * 9, 1e-20, 1e10, 1e10, 0.01 * 9 * (1 - 1e-15), 1e-40 };
    m.norm.gamma = m.norm.beta = ones;
    batchnorm_forward(&m.norm, sums, 9);
    for (int c = 0; c < 4; c++)
        CHECK(isfinite(m.norm.scale[c]) && isfinite(m.norm.shift[c]) && m.norm.running_var[c] >= 0);
    CHECK_NEAR(m.norm.scale[3], 1 / sqrt(batchnorm_epsilon), 1e-3);
    batchnorm_forward(&m.norm, (double[8]){ 2, 2, 2, 2, 4, 4, 4, 4 }, 1);
    for (int c = 0; c < 4; c++)
        CHECK(isfinite(m.norm.scale[c]) && isfinite(m.norm.running_var[c]));
    free(m.floats);
    free(m.doubles);
}

/* ---- the others ---- */

static void pooling(void)
{
    struct size size = size_of("pool", "x");
    const struct maps maps = { size.images, size.height, size.width, size.stored };
    float *x = fixture_maps(&fixture, "pool", "x"), *want = fixture_vectors(&fixture, "pool", "feature");
    float *dfeature = fixture_vectors(&fixture, "pool", "dfeature");
    float *first = fixture_maps(&fixture, "pool", "first"), *second = fixture_maps(&fixture, "pool", "second");
    float *feature = allocate_floats((size_t)(size.images * size.stored)), *dx = allocate_floats(size.floats);
    double *sums = allocate(3 * (size_t)size.stored, sizeof *sums);
    float *parts = allocate_floats(pool_parts(&maps));
    pool_forward(&maps, x, feature);
    CHECK_FLOATS_RELATIVE(feature, want, (size_t)(size.images * size.stored), element);
    struct pool_backward_pass pass = { .dfeature = dfeature, .activation = ACTIVATION_RELU, .x = x,
                                       .with = { first, second }, .dx = dx, .sums = sums, .parts = parts };
    pool_backward(&maps, &pass);
    check_maps(dx, "pool", "dx", element);
    check_sums(sums, "pool", "sums");
    pass.with[0] = pass.with[1] = NULL;
    pool_backward(&maps, &pass);
    check_maps(dx, "pool", "dx", element);
    float *all[] = { x, want, dfeature, first, second, feature, dx };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    free(sums);
    free(parts);
}

/* Against its definition, with odd sides, equal values (the first counts) and one that is not a number. */
static void maximum_pooling(void)
{
    enum { IMAGES = 2, HEIGHT = 5, WIDTH = 3, CHANNELS = 16, ROWS = 3, COLUMNS = 2 };
    enum { IN = IMAGES * HEIGHT * WIDTH * CHANNELS, OUT = IMAGES * ROWS * COLUMNS * CHANNELS };
    struct random random = random_of(5, 0);
    float x[IN], out[OUT], g[OUT], a[CHANNELS], b[CHANNELS], c[CHANNELS];
    const struct max_pool pool = { IMAGES, HEIGHT, WIDTH, CHANNELS };
    const struct max_pool_gradient gradient = { out, g, a, b, c };
    float *scratch = allocate_floats(max_pool_workspace(&pool));
    double sums[2 * CHANNELS], want_sums[2 * CHANNELS] = { 0 };
    for (int i = 0; i < IN; i++)
        x[i] = floorf(3 * random_uniform(&random)); /* 0, 1, 2: many are equal */
    for (int i = 0; i < OUT; i++)
        g[i] = random_normal(&random);
    for (int i = 0; i < CHANNELS; i++) {
        a[i] = random_normal(&random);
        b[i] = random_normal(&random);
        c[i] = random_normal(&random);
    }
    max_pool_forward(&pool, x, out, sums, scratch);
    float got[IN], want[IN] = { 0 };
    for (int i = 0; i < OUT; i++) {
        int channel = i % CHANNELS, column = i / CHANNELS % COLUMNS, row = i / CHANNELS / COLUMNS % ROWS;
        int top = i / CHANNELS / COLUMNS / ROWS * HEIGHT + 2 * row;
        int first = (top * WIDTH + 2 * column) * CHANNELS + channel;
        for (int h = 0; h < 2 && 2 * row + h < HEIGHT; h++)
            for (int w = 0; w < 2 && 2 * column + w < WIDTH; w++) {
                int at = ((top + h) * WIDTH + 2 * column + w) * CHANNELS + channel;
                if (x[at] > x[first])
                    first = at;
            }
        CHECK_NEAR(out[i], x[first], 0);
        want[first] = a[channel] * g[i] + b[channel] * x[first] + c[channel];
        want_sums[channel] += (double)x[first];
        want_sums[CHANNELS + channel] += (double)(x[first] * x[first]);
    }
    for (int i = 0; i < 2 * CHANNELS; i++)
        CHECK_NEAR(sums[i], want_sums[i], 0);
    memcpy(got, x, sizeof got);
    max_pool_backward(&pool, got, &gradient, scratch);
    CHECK_FLOATS(got, want, IN, 1e-6);
    for (int pixel = 0; pixel < 4; pixel++) { /* of the first square */
        memcpy(got, x, sizeof got);
        got[(pixel / 2 * WIDTH + pixel % 2) * CHANNELS] = NAN;
        max_pool_forward(&pool, got, out, NULL, NULL);
        CHECK(isnan(out[0]));
        CHECK(!isnan(out[1]));
    }
    free(scratch);
}

/* One value of adaptive average pooling as it is defined, in double. */
static double cell_mean(const float *x, int height, int width, int channels, int grid, int i, int j, int c)
{
    double sum = 0;
    int pixels = 0;
    for (int h = 0; h < height; h++)
        for (int w = 0; w < width; w++) {
            bool in_row = h >= floor((double)i * height / grid) && h < ceil((i + 1.0) * height / grid);
            bool in_column = w >= floor((double)j * width / grid) && w < ceil((j + 1.0) * width / grid);
            sum += in_row && in_column ? (double)x[(h * width + w) * channels + c] : 0;
            pixels += in_row && in_column;
        }
    return sum / pixels;
}

/* Sides that the grid divides and sides that it does not; a grid as fine as the pixels gives the map itself. */
static void pooling_on_a_grid(void)
{
    enum { IMAGES = 3, CHANNELS = 20 };
    static const int sides[][2] = { { 8, 8 }, { 7, 5 }, { 5, 9 }, { 1, 3 } };
    for (size_t s = 0; s < sizeof sides / sizeof *sides; s++) {
        int height = sides[s][0], width = sides[s][1], image = height * width * CHANNELS;
        struct random random = random_of(1, s);
        float *x = allocate_floats((size_t)(IMAGES * image)), *feature = allocate_floats((size_t)(IMAGES * image));
        for (int i = 0; i < IMAGES * image; i++)
            x[i] = random_normal(&random);
        for (int grid = 1; grid <= (height < width ? height : width); grid++) {
            const struct maps maps = { IMAGES, height, width, CHANNELS };
            pool_grid_forward(&maps, grid, x, feature);
            for (int at = 0; at < IMAGES * grid * grid * CHANNELS; at++) {
                int c = at % CHANNELS, cell = at / CHANNELS % (grid * grid), n = at / CHANNELS / (grid * grid);
                double want = cell_mean(x + n * image, height, width, CHANNELS, grid, cell / grid, cell % grid, c);
                CHECK_NEAR(feature[at], want, 1e-6);
            }
            if (grid == height && grid == width)
                CHECK_BYTES(feature, x, (size_t)(IMAGES * image) * sizeof *x);
        }
        free(x);
        free(feature);
    }
}

static const float *floats_of(const char *prefix, const char *name)
{
    return fixture_tensor(&fixture, prefix, name)->data;
}

static void linear(void)
{
    enum { ROWS = 7, INPUTS = 6, OUTPUTS = 5 };
    float y[ROWS * OUTPUTS], dw[OUTPUTS * INPUTS], db[OUTPUTS], dx[ROWS * INPUTS];
    const float *x = floats_of("linear", "x"), *w = floats_of("linear", "w"), *dy = floats_of("linear", "dy");
    linear_forward(ROWS, INPUTS, OUTPUTS, x, w, floats_of("linear", "b"), y);
    CHECK_FLOATS_RELATIVE(y, floats_of("linear", "y"), ROWS * OUTPUTS, product);
    linear_backward(ROWS, INPUTS, OUTPUTS, x, w, dy, dw, db, dx);
    CHECK_FLOATS_RELATIVE(dw, floats_of("linear", "dw"), OUTPUTS * INPUTS, product);
    CHECK_FLOATS_RELATIVE(db, floats_of("linear", "db"), OUTPUTS, product);
    CHECK_FLOATS_RELATIVE(dx, floats_of("linear", "dx"), ROWS * INPUTS, product);
    memset(dw, 0, sizeof dw);
    linear_backward(ROWS, INPUTS, OUTPUTS, x, w, dy, dw, db, NULL);
    CHECK_FLOATS_RELATIVE(dw, floats_of("linear", "dw"), OUTPUTS * INPUTS, product);
}

static void check_loss(const char *name, double smoothing)
{
    enum { ROWS = 6, CLASSES = 5 };
    char dlogit_name[32];
    float loss[ROWS], dlogit[ROWS * CLASSES], halved[CLASSES];
    const float *logit = floats_of("loss", "logit");
    const int64_t *label = fixture_tensor(&fixture, "loss", "label")->data;
    snprintf(dlogit_name, sizeof dlogit_name, "%s_dlogit", name);
    for (int n = 0; n < ROWS; n++)
        loss[n] = (float)cross_entropy(CLASSES, logit + n * CLASSES, label[n], smoothing, 1, dlogit + n * CLASSES);
    CHECK_FLOATS_RELATIVE(loss, floats_of("loss", name), ROWS, element);
    CHECK_FLOATS_RELATIVE(dlogit, floats_of("loss", dlogit_name), ROWS * CLASSES, element);
    CHECK_NEAR(cross_entropy(CLASSES, logit, label[0], smoothing, 0.5, NULL), (double)loss[0], element * 50);
    cross_entropy(CLASSES, logit, label[0], smoothing, 0.5, halved);
    for (int k = 0; k < CLASSES; k++)
        CHECK_NEAR((double)halved[k], (double)dlogit[k] / 2, element);
}

static void loss(void)
{
    static const float far[3] = { -3e4f, 3e4f, 0 }, ties[4] = { 1, 2, 2, 2 };
    check_loss("plain", 0);
    check_loss("smooth", 0.1);
    check_loss("even", 1);
    CHECK_NEAR(cross_entropy(3, far, 0, 0, 1, NULL), 6e4, 1e-9); /* far apart: no overflow */
    CHECK_NEAR(cross_entropy(3, far, 1, 0, 1, NULL), 0, 1e-9);
    CHECK(isnan(cross_entropy(2, (float[]){ NAN, 0 }, 0, 0, 1, NULL)));
    CHECK(isnan(cross_entropy(2, (float[]){ 0, NAN }, 0, 0, 1, NULL)));
    CHECK_INTEGER(largest_score(4, ties), 1);
}

static void residual(void)
{
    struct size size = size_of("residual", "y");
    size_t pixels = size.floats / (size_t)size.stored;
    float *y = fixture_maps(&fixture, "residual", "y"), *skip = fixture_maps(&fixture, "residual", "skip");
    float *scale = fixture_vectors(&fixture, "residual", "scale");
    float *shift = fixture_vectors(&fixture, "residual", "shift");
    float *skip_scale = fixture_vectors(&fixture, "residual", "skip_scale");
    float *skip_shift = fixture_vectors(&fixture, "residual", "skip_shift"), *out = allocate_floats(size.floats);
    struct residual end = { .activation = ACTIVATION_RELU, .pixels = pixels, .channels = size.stored, .y = y,
                            .scale = scale, .shift = shift, .out = out };
    residual_forward(&end);
    check_maps(out, "residual", "alone", element);
    end.skip = skip;
    residual_forward(&end);
    check_maps(out, "residual", "identity", element);
    end.skip_scale = skip_scale;
    end.skip_shift = skip_shift;
    residual_forward(&end);
    check_maps(out, "residual", "projected", element);
    y[0] = NAN;
    residual_forward(&end);
    CHECK(isnan(out[0]));
    float *all[] = { y, skip, scale, shift, skip_scale, skip_shift, out };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

/* The first `few` of a pixel's channels alone, and so many pixels that the output goes past the caches: the same. */
static void residual_of_any_size(void)
{
    enum { CHANNELS = 16, FEW = 4, PIXELS = 3 << 15 };
    struct random random = random_new(1, 1);
    float scale[4][CHANNELS], out[CHANNELS], *few = allocate_floats(2 * FEW);
    float *y = allocate_floats(PIXELS * CHANNELS), *skip = allocate_floats(PIXELS * CHANNELS);
    float *all = allocate_floats(PIXELS * CHANNELS), *narrow = allocate_floats(FEW);
    for (int i = 0; i < 4 * CHANNELS; i++)
        scale[i / CHANNELS][i % CHANNELS] = random_normal(&random);
    for (int i = 0; i < PIXELS * CHANNELS; i++) {
        y[i] = random_normal(&random);
        skip[i] = random_normal(&random);
    }
    for (int kind = 0; kind < 3; kind++) {
        const struct residual whole = { ACTIVATION_RELU, PIXELS, CHANNELS, y, scale[0], scale[1], kind ? skip : NULL,
                                        kind == 2 ? scale[2] : NULL, kind == 2 ? scale[3] : NULL, all };
        residual_forward(&whole);
        for (int at = 0; at < PIXELS * CHANNELS; at += 999 * CHANNELS) {
            struct residual one = whole;
            one.pixels = 1;
            one.y += at;
            one.skip = kind ? skip + at : NULL;
            one.out = out;
            residual_forward(&one);
            CHECK_BYTES(all + at, out, sizeof out);
            memcpy(few, y + at, FEW * sizeof *few);
            memcpy(few + FEW, skip + at, FEW * sizeof *few);
            one.channels = FEW;
            one.y = few;
            one.skip = kind ? few + FEW : NULL;
            one.out = narrow;
            residual_forward(&one);
            CHECK_FLOATS(narrow, out, FEW, element);
        }
    }
    float *used[] = { y, skip, all, few, narrow };
    for (size_t i = 0; i < sizeof used / sizeof *used; i++)
        free(used[i]);
}

/* exp below 0, against double, at every exponent; 1 at 0; and no further than its end. */
static void exp_of_negative_values(void)
{
    double worst = 0;
    for (float x = -87; x < 0; x += 1e-3f) {
        double want = exp((double)x), got = (double)vector_exp_negative(vector_of(x))[0];
        worst = fmax(worst, fabs(got - want) / want / (3e-7 - 7e-8 * (double)x));
    }
    CHECK_NEAR(worst, 0, 1);
    CHECK_NEAR(vector_exp_negative(vector_of(0))[0], 1, 0);
    CHECK_NEAR(vector_exp_negative(vector_of(-1e30f))[0], 0, 1e-37);
    CHECK_NEAR(vector_exp_negative(vector_of(-INFINITY))[0], 0, 1e-37);
}

/* The value, and the slope from the output, by vectors and alone: against double; 0 gives 0 and NaN gives NaN. */
static void celu(void)
{
    const double alpha = (double)celu_alpha;
    for (float x = -40; x < 3; x += 0.37e-2f) {
        double want = x > 0 ? (double)x : alpha * expm1((double)x / alpha);
        double slope = x > 0 ? 1 : exp((double)x / alpha);
        vector f = vector_activate(ACTIVATION_CELU, vector_of(x));
        CHECK_NEAR(f[0], want, 1e-7 * (1 + fabs((double)x)));
        CHECK_NEAR(activate(ACTIVATION_CELU, x), want, 1e-7 * (1 + fabs((double)x)));
        CHECK_NEAR(vector_activate_backward(ACTIVATION_CELU, vector_of(2), f)[0], 2 * slope, 1e-6);
        CHECK_NEAR(activate_backward(ACTIVATION_CELU, 2, f[0]), 2 * slope, 1e-6);
    }
    CHECK_NEAR(vector_activate(ACTIVATION_CELU, vector_of(0))[0], 0, 0);
    CHECK_NEAR(activate(ACTIVATION_CELU, 0), 0, 0);
    CHECK(isnan(vector_activate(ACTIVATION_CELU, vector_of(NAN))[0]) && isnan(activate(ACTIVATION_CELU, NAN)));
    CHECK(isinf(vector_activate(ACTIVATION_CELU, vector_of(INFINITY))[0]));
}

/* At the end of a block and before the pooling, in the layouts of many and of few channels. */
static void celu_of_maps(void)
{
    enum { PIXELS = 5 };
    static const int widths[] = { 4, 32 };
    for (int w = 0; w < 2; w++) {
        int channels = widths[w], count = PIXELS * channels;
        float y[PIXELS * 32], skip[PIXELS * 32], scale[32], shift[32], out[PIXELS * 32], dx[PIXELS * 32], dfeature[32];
        struct random random = random_of(4, (uint64_t)w);
        double *sums = allocate(3 * (size_t)channels, sizeof *sums);
        const struct maps maps = { 1, 1, PIXELS, channels };
        float *parts = allocate_floats(pool_parts(&maps)), *all[] = { y, skip, scale, shift, dfeature };
        for (int a = 0; a < 5; a++)
            for (int i = 0; i < (a < 2 ? count : channels); i++)
                all[a][i] = random_normal(&random);
        const struct residual end = { .activation = ACTIVATION_CELU, .pixels = PIXELS, .channels = channels, .y = y,
                                      .scale = scale, .shift = shift, .skip = skip, .out = out };
        const struct pool_backward_pass pass = { .dfeature = dfeature, .activation = ACTIVATION_CELU, .x = out,
                                                 .dx = dx, .sums = sums, .parts = parts };
        residual_forward(&end);
        pool_backward(&maps, &pass);
        for (int i = 0; i < count; i++) {
            int c = i % channels;
            double x = (double)scale[c] * (double)y[i] + (double)shift[c] + (double)skip[i];
            CHECK_NEAR(out[i], x > 0 ? x : (double)celu_alpha * expm1(x / (double)celu_alpha), 1e-6);
            CHECK_NEAR(dx[i], (double)dfeature[c] / PIXELS * (x > 0 ? 1 : exp(x / (double)celu_alpha)), 1e-6);
        }
        free(sums);
        free(parts);
    }
}

static void input(void)
{
    const struct tensor *image = fixture_tensor(&fixture, "input", "image");
    int images = (int)image->shape[0], height = (int)image->shape[2], width = (int)image->shape[3];
    size_t pixels = (size_t)(height * width);
    struct normalization n = normalization_measure(image->data, images, height, width);
    float *got = allocate_floats(4 * pixels * (size_t)images);
    CHECK_FLOATS(n.mean, floats_of("input", "mean"), 3, element);
    CHECK_FLOATS(n.deviation, floats_of("input", "std"), 3, element);
    for (int i = 0; i < images; i++)
        input_normalize(&n, (const uint8_t *)image->data + (size_t)i * 3 * pixels, height, width,
                        got + (size_t)i * 4 * pixels);
    check_maps(got, "input", "normalized", product);
    n = normalization_measure(NULL, 0, height, width);
    for (int c = 0; c < 3; c++)
        CHECK(n.mean[c] >= 0 && n.mean[c] <= 0 && n.deviation[c] >= 1 && n.deviation[c] <= 1);
    free(got);
}

static void nesterov(void)
{
    enum { COUNT = 40 };
    struct sgd sgd = { 0.9, 0.05, 1, false };
    float w[COUNT], v[COUNT] = { 0 };
    memcpy(w, floats_of("sgd", "before"), sizeof w);
    for (int step = 0; step < 4; step++)
        sgd_step(&sgd, (double)floats_of("sgd", "rate")[step], true, COUNT, w,
                 floats_of("sgd", "gradient") + step * COUNT, v);
    CHECK_FLOATS_RELATIVE(w, floats_of("sgd", "after"), COUNT, product);
    CHECK_FLOATS_RELATIVE(v, floats_of("sgd", "velocity"), COUNT, product);
}

int main(void)
{
    threads_start(2);
    fixture = fixture_load("layers.safetensors");
    RUN(convolutions);
    RUN(batch_norm);
    RUN(batch_norm_of_constants);
    RUN(pooling);
    RUN(maximum_pooling);
    RUN(pooling_on_a_grid);
    RUN(linear);
    RUN(loss);
    RUN(residual);
    RUN(exp_of_negative_values);
    RUN(celu);
    RUN(celu_of_maps);
    RUN(residual_of_any_size);
    RUN(input);
    RUN(nesterov);
    frame_free(&fixture);
    return check_verdict();
}
