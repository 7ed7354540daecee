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

/* One frame. Tensors are in the order of their data; the frame owns them, and a pointer to one is valid until the
 * tensor is replaced or removed, or the frame is freed. */
struct frame {
    struct tensor **tensor;
    int count;
    struct json_t *metadata; /* object of strings, or NULL */
    const char *path;        /* of the stream that the frame, or its source, was read from; for messages */
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

/* What messages call it: "standard input" for NULL or "-". */
const char *stream_name(const char *path);

void stream_close(struct stream *stream);

/* Reads the next frame into `frame` (which is empty before; caller frees with frame_free). Returns false at the end of
 * the file on a frame boundary; dies with the broken rule on anything else that is not a complete, valid frame. */
bool stream_read(struct stream *stream, struct frame *frame);

/* Dies if another frame follows, or data that are not a valid frame; `what`, "a model", is what the stream should
 * hold. */
void stream_require_end(struct stream *stream, const char *what);

/* Like stream_read, but the data of a regular file are not read: the file is mapped and tensors point into it
 * (tensor.h: mapped), so a file may be larger than the memory. Such tensors are valid while the stream is open, and
 * cannot be appended to. Other streams, such as pipes, are read. */
bool stream_map(struct stream *stream, struct frame *frame);

/* Reads all remaining frames as one: rows are joined, metadata are the first frame's. A stream without a frame gives an
 * empty frame (count 0). */
void stream_read_all(struct stream *stream, struct frame *frame);

/* Writes one frame with exactly the bytes of the reference implementation: tensors by type, the largest alignment
 * first, then by name; the header padded to 8 bytes with blanks. Dies on failure with `path` (NULL: standard
 * output). */
void stream_write(FILE *file, const char *path, const struct frame *frame);

/* The tensor with that name, or NULL. */
struct tensor *frame_find(const struct frame *frame, const char *name);

/* The tensor with that name, type and rank; otherwise dies with the frame's path and the rule. */
struct tensor *frame_require(const struct frame *frame, const char *name, enum dtype dtype, int rank);

/* Adds a zeroed tensor and returns it; an existing one with the same name is freed with its data. */
struct tensor *frame_put(struct frame *frame, const char *name, enum dtype dtype, int rank, const int64_t *shape);

/* Removes a tensor; does nothing if there is none with that name. */
void frame_remove(struct frame *frame, const char *name);

/* Removes all tensors for whose name `keep` returns false, in one pass: a frame may have tens of thousands. */
typedef bool frame_keep(const char *name, const void *context);
void frame_filter(struct frame *frame, frame_keep *keep, const void *context);

/* The rows of a row stream's frame; dies if first dimensions differ, a tensor has none, or there are more than 65536
 * rows without any data. A frame without tensors has 0 rows. */
int64_t frame_rows(const struct frame *frame);

/* A new frame of the given rows (0-based, within frame_rows(), repeats allowed), in the given order; metadata are
 * copied. Caller frees. */
struct frame frame_select(const struct frame *frame, const int64_t *rows, int64_t count);

/* The names, types, shapes and metadata of a frame, without its data. Caller frees. */
struct frame frame_layout(const struct frame *frame);

/* Appends the rows of `from` to `to`; fields, types, row shapes and class names must agree, else it dies. `to` keeps
 * its metadata, except a `group` that `from` does not share. An empty `to` becomes a copy. */
void frame_append(struct frame *to, const struct frame *from);

/* Dies if the metadata of a later frame have other class names than those of the first frame. */
void frame_check_classes(const struct frame *first, const struct frame *later);

/* Metadata: the value of a key, or NULL; dies if it contains a NUL, which a C string cannot hold. Setting replaces a
 * value, or removes the key if value is NULL. The frame owns the values. */
const char *frame_metadata(const struct frame *frame, const char *key);
void frame_set_metadata(struct frame *frame, const char *key, const char *value);

/* Copies the metadata of `from` into `to`, key by key; and the path and number, if `to` has none. */
void frame_copy_metadata(struct frame *to, const struct frame *from);

void frame_free(struct frame *frame);

#endif
