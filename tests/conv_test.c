/* The convolution engine against the naive convolution in double precision, over many shapes; and that its results are
 * the same bits for any number of threads, whatever its scratch holds. */
#include "layers/conv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"
#include "check.h"
#include "layers/workspace.h"
#include "oracle_conv.h"

/* The bound on |engine - oracle| / |oracle| of each result. A direct sum in single precision has about 3e-7; the
 * transforms of Winograd's F(4x4,3x3) cost it a digit. */
static const double bound = 5e-6;

/* Floats behind each result that must stay as they were. */
enum { GUARD = 64, THREADS_MAX = 3 };
static const float guard_value = -12345.5f;

/* One layer and what is asked of it. */
struct plan {
    struct conv conv;
    int images;
    int inputs, outputs;        /* channels that are not padding */
    bool scaled;                /* activation(scale x + shift) at the input */
    bool bias, residual, activate; /* at the output */
    enum activation activation;
    bool coefficients;          /* dy = a g + b y + c */
    bool epilogue;              /* the rest is part of it */
    int skip_stride;            /* 0: no skip */
    bool in_place;              /* dx over the skip */
    int gate;                   /* 0: none, 1: as it is, 2: scaled */
    int with;                   /* how many */
    bool no_dx;
};

static void print_plan(const struct plan *p)
{
    const struct conv *c = &p->conv;
    fprintf(stderr, "  in: %d images of %td x %td, %d (%td) -> %d (%td) channels, kernel %td, stride %td", p->images,
            c->height, c->width, p->inputs, c->inputs, p->outputs, c->outputs, c->kernel, c->stride);
    fprintf(stderr, "%s%s%s%s%s", p->scaled ? ", scaled" : "", p->bias ? ", bias" : "",
            p->residual ? ", residual" : "", p->activate ? ", activate" : "", p->coefficients ? ", coefficients" : "");
    if (p->epilogue)
        fprintf(stderr, ", epilogue: skip stride %d%s, gate %d, with %d", p->skip_stride,
                p->in_place ? " in place" : "", p->gate, p->with);
    fprintf(stderr, ", %s", activation_names[p->activation]);
    fprintf(stderr, "%s\n", p->no_dx ? ", no dx" : "");
}

/* ---- operands ---- */

enum fill { NORMAL, EXACT };

/* [count / stored][stored] with values in the first `real` channels and zeros in the rest. EXACT values have few bits,
 * so that a gate is open or shut in any precision. */
static float *random_floats(struct random *r, enum fill fill, size_t count, int real, int stored)
{
    float *x = allocate_floats(count);
    for (size_t i = 0; i < count; i++) {
        float value = fill == NORMAL ? random_normal(r) : ((float)random_below(r, 65) - 32) / 16;
        x[i] = (int)(i % (size_t)stored) < real ? value : 0;
    }
    return x;
}

/* A vector per channel; its padding is zero as well. */
static float *random_channels(struct random *r, enum fill fill, int real, int stored)
{
    return random_floats(r, fill, (size_t)stored, real, stored);
}

static float *random_weights(struct random *r, const struct plan *p)
{
    const struct conv *conv = &p->conv;
    float *w = random_floats(r, NORMAL, conv_weight_floats(conv), p->outputs, conv->outputs);
    for (ptrdiff_t i = 0; i < conv_weight_floats(conv); i++)
        if (i / conv->outputs % conv->inputs >= p->inputs)
            w[i] = 0;
    return w;
}

struct operands {
    float *x, *scale, *shift, *weight, *bias, *residual;
    float *g, *y, *a, *b, *c;
    float *skip, *gate, *gate_scale, *gate_shift, *with[2];
    size_t skip_floats;
};

