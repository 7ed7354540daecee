/* stream-cut: the same rows in frames of other sizes, for tests.
 *
 *     stream-cut 3       frames of 3 rows (the last may have fewer)
 *     stream-cut 2,0,1   frames of 2, 0 and 1 rows, over and over
 *     stream-cut 0       all rows in one frame
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/output.h"
#include "streams/stream.h"

enum { SIZES_MAX = 64 };

int main(int argc, char **argv)
{
    struct stream stream = stream_open(NULL);
    struct frame all;
    int64_t sizes[SIZES_MAX], sum = 0, at = 0;
    int count = 0;
    program_name = "stream-cut";
    for (char *text = argc == 2 ? argv[1] : NULL; text && *text && count < SIZES_MAX; text += *text == ',')
        sum += sizes[count++] = strtoll(text, &text, 10);
    if (!count)
        die("usage: stream-cut ROWS[,ROWS...]");
    stream_read_all(&stream, &all);
    int64_t rows = frame_rows(&all);
    int64_t *list = allocate((size_t)rows, sizeof *list);
    for (int64_t i = 0; i < rows; i++)
        list[i] = i;
    for (int i = 0; (at < rows || (i == 0 && stream.frames)); i++) {
        int64_t size = sum ? sizes[i % count] : rows;
        if (size > rows - at)
            size = rows - at;
        struct frame part = frame_select(&all, list + at, size);
        stream_write(stdout, NULL, &part);
        frame_free(&part);
        at += size;
    }
    free(list);
    frame_free(&all);
    close_stdout();
    return 0;
}
