/* Tensor streams: frames one after the other, each a complete safetensors blob (tensor-stream(5)).
 *
 *     u64 little-endian N | N bytes of JSON | data
 *
 * Every rule of the reference reader is enforced; an error names the file, the frame and the rule. In a row stream all
 * tensors of a frame share their first dimension, the rows of that frame. */
#ifndef TALE_STREAMS_STREAM_H
#define TALE_STREAMS_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/tensor.h"

struct json_t; /* jansson's */

/* One frame. Tensors stand in the order of their data; each is owned by the frame, and a pointer to one stays good
 * until it is replaced, removed or the frame is freed. */
struct frame {
    struct tensor **tensor;
    int count;
    struct json_t *metadata; /* object of strings, or NULL: none */
    const char *path;        /* of the stream that it, or what it was made of, was read from; for messages */
    int64_t number;          /* in that stream, from 1 */
};

struct stream {
    FILE *file;
    const char *path; /* for messages */
    int64_t frames;   /* read so far */
    char *map;        /* of stream_map: the whole file (files.h), or NULL */
    size_t map_size;
};

/* Open a file for reading; NULL or "-" is standard input. Dies on failure. */
struct stream stream_open(const char *path);
void stream_close(struct stream *stream);

/* Read the next frame into `frame` (which holds nothing yet; caller frees with frame_free). False at the end of file
 * on a frame boundary; anything else that is not a whole, sound frame dies with the rule it breaks. */
bool stream_read(struct stream *stream, struct frame *frame);

/* That there is no further frame: `what`, "a model", is one. Dies otherwise, and where what follows is no sound
 * frame. */
void stream_require_end(struct stream *stream, const char *what);

/* As stream_read, but where the stream is a regular file the data stay there: it is mapped, and a tensor points into it
 * (tensor.h: mapped), so that a file may be larger than the memory. Such tensors may be read while the stream is open
 * and no longer, and not be appended to. Another stream, such as a pipe, is read. */
bool stream_map(struct stream *stream, struct frame *frame);

/* Read all frames that are left as one: rows are put behind each other, metadata are the first frame's. A stream
 * without a frame gives an empty frame (count 0). */
void stream_read_all(struct stream *stream, struct frame *frame);

/* Write one frame, to the byte as the reference implementation does: tensors by type, the largest alignment first, then
 * by name; header padded to 8 bytes with blanks. Dies on failure, naming path (NULL: standard output). */
void stream_write(FILE *file, const char *path, const struct frame *frame);

/* The tensor of that name, or NULL. */
struct tensor *frame_find(const struct frame *frame, const char *name);

/* The tensor of that name with that type and rank, or die naming the frame's path and the rule. */
struct tensor *frame_require(const struct frame *frame, const char *name, enum dtype dtype, int rank);

/* Add a zeroed tensor; one of the same name goes, with its data. Returns it. */
struct tensor *frame_put(struct frame *frame, const char *name, enum dtype dtype, int rank, const int64_t *shape);

/* Take a tensor out; nothing happens where there is none of that name. */
void frame_remove(struct frame *frame, const char *name);

/* Take out all tensors for whose name `keep` is false, in one pass: a frame may have tens of thousands. */
typedef bool frame_keep(const char *name, const void *context);
void frame_filter(struct frame *frame, frame_keep *keep, const void *context);

/* The rows of a row stream's frame; dies where first dimensions differ, a tensor has none, or there are more than 65536
 * rows and not a byte of data. A frame without tensors has 0 rows. */
int64_t frame_rows(const struct frame *frame);

/* A new frame of the given rows (0-based, within frame_rows(), repeats allowed), in the given order; metadata are
 * copied. Caller frees. */
struct frame frame_select(const struct frame *frame, const int64_t *rows, int64_t count);

/* The names, types, shapes and metadata of a frame, without its data. Caller frees. */
struct frame frame_layout(const struct frame *frame);

/* Put the rows of `from` behind those of `to`; fields, types, row shapes and the names of classes must agree, else die.
 * Metadata of `to` stay, but for a `group` that `from` does not have too. An empty `to` becomes a copy. */
void frame_append(struct frame *to, const struct frame *from);

/* Die where the metadata of a later frame name classes otherwise than those of the first, whose rows come before. */
void frame_check_classes(const struct frame *first, const struct frame *later);

/* Metadata: value of a key or NULL; dies where it holds a NUL, which a C string cannot. Set replaces, or takes the key
 * out where value is NULL. Caller owns neither. */
const char *frame_metadata(const struct frame *frame, const char *key);
void frame_set_metadata(struct frame *frame, const char *key, const char *value);

/* Copy the metadata of `from` into `to`, key by key; and where it was read, if `to` was read nowhere. */
void frame_copy_metadata(struct frame *to, const struct frame *from);

void frame_free(struct frame *frame);

#endif