static struct operands random_operands(struct random *r, const struct plan *p)
{
    const struct conv *v = &p->conv;
    size_t in = (size_t)p->images * conv_input_floats(v), out = (size_t)p->images * conv_output_floats(v);
    struct operands o = { 0 };
    int s = p->skip_stride ? p->skip_stride : 1;
    o.skip_floats = (size_t)p->images * (size_t)((v->height + s - 1) / s) * (size_t)((v->width + s - 1) / s) *
                    (size_t)v->inputs;
    o.x = random_floats(r, NORMAL, in, p->inputs, v->inputs);
    o.scale = random_channels(r, NORMAL, p->inputs, v->inputs);
    o.shift = random_channels(r, NORMAL, p->inputs, v->inputs);
    o.weight = random_weights(r, p);
    o.bias = random_channels(r, NORMAL, p->outputs, v->outputs);
    o.residual = random_floats(r, NORMAL, out, p->outputs, v->outputs);
    o.g = random_floats(r, NORMAL, out, p->outputs, v->outputs);
    o.y = random_floats(r, NORMAL, out, p->outputs, v->outputs);
    o.a = random_channels(r, NORMAL, p->outputs, v->outputs);
    o.b = random_channels(r, NORMAL, p->outputs, v->outputs);
    o.c = random_channels(r, NORMAL, p->outputs, v->outputs);
    o.skip = random_floats(r, NORMAL, o.skip_floats, p->inputs, v->inputs);
    o.gate = random_floats(r, EXACT, in, p->inputs, v->inputs);
    o.gate_scale = random_channels(r, EXACT, p->inputs, v->inputs);
    o.gate_shift = random_channels(r, EXACT, p->inputs, v->inputs);
    for (int w = 0; w < 2; w++)
        o.with[w] = random_floats(r, NORMAL, in, p->inputs, v->inputs);
    return o;
}

