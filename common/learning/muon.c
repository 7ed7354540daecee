#include "learning/muon.h"

#include <math.h>

#include "base/memory.h"
#include "base/threads.h"
#include "learning/newton_schulz.h"

/* The number of parts that a matrix is divided into, for any number of threads. */
enum { PARTS = 32 };

static size_t count_of(const struct muon_matrix *m)
{
    return (size_t)m->rows * (size_t)m->columns;
}

/* Rounds up so that each block starts on its own cache line. */
static size_t rounded(size_t floats)
{
    return (floats + 15) / 16 * 16;
}

size_t muon_step_floats(int count, const struct muon_matrix *matrix)
{
    size_t floats = 0;
    for (int i = 0; i < count; i++)
        floats = checked_add(floats, rounded(count_of(&matrix[i])) +
                                         newton_schulz_floats(matrix[i].rows, matrix[i].columns));
    return floats;
}

/* v = mu v + g;   x = g + mu v;   also returns |w|, computed in double and in parts with fixed borders. */
static double move_momentum(const struct muon_matrix *m, float mu, float *restrict x)
{
    const float *restrict w = m->w, *restrict g = m->g;
    float *restrict v = m->v;
    double part[PARTS], sum = 0;
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (int p = 0; p < PARTS; p++) {
        size_t begin = count_of(m) * (size_t)p / PARTS, end = count_of(m) * (size_t)(p + 1) / PARTS;
        double squares = 0;
#pragma omp simd reduction(+ : squares)
        for (size_t i = begin; i < end; i++) {
            v[i] = mu * v[i] + g[i]; /* NOLINT(clang-analyzer-core.NullDereference): NULL only to ask for sizes */
            x[i] = g[i] + mu * v[i];
            squares += (double)w[i] * (double)w[i];
        }
        part[p] = squares;
    }
    for (int p = 0; p < PARTS; p++)
        sum += part[p];
    return sqrt(sum);
}

void muon_step(const struct muon *muon, double rate, int count, const struct muon_matrix *matrix, float *scratch)
{
    struct newton_schulz step[MUON_MATRICES_MAX];
    for (int i = 0; i < count; i++) {
        const struct muon_matrix *m = &matrix[i];
        float *x = scratch;
        double norm = move_momentum(m, (float)muon->momentum, x);
        step[i] = (struct newton_schulz){ .rows = m->rows, .columns = m->columns, .x = x, .y = m->w,
                                          .keep = (float)(sqrt(m->outputs) / (norm + 1e-7)), .add = (float)-rate,
                                          .scratch = x + rounded(count_of(m)) };
        scratch = step[i].scratch + newton_schulz_floats(m->rows, m->columns);
    }
    newton_schulz(muon->steps, count, step);
}

bool muon_updates_tensor(const struct resnet *net, const struct resnet_tensor *tensor)
{
    return tensor->role == ROLE_CONVOLUTION && tensor->kernel == 3 && tensor != net->unit[0].weight;
}

/* Lists all matrices that Muon updates; velocity may be NULL if only sizes are needed. */
static int list_matrices(const struct resnet *net, float *velocity, struct muon_matrix matrix[MUON_MATRICES_MAX])
{
    int count = 0;
    for (int i = 0; i < net->parameter_tensors; i++) {
        const struct resnet_tensor *t = &net->tensor[i];
        if (!muon_updates_tensor(net, t) || t->frozen)
            continue;
        matrix[count++] = (struct muon_matrix){ t->kernel * t->kernel * t->padded_inputs, t->padded_outputs, t->outputs,
                                                net->weights + t->offset, net->gradients + t->offset,
                                                velocity ? velocity + t->offset : NULL };
    }
    return count;
}

size_t muon_floats(const struct resnet *net)
{
    struct muon_matrix matrix[MUON_MATRICES_MAX];
    return muon_step_floats(list_matrices(net, NULL, matrix), matrix);
}

void muon_update(const struct muon *muon, double rate, struct resnet *net, float *velocity, float *scratch)
{
    struct muon_matrix matrix[MUON_MATRICES_MAX];
    muon_step(muon, rate, list_matrices(net, velocity, matrix), matrix, scratch);
}
