/* resnet-steps: optimizer steps on the rows of a stream in their order, without augmentation, for comparison with
 * PyTorch.
 *
 *     resnet-steps MODEL ROWS BATCH STEPS RATE GRADIENTS
 *
 * Each step takes the next BATCH rows, from the first again after the last; labels are the targets. It prints the mean
 * loss of each step; the gradients of the first go to the file GRADIENTS under the names of the weights. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/output.h"
#include "base/threads.h"
#include "learning/examples.h"
#include "learning/sgd.h"
#include "model/model.h"
#include "model/train_step.h"

static void load_batch(const struct model *model, const struct examples *rows, int64_t first, int batch,
                       int64_t *label)
{
    int height = rows->height, width = rows->width;
    size_t pixels = (size_t)height * (size_t)width;
    for (int i = 0; i < batch; i++) {
        size_t row = (size_t)((first + i) % rows->count);
        input_normalize(&model->normalization, rows->image + row * 3 * pixels, height, width,
                        model->net->input + (size_t)i * 4 * pixels);
        label[i] = rows->target[row];
    }
}

static void write_gradients(struct model *model, const char *path)
{
    struct output output = output_open(path);
    struct resnet *net = model->net;
    float *weights = allocate_floats(net->parameters);
    memcpy(weights, net->weights, net->parameters * sizeof *weights);
    memcpy(net->weights, net->gradients, net->parameters * sizeof *weights); /* the same layout: saved as a model is */
    model_save(model, output.file, path);
    memcpy(net->weights, weights, net->parameters * sizeof *weights);
    free(weights);
    output_close(&output);
}

int main(int argc, char **argv)
{
    program_name = "resnet-steps";
    if (argc != 7)
        die("usage: resnet-steps MODEL ROWS BATCH STEPS RATE GRADIENTS");
    int batch = atoi(argv[3]), steps = atoi(argv[4]);
    threads_start(0);
    struct model model = model_load(argv[1], batch);
    struct stream stream = stream_open(argv[2]);
    struct examples rows = examples_read(&stream, "label");
    struct sgd sgd = { 0.9, 5e-4, 1, false };
    float *velocity = allocate_floats(model.net->parameters);
    int64_t *label = allocate((size_t)batch, sizeof *label);
    for (int step = 0; step < steps; step++) {
        double loss = 0;
        int64_t right = 0;
        load_batch(&model, &rows, (int64_t)step * batch, batch, label);
        resnet_train_step(model.net, batch, label, 0, &loss, &right);
        printf("%.9g\n", loss / batch);
        if (step == 0)
            write_gradients(&model, argv[6]);
        sgd_update(&sgd, strtod(argv[5], NULL), model.net, velocity);
    }
    free(velocity);
    free(label);
    examples_free(&rows);
    stream_close(&stream);
    model_free(&model);
    close_stdout();
    return 0;
}