static void free_operands(struct operands *o)
{
    float *all[] = { o->x, o->scale, o->shift, o->weight, o->bias, o->residual, o->g, o->y, o->a, o->b, o->c, o->skip,
                     o->gate, o->gate_scale, o->gate_shift, o->with[0], o->with[1] };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static struct conv_input input_of(const struct plan *p, const struct operands *o)
{
    return (struct conv_input){ o->x, p->scaled ? o->scale : NULL, p->scaled ? o->shift : NULL, p->activation };
}

static struct conv_output output_of(const struct plan *p, const struct operands *o)
{
    return (struct conv_output){ .bias = p->bias ? o->bias : NULL, .residual = p->residual ? o->residual : NULL,
                                 .activate = p->activate, .activation = p->activation };
}

static struct conv_gradient gradient_of(const struct plan *p, const struct operands *o)
{
    if (!p->coefficients)
        return (struct conv_gradient){ .g = o->g };
    return (struct conv_gradient){ o->g, o->y, o->a, o->b, o->c };
}

static struct conv_epilogue epilogue_of(const struct plan *p, const struct operands *o)
{
    return (struct conv_epilogue){
        .activation = p->activation, .skip = p->skip_stride ? o->skip : NULL,
        .skip_stride = p->skip_stride ? p->skip_stride : 1,
        .gate = p->gate ? o->gate : NULL,
        .gate_scale = p->gate == 2 ? o->gate_scale : NULL, .gate_shift = p->gate == 2 ? o->gate_shift : NULL,
        .with = { p->with > 0 ? o->with[0] : NULL, p->with > 1 ? o->with[1] : NULL },
    };
}

/* ---- results ---- */

/* What one run of the engine wrote, each with a guard behind it. */
struct results {
    float *y, *dweight, *dx;
    double *sums, *input_sums;
};

struct sizes {
    size_t y, dweight, dx, sums, input_sums;
};

static struct sizes sizes_of(const struct plan *p)
{
    const struct conv *v = &p->conv;
    ptrdiff_t pixels_out = conv_output_floats(v) / v->outputs;
    return (struct sizes){
        .y = (size_t)(p->images * conv_output_floats(v)),
        .dweight = (size_t)conv_weight_floats(v),
        .dx = (size_t)(p->images * (v->kernel == 1 ? pixels_out * v->inputs : conv_input_floats(v))),
        .sums = 2 * (size_t)v->outputs,
        .input_sums = 3 * (size_t)v->inputs,
    };
}

/* Results must be set and not added to: they start as NaN. */
static float *guarded(size_t count)
{
    float *block = allocate_floats(count + GUARD);
    for (size_t i = 0; i < count; i++)
        block[i] = NAN;
    for (size_t i = count; i < count + GUARD; i++)
        block[i] = guard_value;
    return block;
}

static bool guard_holds(const float *block, size_t count)
{
    for (size_t i = count; i < count + GUARD; i++)
        if (block[i] < guard_value || block[i] > guard_value)
            return false;
    return true;
}

static struct results run_engine(const struct plan *p, const struct operands *o, int threads)
{
    struct sizes sizes = sizes_of(p);
    threads_start(threads);
    size_t scratch = conv_workspace(&p->conv, p->images);
    float *workspace = guarded(scratch);
    struct results r = { guarded(sizes.y), guarded(sizes.dweight), guarded(sizes.dx),
                         allocate(sizes.sums, sizeof(double)), allocate(sizes.input_sums, sizeof(double)) };
    struct conv_output output = output_of(p, o);
    struct conv_epilogue epilogue = epilogue_of(p, o);
    output.y = r.y;
    output.sums = r.sums;
    epilogue.sums = r.input_sums;
    if (p->in_place) {
        memcpy(r.dx, o->skip, sizes.dx * sizeof *r.dx);
        epilogue.skip = r.dx;
    }
    size_t room = conv_prepared_floats(&p->conv);
    float *prepared = guarded(room);
    const struct conv_forward_pass forward = {
        .images = p->images,
        .input = input_of(p, o),
        .weight = conv_prepare(&p->conv, o->weight, prepared),
        .output = output,
        .workspace = workspace,
    };
    struct conv_backward_pass backward = {
        .images = p->images,
        .input = input_of(p, o),
        .gradient = gradient_of(p, o),
        .weight = o->weight,
        .dweight = r.dweight,
        .dx = p->no_dx ? NULL : r.dx,
        .workspace = workspace,
    };
    if (p->epilogue)
        backward.epilogue = epilogue;
    conv_forward(&p->conv, &forward);
    conv_backward(&p->conv, &backward);
    CHECK(guard_holds(workspace, scratch) && guard_holds(prepared, room));
    CHECK(guard_holds(r.y, sizes.y) && guard_holds(r.dweight, sizes.dweight) && guard_holds(r.dx, sizes.dx));
    free(prepared);
    free(workspace);
    return r;
}

static void free_results(struct results *r)
{
    free(r->y);
    free(r->dweight);
    free(r->dx);
    free(r->sums);
    free(r->input_sums);
}

static bool same_results(const struct plan *p, const struct results *a, const struct results *b)
{
    struct sizes sizes = sizes_of(p);
    bool same = CHECK_BYTES(a->y, b->y, sizes.y * sizeof(float));
    same &= CHECK_BYTES(a->sums, b->sums, sizes.sums * sizeof(double));
    same &= CHECK_BYTES(a->dweight, b->dweight, sizes.dweight * sizeof(float));
    same &= CHECK_BYTES(a->dx, b->dx, sizes.dx * sizeof(float));
    same &= CHECK_BYTES(a->input_sums, b->input_sums, sizes.input_sums * sizeof(double));
    return same;
}

/* ---- comparison ---- */

/* The worst relative errors seen: y, dweight, dx, sums. */
static double worst[4];

static bool within(int which, double error)
{
    if (!(error <= worst[which]))
        worst[which] = error;
    return CHECK_NEAR(error, 0, bound);
}

/* The error of sums [parts][channels], the worst of the parts. It is measured by the sums of the absolute values of the
 * terms, since terms may cancel. */
static double sums_error(const double *got, const double *want, const double *size, int parts, int channels)
{
    double worst_part = 0;
    for (int part = 0; part < parts; part++) {
        double difference = 0, norm = 0;
        for (int c = part * channels; c < (part + 1) * channels; c++) {
            difference += (got[c] - want[c]) * (got[c] - want[c]);
            norm += size[c] * size[c];
        }
        double error = norm > 0 ? sqrt(difference / norm) : sqrt(difference);
        if (!(error <= worst_part))
            worst_part = error;
    }
    return worst_part;
}

static bool channels_are_zero(const float *x, size_t count, int real, int stored)
{
    for (size_t i = 0; i < count; i++)
        if ((int)(i % (size_t)stored) >= real && (x[i] < 0 || x[i] > 0 || isnan(x[i])))
            return false;
    return true;
}

static bool forward_agrees(const struct plan *p, const struct operands *o, const struct results *r)
{
    size_t count = sizes_of(p).y;
    int channels = p->conv.outputs;
    double *y = allocate(count, sizeof *y), *sums = allocate(4 * (size_t)channels, sizeof *sums);
    double *size = sums + 2 * channels;
    oracle_conv_forward(&p->conv, p->images, input_of(p, o), o->weight, output_of(p, o), y, sums);
    for (size_t i = 0; i < count; i++) {
        size[i % (size_t)channels] += fabs(y[i]);
        size[(size_t)channels + i % (size_t)channels] += y[i] * y[i];
    }
    bool agrees = within(0, relative_error(r->y, y, count));
    agrees &= within(3, sums_error(r->sums, sums, size, 2, channels));
    agrees &= CHECK(channels_are_zero(r->y, count, p->outputs, channels));
    free(y);
    free(sums);
    return agrees;
}

static void sizes_of_sums(const struct plan *p, const struct operands *o, const double *dx, size_t count, double *size)
{
    size_t channels = (size_t)p->conv.inputs;
    for (size_t i = 0; i < count; i++) {
        size[i % channels] += fabs(dx[i]);
        for (size_t w = 0; w < 2; w++)
            size[(w + 1) * channels + i % channels] += fabs(dx[i] * (double)o->with[w][i]);
    }
}

/* How many of the three sums were asked for: a tensor that is not given has none. */
static int sums_asked(const struct plan *p)
{
    return p->epilogue && !p->no_dx && p->conv.kernel != 1 ? 1 + p->with : 0;
}

static bool backward_agrees(const struct plan *p, const struct operands *o, const struct results *r)
{
    struct sizes sizes = sizes_of(p);
    struct conv_epilogue epilogue = epilogue_of(p, o);
    double *dweight = allocate(sizes.dweight, sizeof *dweight), *dx = allocate(sizes.dx, sizeof *dx);
    double *sums = allocate(2 * sizes.input_sums, sizeof *sums), *size = sums + sizes.input_sums;
    oracle_conv_backward(&p->conv, p->images, input_of(p, o), gradient_of(p, o), o->weight,
                         p->epilogue ? &epilogue : NULL, dweight, dx, sums);
    bool agrees = within(1, relative_error(r->dweight, dweight, sizes.dweight));
    agrees &= CHECK(channels_are_zero(r->dweight, sizes.dweight, p->outputs, p->conv.outputs));
    if (!p->no_dx) {
        agrees &= within(2, relative_error(r->dx, dx, sizes.dx));
        agrees &= CHECK(channels_are_zero(r->dx, sizes.dx, p->inputs, p->conv.inputs));
    }
    if (sums_asked(p)) {
        sizes_of_sums(p, o, dx, sizes.dx, size);
        agrees &= within(3, sums_error(r->input_sums, sums, size, sums_asked(p), p->conv.inputs));
    }
    free(dweight);
    free(dx);
    free(sums);
    return agrees;
}

static void check_plan(const struct plan *p, struct random *random)
{
    struct operands o = random_operands(random, p);
    struct results first = run_engine(p, &o, 1);
    bool good = forward_agrees(p, &o, &first);
    good &= backward_agrees(p, &o, &first);
    for (int threads = 2; threads <= THREADS_MAX; threads++) {
        struct results other = run_engine(p, &o, threads);
        good &= same_results(p, &other, &first);
        free_results(&other);
    }
    if (!good)
        print_plan(p);
    free_results(&first);
    free_operands(&o);
}

/* ---- the shapes ---- */

static bool coin(struct random *r)
{
    return random_below(r, 2) == 1;
}

static void random_extras(struct random *r, struct plan *p)
{
    p->scaled = coin(r);
    p->bias = coin(r);
    p->residual = coin(r);
    p->activate = coin(r);
    p->activation = coin(r) ? ACTIVATION_CELU : ACTIVATION_RELU;
    p->coefficients = coin(r);
    p->no_dx = random_below(r, 8) == 0;
    p->epilogue = p->conv.kernel == 3 && random_below(r, 4) > 0;
    if (!p->epilogue)
        return;
    p->skip_stride = (int)random_below(r, 3);
    p->in_place = p->skip_stride == 1 && coin(r);
    p->gate = (int)random_below(r, 3);
    p->with = (int)random_below(r, 3);
}

/* Batches of 1 to 5, now and then 37; sides of 1 to 20; channels up to 80, every fourth time up to 8, mostly not
 * multiples of 16. */
static struct plan random_plan(struct random *r, int kernel)
{
    struct plan p = { .images = random_below(r, 6) ? 1 + (int)random_below(r, 5) : 37 };
    int side = p.images == 37 ? 9 : 20, channels = p.images == 37 ? 40 : 80;
    p.inputs = 1 + (int)random_below(r, random_below(r, 4) ? (uint32_t)channels : 8);
    p.outputs = 1 + (int)random_below(r, random_below(r, 4) ? (uint32_t)channels : 8);
    p.conv = (struct conv){ channels_padded(p.inputs), channels_padded(p.outputs), kernel,
                            1 + (int)random_below(r, 2), 1 + (int)random_below(r, (uint32_t)side),
                            1 + (int)random_below(r, (uint32_t)side) };
    random_extras(r, &p);
    return p;
}

static void check_random(int kernel, int count, uint64_t seed)
{
    for (int i = 0; i < count; i++) {
        struct random r = random_of(seed, (uint64_t)i);
        struct plan p = random_plan(&r, kernel);
        check_plan(&p, &r);
    }
}

static void kernel_3_agrees_with_the_oracle(void)
{
    check_random(3, 80, 1);
}

static void kernel_1_agrees_with_the_oracle(void)
{
    check_random(1, 30, 2);
}

/* Small images of three channels, stored as four: the first layer. */
static void the_stem_agrees_with_the_oracle(void)
{
    for (int i = 0; i < 20; i++) {
        struct random r = random_of(3, (uint64_t)i);
        struct plan p = random_plan(&r, 3);
        p.inputs = 3;
        p.conv.inputs = channels_padded(3);
        p.conv.stride = 1;
        p.no_dx = i % 4 != 0;
        check_plan(&p, &r);
    }
}

/* The layers of the networks that are trained here, at few images. */
static void the_layers_of_resnets_agree_with_the_oracle(void)
{
    static const struct conv layers[] = {
        { 4, 32, 3, 1, 32, 32 },  { 32, 32, 3, 1, 32, 32 },  { 32, 64, 3, 2, 32, 32 },  { 32, 64, 1, 2, 32, 32 },
        { 64, 64, 3, 1, 16, 16 }, { 64, 128, 3, 2, 16, 16 }, { 128, 128, 3, 1, 8, 8 },  { 128, 256, 3, 2, 8, 8 },
        { 128, 256, 1, 2, 8, 8 }, { 256, 256, 3, 1, 4, 4 },  { 256, 512, 3, 2, 4, 4 },  { 512, 512, 3, 1, 2, 2 },
        { 16, 16, 3, 1, 32, 32 }, { 16, 32, 3, 2, 28, 28 },  { 64, 64, 3, 1, 24, 20 },
    };
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        struct random r = random_of(4, i);
        struct plan p = { .conv = layers[i], .images = 2, .outputs = layers[i].outputs,
                          .inputs = layers[i].inputs == 4 ? 3 : layers[i].inputs };
        random_extras(&r, &p);
        check_plan(&p, &r);
    }
}

