/* Progressive resizing: the first epochs see smaller images, which cost less and teach much the same (Howard 2018, in
 * fast.ai's entry for DAWNBench). */
#ifndef TALE_LEARNING_RESIZE_H
#define TALE_LEARNING_RESIZE_H

/* How heavy the pixels of one line are for a shorter one: pixel i of the short line covers [i, i + 1) length / to of
 * the long one, and its value is the mean over that part. */
struct shrink {
    int length, to; /* to <= length */
    int most;       /* pixels that one covers at most, in part or whole */
    int *first;     /* [to]: the first pixel covered */
    float *weight;  /* [to][most]: of it and those after it; each row sums to 1 */
};

struct shrink shrink_new(int length, int to);
void shrink_free(struct shrink *shrink);

/* to [rows.to, columns.to, 4] = the mean of `from` [rows.length, columns.length, 4] over the part that each pixel
 * covers. `lines`: scratch of [rows.to, columns.length, 4]. */
void shrink_image(const struct shrink *rows, const struct shrink *columns, const float *from, float *lines, float *to);

#endif
