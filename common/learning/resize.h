/* Progressive resizing: the first epochs use smaller images, which cost less and teach almost as much (Howard 2018, in
 * fast.ai's entry for DAWNBench). */
#ifndef TALE_LEARNING_RESIZE_H
#define TALE_LEARNING_RESIZE_H

/* The weights that shrink a line of pixels: pixel i of the short line covers [i, i + 1) length / to of the long line,
 * and its value is the mean over that part. */
struct shrink {
    int length, to;   /* to <= length */
    int covered_max; /* largest number of pixels that one pixel covers, fully or in part */
    int *first;      /* [to]: the first pixel covered */
    float *weight;   /* [to][covered_max]: of the first pixel and those after it; each row sums to 1 */
};

struct shrink shrink_new(int length, int to);
void shrink_free(struct shrink *shrink);

/* to [rows.to, columns.to, 4] = the mean of `from` [rows.length, columns.length, 4] over the part that each pixel
 * covers. `lines`: scratch of [rows.to, columns.length, 4]. */
void shrink_image(const struct shrink *rows, const struct shrink *columns, const float *from, float *lines, float *to);

#endif