/* Sides of 1 to 8 in all pairs: every way in which tiles can stick out of an image. */
static void small_images_agree_with_the_oracle(void)
{
    for (int height = 1; height <= 8; height++)
        for (int width = 1; width <= 8; width++)
            for (int stride = 1; stride <= 2; stride++) {
                struct random r = random_of(5, (uint64_t)(height * 100 + width * 10 + stride));
                struct plan p = { .conv = { 16, 16, 3, stride, height, width }, .images = 3, .inputs = 16,
                                  .outputs = 16 };
                random_extras(&r, &p);
                check_plan(&p, &r);
            }
}

/* Rows of more tiles than a block else holds. */
static void wide_images_agree_with_the_oracle(void)
{
    static const struct conv layers[] = {
        { 16, 16, 3, 1, 3, 300 },  { 16, 16, 3, 2, 3, 300 },  { 16, 16, 3, 1, 9, 257 },   { 48, 32, 3, 1, 5, 300 },
        { 16, 48, 3, 2, 6, 1000 }, { 4, 16, 3, 1, 3, 1030 },  { 256, 256, 3, 1, 1, 516 }, { 16, 16, 3, 1, 300, 3 },
    };
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        struct random r = random_of(8, i);
        struct plan p = { .conv = layers[i], .images = layers[i].inputs == 256 ? 1 : 2, .outputs = layers[i].outputs,
                          .inputs = layers[i].inputs == 4 ? 3 : layers[i].inputs };
        random_extras(&r, &p);
        check_plan(&p, &r);
    }
}

