#include "streams/filter.h"

#include "base/progress.h"

int64_t filter_frames(const struct filter *filter)
{
    struct stream stream = stream_open(filter->path);
    struct frame frame;
    struct progress progress = progress_start(filter->unit, 0);
    int64_t rows = 0;
    while (stream_read(&stream, &frame)) {
        filter->frame(&frame, filter->context);
        if (filter->unit)
            rows += frame_rows(&frame);
        if (filter->writes)
            stream_write(stdout, NULL, &frame);
        frame_free(&frame);
        if (filter->unit)
            progress_update(&progress, rows, NULL);
    }
    if (filter->unit)
        progress_end(&progress);
    stream_close(&stream);
    return stream.frames;
}
