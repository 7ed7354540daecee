/* stream-set: a stream with other metadata, for tests.
 *
 *     stream-set KEY=VALUE... KEY-... --bare <in >out
 *
 * sets and removes keys in every frame; --bare first removes all of them. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/output.h"
#include "streams/stream.h"

static void change(struct frame *frame, const char *word)
{
    char key[64];
    size_t length = strcspn(word, "=");
    const char *value = word[length] ? word + length + 1 : NULL;
    if (!value && word[length - 1] == '-')
        length--;
    else if (!value)
        die("%s: neither KEY=VALUE nor KEY-", word);
    snprintf(key, sizeof key, "%.*s", (int)length, word);
    frame_set_metadata(frame, key, value);
}

int main(int argc, char **argv)
{
    struct stream stream = stream_open(NULL);
    struct frame frame;
    program_name = "stream-set";
    while (stream_read(&stream, &frame)) {
        struct frame about = { .tensor = frame.tensor, .count = frame.count }; /* the same tensors, no metadata */
        bool bare = argc > 1 && strcmp(argv[1], "--bare") == 0;
        if (!bare)
            frame_copy_metadata(&about, &frame);
        for (int i = bare ? 2 : 1; i < argc; i++)
            change(&about, argv[i]);
        stream_write(stdout, NULL, &about);
        about.count = 0;
        about.tensor = NULL;
        frame_free(&about);
        frame_free(&frame);
    }
    close_stdout();
    return 0;
}