static void sizes_are_those_of_the_formula(void)
{
    struct conv conv = { 16, 32, 3, 2, 5, 7 };
    CHECK_INTEGER(channels_padded(1), 4);
    CHECK_INTEGER(channels_padded(4), 4);
    CHECK_INTEGER(channels_padded(5), 16);
    CHECK_INTEGER(channels_padded(16), 16);
    CHECK_INTEGER(channels_padded(17), 32);
    CHECK_INTEGER(conv_out_height(&conv), 3);
    CHECK_INTEGER(conv_out_width(&conv), 4);
    CHECK_INTEGER((int64_t)conv_input_floats(&conv), 5 * 7 * 16);
    CHECK_INTEGER((int64_t)conv_output_floats(&conv), 3 * 4 * 32);
    CHECK_INTEGER((int64_t)conv_weight_floats(&conv), 9 * 16 * 32);
}

/* A value that is not finite is seen in what depends on it. */
static void nan_is_not_folded_away(void)
{
    struct random r = random_of(6, 0);
    struct plan p = { .conv = { 16, 16, 3, 1, 8, 8 }, .images = 1, .inputs = 16, .outputs = 16, .scaled = true,
                      .activate = true, .epilogue = true, .gate = 1, .coefficients = true };
    struct operands o = random_operands(&r, &p);
    o.x[(3 * 8 + 3) * 16] = NAN;
    o.gate[(3 * 8 + 3) * 16] = 1;
    o.g[(3 * 8 + 3) * 16] = NAN;
    struct results got = run_engine(&p, &o, 1);
    CHECK(isnan(got.y[(3 * 8 + 3) * 16]));
    CHECK(isnan(got.sums[0]));
    CHECK(isnan(got.dweight[0]));
    CHECK(isnan(got.dx[(3 * 8 + 3) * 16]));
    free_results(&got);
    free_operands(&o);
}

