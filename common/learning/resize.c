#include "learning/resize.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct shrink shrink_new(int length, int to)
{
    struct shrink shrink = { .length = length, .to = to, .covered_max = (length + to - 1) / to + 1 };
    shrink.first = allocate((size_t)to, sizeof *shrink.first);
    shrink.weight = allocate_floats((size_t)to * (size_t)shrink.covered_max);
    for (int i = 0; i < to; i++) {
        /* in units of 1 / to of a pixel of the long line, all borders are whole numbers */
        int begin = i * length, end = begin + length;
        shrink.first[i] = begin / to;
        for (int p = begin / to; p * to < end; p++) {
            int low = p * to > begin ? p * to : begin, high = (p + 1) * to < end ? (p + 1) * to : end;
            shrink.weight[i * shrink.covered_max + p - shrink.first[i]] = (float)(high - low) / (float)length;
        }
    }
    return shrink;
}

void shrink_free(struct shrink *shrink)
{
    free(shrink->first);
    free(shrink->weight);
}

/* Lines of `floats` floats, each a weighted sum of some lines of `from`. */
static void sum_lines(const struct shrink *shrink, int floats, const float *from, float *to)
{
    memset(to, 0, (size_t)shrink->to * (size_t)floats * sizeof *to);
    for (int i = 0; i < shrink->to; i++, to += floats)
        for (int p = 0; p < shrink->covered_max && shrink->first[i] + p < shrink->length; p++) {
            const float *line = from + (shrink->first[i] + p) * floats;
            float weight = shrink->weight[i * shrink->covered_max + p];
            for (int j = 0; j < floats; j++)
                to[j] += weight * line[j];
        }
}

void shrink_image(const struct shrink *rows, const struct shrink *columns, const float *from, float *lines, float *to)
{
    sum_lines(rows, 4 * columns->length, from, lines);
    for (int i = 0; i < rows->to; i++)
        sum_lines(columns, 4, lines + i * 4 * columns->length, to + i * 4 * columns->to);
}
