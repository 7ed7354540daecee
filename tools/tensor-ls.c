/* tensor-ls: list the frames and tensors of a stream as text. */
#include <stdio.h>

#include "base/options.h"
#include "base/output.h"
#include "data/stream.h"

int main(int argc, char **argv)
{
    static const struct option_row rows[] = { { OPTION_END, 0, NULL, NULL, NULL, NULL, 0, 0, NULL } };
    static const struct usage usage = { "[FILE...]", "List the tensors of each frame.", false, false, 0, -1 };
    int operand = options_parse(argc, argv, &usage, rows);
    struct stream stream = stream_open(operand < argc ? argv[operand] : NULL);
    struct frame frame;
    while (stream_read(&stream, &frame)) {
        for (int i = 0; i < frame.count; i++)
            printf("%s\t%s\t%zu\n", frame.tensor[i]->name, dtype_name(frame.tensor[i]->dtype), tensor_bytes(frame.tensor[i]));
        frame_free(&frame);
    }
    close_stdout();
    return 0;
}