/* y of `images` images in one call. Caller frees. */
static float *forward_alone(const struct conv *conv, int images, const float *x, const float *weight)
{
    float *y = allocate_floats((size_t)(conv_output_floats(conv) * images));
    float *workspace = allocate_floats(conv_workspace(conv, images));
    float *room = allocate_floats(conv_prepared_floats(conv));
    const struct conv_forward_pass pass = { .images = images, .input = { .x = x },
                                            .weight = conv_prepare(conv, weight, room), .output = { .y = y },
                                            .workspace = workspace };
    conv_forward(conv, &pass);
    free(room);
    free(workspace);
    return y;
}

/* So many images that the output is stored past the caches: each is what it is alone. */
static void large_outputs_are_those_of_single_images(void)
{
    enum { IMAGES = 72 };
    for (int stride = 1; stride <= 2; stride++) {
        struct random r = random_of(7, (uint64_t)stride);
        struct conv conv = { 16, stride == 1 ? 16 : 64, 3, stride, 31, 32 };
        size_t in = conv_input_floats(&conv), out = conv_output_floats(&conv);
        float *x = random_floats(&r, NORMAL, in * IMAGES, 16, 16);
        float *weight = random_floats(&r, NORMAL, conv_weight_floats(&conv), conv.outputs, conv.outputs);
        float *all = forward_alone(&conv, IMAGES, x, weight);
        CHECK(out * IMAGES >= STREAM_FLOATS);
        for (size_t i = 0; i < IMAGES; i += 13) {
            float *one = forward_alone(&conv, 1, x + i * in, weight);
            CHECK_BYTES(all + i * out, one, out * sizeof *one);
            free(one);
        }
        free(x);
        free(weight);
        free(all);
    }
}

int main(void)
{
    RUN(sizes_are_those_of_the_formula);
    RUN(kernel_3_agrees_with_the_oracle);
    RUN(kernel_1_agrees_with_the_oracle);
    RUN(the_stem_agrees_with_the_oracle);
    RUN(the_layers_of_resnets_agree_with_the_oracle);
    RUN(small_images_agree_with_the_oracle);
    RUN(wide_images_agree_with_the_oracle);
    RUN(large_outputs_are_those_of_single_images);
    RUN(nan_is_not_folded_away);
    printf("# worst relative errors: y %.2g, dweight %.2g, dx %.2g, sums %.2g\n", worst[0], worst[1], worst[2],
           worst[3]);
    return check_verdict();
}
