#include "datasets/cifar.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "datasets/pickle.h"

enum { TRAIN_FILES_MAX = 5, MEGABYTE = 1000000, NAMES_MOST = 1 * MEGABYTE, BATCH_MOST = 640 * MEGABYTE };

struct layout {
    const char *name;
    const char *data;                   /* name of the data set */
    const char *train[TRAIN_FILES_MAX]; /* NULL after the last */
    const char *test;
    const char *names[CIFAR_LABELS];    /* files of the class names */
    const char *name_keys[CIFAR_LABELS], *label_keys[CIFAR_LABELS]; /* in the dictionaries of the python layout */
    bool pickled;
    int labels;                         /* labels of a record: 1, or 2 (coarse, fine) */
    int classes[CIFAR_LABELS];          /* used if no file names them */
    size_t most;                        /* bytes of a batch that must be read into memory */
};

/* The limit for a batch in an archive is about twice the official size (31 MB and 154 MB), in the python layout four
 * times: pickles of protocol 0 write a byte as up to four characters. */
static const struct layout layouts[] = {
    { .name = "CIFAR-10 binary", .data = "CIFAR-10", .pickled = false, .labels = 1, .classes = { 10, 0 },
      .most = 64 * MEGABYTE,
      .train = { "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin" },
      .test = "test_batch.bin", .names = { "batches.meta.txt", NULL } },
    { .name = "CIFAR-10 python", .data = "CIFAR-10", .pickled = true, .labels = 1, .classes = { 10, 0 },
      .most = 128 * MEGABYTE,
      .train = { "data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5" },
      .test = "test_batch", .names = { "batches.meta", NULL },
      .name_keys = { "label_names", NULL }, .label_keys = { "labels", NULL } },
    { .name = "CIFAR-100 binary", .data = "CIFAR-100", .pickled = false, .labels = 2, .classes = { 100, 20 },
      .most = 320 * MEGABYTE,
      .train = { "train.bin" }, .test = "test.bin", .names = { "fine_label_names.txt", "coarse_label_names.txt" } },
    { .name = "CIFAR-100 python", .data = "CIFAR-100", .pickled = true, .labels = 2, .classes = { 100, 20 },
      .most = BATCH_MOST,
      .train = { "train" }, .test = "test", .names = { "meta", "meta" },
      .name_keys = { "fine_label_names", "coarse_label_names" }, .label_keys = { "fine_labels", "coarse_labels" } },
};
enum { LAYOUTS = sizeof layouts / sizeof *layouts };

static const char source_file[] = "source.txt";

/* ---- which files ---- */

static bool equal(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static bool is_batch(const struct layout *layout, const char *base)
{
    bool found = equal(layout->test, base);
    for (int i = 0; i < TRAIN_FILES_MAX; i++)
        found = found || equal(layout->train[i], base);
    return found;
}

static bool is_names(const struct layout *layout, const char *base)
{
    return equal(layout->names[CIFAR_FINE], base) || equal(layout->names[CIFAR_COARSE], base);
}

/* The batches, class names and source of any layout. */
static size_t any_file_wanted(const char *base, void *context)
{
    (void)context;
    for (int i = 0; i < LAYOUTS; i++)
        if (is_batch(&layouts[i], base))
            return layouts[i].most;
    for (int i = 0; i < LAYOUTS; i++)
        if (is_names(&layouts[i], base))
            return NAMES_MOST;
    return equal(source_file, base) ? NAMES_MOST : 0;
}

static size_t names_wanted(const char *base, void *context)
{
    const struct layout *const *layout = context;
    return is_names(*layout, base) || equal(source_file, base) ? NAMES_MOST : 0;
}

/* A data set must have files of only one layout. */
static void note_layout(const struct layout **found, const struct layout *layout, const char *path)
{
    if (*found && *found != layout)
        die("%s: holds files of two data sets (%s and %s): name the one meant", path, (*found)->name, layout->name);
    *found = layout;
}

struct members {
    const struct cifar_file *archive;
    enum cifar_part part;
    const struct layout *layout; /* of the batches so far, or NULL */
};

/* Batches of the other part of an archive are skipped: they need not be kept. */
static size_t member_wanted(const char *base, void *context)
{
    struct members *members = context;
    for (int i = 0; i < LAYOUTS; i++) {
        if (!is_batch(&layouts[i], base))
            continue;
        if (equal(layouts[i].test, base) != (members->part == CIFAR_TEST))
            return 0;
        note_layout(&members->layout, &layouts[i], members->archive->path);
        /* images hardly compress, so a large archive may well contain a larger batch: a batch no larger than the
         * archive is no decompression bomb */
        return layouts[i].most > members->archive->size ? layouts[i].most : members->archive->size;
    }
    return any_file_wanted(base, NULL);
}

/* The layout whose batches are among the files, or NULL. Dies if there are several. */
static const struct layout *find_layout(const char *path, const struct cifar_files *files)
{
    const struct layout *found = NULL;
    for (int l = 0; l < LAYOUTS; l++)
        for (int i = 0; i < files->count; i++)
            if (is_batch(&layouts[l], files->file[i].base))
                note_layout(&found, &layouts[l], path);
    return found;
}

/* The files of the folder, or of the one folder in it that has batches. */
static struct cifar_files find_files(const char *path)
{
    struct cifar_files files = files_of_folder(path, any_file_wanted, NULL);
    if (find_layout(path, &files))
        return files;
    files_free(&files);
    char **folders = folders_of_folder(path), *holder = NULL;
    for (char **folder = folders; *folder; folder++) {
        struct cifar_files inner = files_of_folder(*folder, any_file_wanted, NULL);
        if (!find_layout(*folder, &inner)) {
            files_free(&inner);
            continue;
        }
        if (holder)
            die("%s: holds two data sets (%s and %s): name the one meant", path, holder, *folder);
        holder = *folder;
        files = inner;
    }
    if (!holder)
        die("%s: no CIFAR batches here, nor in a folder here (data_batch_1[.bin], train[.bin] ...)", path);
    folders_free(folders);
    return files;
}

/* ---- class names ---- */

enum { CLASSES_MAX = UINT8_MAX + 1 };

static bool is_utf8(const char *text, size_t length)
{
    json_t *string = json_stringn(text, length);
    json_decref(string);
    return string != NULL;
}

/* Loads a small text file. */
static void load_names(struct cifar_file *file)
{
    file_load(file);
    if (file->size > NAMES_MOST)
        die("%s: holds %zu bytes (at most %d are expected of such a file)", file->path, file->size, NAMES_MOST);
}

/* Names must not contain the separators used elsewhere: a comma in the metadata, a tab or a line end in tables. */
static void names_add(struct class_names *names, const char *path, const char *text, size_t length)
{
    if (names->count == CLASSES_MAX)
        die("%s: more than %d class names (1 to %d are expected)", path, CLASSES_MAX, CLASSES_MAX);
    if (!length)
        die("%s: class %d: its name is empty", path, names->count);
    if (!is_utf8(text, length))
        die("%s: class %d: its name is not UTF-8", path, names->count);
    for (size_t i = 0; i < length; i++)
        if (text[i] == ',' || (unsigned char)text[i] < ' ' || text[i] == 127)
            die("%s: class %d: '%.*s' (a name has no comma and no control characters)", path, names->count, (int)length,
                text);
    names->name = reallocate(names->name, (size_t)names->count + 1, sizeof *names->name);
    names->name[names->count++] = format_string("%.*s", (int)length, text);
}

static void names_free(struct class_names *names)
{
    for (int i = 0; i < names->count; i++)
        free(names->name[i]);
    free(names->name);
    *names = (struct class_names){ NULL, 0 };
}

/* The length of the line at `text` without its line end; *next is set to the start of the next line. */
static size_t line_length(const char *text, const char *end, const char **next)
{
    const char *line = memchr(text, '\n', (size_t)(end - text));
    size_t length = (size_t)((line ? line : end) - text);
    *next = line ? line + 1 : end;
    while (length && (text[length - 1] == '\r' || text[length - 1] == ' '))
        length--;
    return length;
}

/* One name per line; empty lines are ignored. */
static struct class_names names_of_lines(const struct cifar_file *file)
{
    struct class_names names = { NULL, 0 };
    const char *text = (const char *)file->bytes, *end = text + file->size, *next;
    for (; text < end; text = next) {
        size_t length = line_length(text, end, &next);
        if (length)
            names_add(&names, file->path, text, length);
    }
    return names;
}

static struct class_names names_of_numbers(int count)
{
    struct class_names names = { NULL, 0 };
    for (int i = 0; i < count; i++) {
        char *number = format_string("%d", i);
        names_add(&names, "", number, strlen(number));
        free(number);
    }
    return names;
}

static struct class_names names_of_list(const struct cifar_file *file, const struct pickle_value *list, const char *key)
{
    struct class_names names = { NULL, 0 };
    if (list->type != PICKLE_LIST)
        die("%s: '%s' is %s, and not a list of class names", file->path, key, pickle_describe(list));
    for (size_t i = 0; i < list->count; i++) {
        size_t length;
        char *name = pickle_text(list->item[i], &length);
        if (!name)
            die("%s: class %zu of '%s' is %s, and not a text", file->path, i, key, pickle_describe(list->item[i]));
        names_add(&names, file->path, name, length);
        free(name);
    }
    return names;
}

static struct class_names names_of_pickle(const struct cifar_file *file, const struct layout *layout, int kind)
{
    const char *key = layout->name_keys[kind];
    struct pickle *pickle = pickle_read(file->bytes, file->size, file->path);
    const struct pickle_value *list = pickle_get(pickle_root(pickle), key);
    if (!list && kind != CIFAR_COARSE) /* some copies of CIFAR-100 have only the fine labels */
        die("%s: holds no '%s' (is it the file of the class names?)", file->path, key);
    struct class_names names = list ? names_of_list(file, list, key) : names_of_numbers(layout->classes[kind]);
    pickle_free(pickle);
    return names;
}

static struct class_names names_of_file(struct cifar_file *file, const struct layout *layout, int kind)
{
    load_names(file);
    struct class_names names = layout->pickled ? names_of_pickle(file, layout, kind) : names_of_lines(file);
    if (!names.count)
        die("%s: 0 class names (1 to %d are expected)", file->path, CLASSES_MAX);
    return names;
}

/* Adopts the names of one path; all paths must name the same classes. */
static void join_names(struct cifar *set, struct class_names *names, enum cifar_labels kind, const char *path)
{
    const struct class_names *before = &set->names[kind];
    if (set->paths > 1 && before->count != names->count)
        die("%s: its classes are not those of the paths before (%d, and %d before)", path, names->count, before->count);
    for (int i = 0; set->paths > 1 && i < names->count; i++)
        if (strcmp(before->name[i], names->name[i]) != 0)
            die("%s: its classes are not those of the paths before (class %d is '%s', and '%s' before)", path, i,
                names->name[i], before->name[i]);
    names_free(&set->names[kind]);
    set->names[kind] = *names;
}

static void read_names(struct cifar *set, struct cifar_files *files, const struct layout *layout, const char *path)
{
    for (int kind = 0; kind < CIFAR_LABELS; kind++) {
        struct class_names names = { NULL, 0 };
        struct cifar_file *file = layout->names[kind] ? files_find(files, layout->names[kind]) : NULL;
        if (file) {
            names = names_of_file(file, layout, kind);
        } else if (layout->names[kind]) {
            names = names_of_numbers(layout->classes[kind]);
        }
        join_names(set, &names, kind, path);
    }
}

/* Called after everything has been read, so that an error comes without a warning. */
static void warn_unnamed(const struct cifar_files *files, const struct layout *layout, const char *path)
{
    for (int kind = 0; kind < CIFAR_LABELS; kind++)
        if (layout->names[kind] && !files_find(files, layout->names[kind]))
            warn("%s: no %s: the classes are named by their numbers", path, layout->names[kind]);
}

/* The name of the data: the first line of source.txt, or else the layout's name. */
static void read_source(struct cifar *set, struct cifar_files *files, const struct layout *layout)
{
    struct cifar_file *file = files_find(files, source_file);
    char *source;
    if (file) {
        load_names(file);
        const char *text = (const char *)file->bytes, *next;
        size_t length = line_length(text, text + file->size, &next);
        if (!length || !is_utf8(text, length))
            die("%s: its first line, which names the data set, %s", file->path, length ? "is not UTF-8" : "is empty");
        source = format_string("%.*s", (int)length, text);
    } else {
        source = copy_string(layout->data);
    }
    if (set->source && strcmp(set->source, source) != 0) {
        char *both = format_string("%s, %s", set->source, source);
        free(source);
        source = both;
    }
    free(set->source);
    set->source = source;
}

/* ---- batches ---- */

static void check_label(const struct cifar *set, const struct cifar_batch *batch, int kind, int64_t row, int64_t label)
{
    const struct class_names *names = &set->names[kind];
    if (label < 0 || label >= names->count)
        die("%s: record %lld: %slabel %lld (0 to %d are classes)", batch->path, (long long)row,
            kind == CIFAR_COARSE ? "coarse " : "", (long long)label, names->count - 1);
}

static void read_binary(struct cifar *set, struct cifar_batch *batch, const struct cifar_file *file,
                        const struct layout *layout)
{
    size_t labels = (size_t)layout->labels, record = labels + CIFAR_IMAGE;
    if (file->size % record)
        die("%s: %zu bytes are not a whole number of records (%s: %zu bytes each; is the file whole?)", file->path,
            file->size, layout->name, record);
    batch->rows = (int64_t)(file->size / record);
    batch->images = file->bytes + labels;
    batch->stride = record;
    for (int kind = 0; kind < layout->labels; kind++) {
        const unsigned char *at = file->bytes + (kind == CIFAR_FINE ? labels - 1 : 0);
        batch->label[kind] = allocate((size_t)batch->rows, 1);
        for (int64_t row = 0; row < batch->rows; row++) {
            batch->label[kind][row] = at[(size_t)row * record];
            check_label(set, batch, kind, row, batch->label[kind][row]);
        }
    }
}

static void read_pickled_labels(struct cifar *set, struct cifar_batch *batch, const struct layout *layout, int kind)
{
    const char *key = layout->label_keys[kind];
    const struct pickle_value *labels = pickle_get(pickle_root(batch->pickle), key);
    if (!labels && kind == CIFAR_COARSE)
        return; /* copies of CIFAR-100 with only the fine labels */
    if (!labels)
        die("%s: holds no '%s' (%s has them)", batch->path, key, layout->name);
    int64_t count = pickle_count(labels), label;
    if (count < 0)
        die("%s: '%s' is %s, and neither a list nor an array of whole numbers", batch->path, key,
            pickle_describe(labels));
    if (count != batch->rows)
        die("%s: %lld '%s' for %lld images", batch->path, (long long)count, key, (long long)batch->rows);
    batch->label[kind] = allocate((size_t)batch->rows, 1);
    for (int64_t row = 0; row < batch->rows; row++) {
        if (!pickle_integer(labels, row, &label))
            die("%s: record %lld: its label is %s, and not a whole number", batch->path, (long long)row,
                pickle_describe(labels->item[row]));
        check_label(set, batch, kind, row, label);
        batch->label[kind][row] = (uint8_t)label;
    }
}

/* N x 3072, or N x 3 x 32 x 32, of unsigned bytes. */
static bool holds_images(const struct numpy_array *array)
{
    if (array->type.kind != 'u' || array->type.width != 1)
        return false;
    return (array->rank == 2 && array->shape[1] == CIFAR_IMAGE) ||
           (array->rank == 4 && array->shape[1] == CIFAR_CHANNELS && array->shape[2] == CIFAR_SIDE &&
            array->shape[3] == CIFAR_SIDE);
}

static void read_pickled(struct cifar *set, struct cifar_batch *batch, const struct layout *layout)
{
    const struct pickle_value *data = pickle_get(pickle_root(batch->pickle), "data");
    if (!data)
        die("%s: holds no 'data' (is it a batch?)", batch->path);
    if (data->type != PICKLE_ARRAY || !holds_images(data->array))
        die("%s: 'data' is %s, and not an array of uint8, N x %d", batch->path, pickle_describe(data), CIFAR_IMAGE);
    batch->rows = data->array->shape[0];
    if (!batch->rows)
        die("%s: holds no images", batch->path);
    batch->images = data->array->bytes;
    batch->stride = CIFAR_IMAGE;
    for (int kind = 0; kind < layout->labels; kind++)
        read_pickled_labels(set, batch, layout, kind);
}

/* `pickle` is the file's, if it has been read, or NULL. */
static void add_batch(struct cifar *set, struct cifar_file *file, const struct layout *layout, struct pickle *pickle,
                      bool alone)
{
    set->batch = reallocate(set->batch, (size_t)set->batches + 1, sizeof *set->batch);
    struct cifar_batch *batch = &set->batch[set->batches++];
    *batch = (struct cifar_batch){ .path = file->path, .alone = alone };
    file_load(file);
    if (layout->pickled) {
        batch->pickle = pickle ? pickle : pickle_read(file->bytes, file->size, file->path);
        read_pickled(set, batch, layout);
    } else {
        read_binary(set, batch, file, layout);
    }
    set->rows += batch->rows;
}

/* Adds the batches of a part; all of them must exist. */
static void add_part(struct cifar *set, struct cifar_files *files, const struct layout *layout, enum cifar_part part,
                     const char *path)
{
    int count = 1;
    if (part == CIFAR_TRAIN)
        while (count < TRAIN_FILES_MAX && layout->train[count])
            count++;
    for (int i = 0; i < count; i++) {
        const char *base = part == CIFAR_TRAIN ? layout->train[i] : layout->test;
        struct cifar_file *file = files_find(files, base);
        if (!file)
            die("%s: %s is missing (%s: %d batch%s, %s)", path, base, layout->name, count, count > 1 ? "es" : "",
                part == CIFAR_TRAIN ? "training" : "test");
        add_batch(set, file, layout, NULL, false);
    }
}

/* ---- files named themselves ---- */

enum content { CONTENT_BINARY, CONTENT_PICKLE, CONTENT_ARCHIVE };

/* The layout of a binary batch, by its name or by the multiple of its size; NULL if unknown. */
static const struct layout *layout_of_binary(const struct cifar_file *file, bool by_name)
{
    for (int i = 0; i < LAYOUTS; i++)
        if (!layouts[i].pickled && (by_name ? is_batch(&layouts[i], file->base)
                                            : file->size % ((size_t)layouts[i].labels + CIFAR_IMAGE) == 0))
            return &layouts[i];
    return NULL;
}

/* A batch begins with a label (CIFAR-10: 0..9, CIFAR-100: coarse, 0..19; other data sets have larger ones) or, in the
 * python layout, as a pickle does. Archives begin differently, except those of lz4. */
static enum content content_of_file(const struct cifar_file *file)
{
    enum { LABEL_MAX = 19 };
    static const unsigned char lz4[] = { 4, 0x22, 0x4d, 0x18 };
    bool packed = file->size >= sizeof lz4 && memcmp(file->bytes, lz4, sizeof lz4) == 0;
    bool whole = layout_of_binary(file, false);
    if (whole && layout_of_binary(file, true))
        return CONTENT_BINARY;
    if (pickle_begins(file->bytes, file->size))
        return CONTENT_PICKLE;
    if (file->bytes[0] <= LABEL_MAX && !packed)
        return CONTENT_BINARY;
    if (is_archive(file))
        return CONTENT_ARCHIVE;
    if (!whole)
        die("%s: neither a batch nor an archive (tar, zip or 7z)", file->path);
    return CONTENT_BINARY;
}

static const struct layout *find_binary_layout(const struct cifar_file *file)
{
    const struct layout *by_name = layout_of_binary(file, true), *by_size = layout_of_binary(file, false);
    if (!by_name && !by_size)
        die("%s: %zu bytes are not a whole number of records (3073 bytes in CIFAR-10, 3074 in CIFAR-100)", file->path,
            file->size);
    return by_name ? by_name : by_size;
}

/* Finds the layout by the labels that the pickle has. */
static const struct layout *find_pickled_layout(const struct cifar_file *file, const struct pickle *pickle)
{
    for (int i = 0; i < LAYOUTS; i++)
        if (layouts[i].pickled && pickle_get(pickle_root(pickle), layouts[i].label_keys[CIFAR_FINE]))
            return &layouts[i];
    die("%s: a pickle without 'labels' or 'fine_labels' (is it a batch?)", file->path);
}

/* Adds the class names in the same folder as a batch. */
static void add_names_beside(struct cifar_files *files, const struct layout *layout)
{
    const char *path = files->file[0].path, *base = files->file[0].base;
    int length = (int)(base - path) - (base - path > 1); /* the slash belongs to the folder only in "/file" */
    char *folder = length ? format_string("%.*s", length, path) : copy_string(".");
    struct cifar_files beside = files_of_folder(folder, names_wanted, &layout);
    for (int i = 0; i < beside.count; i++)
        files_add(files, beside.file[i].path, beside.file[i].most);
    files_free(&beside);
    free(folder);
}

/* Reads the requested part of an archive; then releases the archive's bytes. */
static const struct layout *open_archive(struct cifar *set, struct cifar_files *files, enum cifar_part part)
{
    struct cifar_files archive = *files;
    const char *path = archive.file[0].path;
    struct members members = { &archive.file[0], part, NULL };
    *files = files_of_archive(&archive.file[0], member_wanted, &members);
    if (!members.layout)
        die("%s: no %s batches of CIFAR in this archive", path, part == CIFAR_TRAIN ? "training" : "test");
    read_names(set, files, members.layout, path);
    add_part(set, files, members.layout, part, path);
    files_free(&archive);
    return members.layout;
}

static const struct layout *open_batch(struct cifar *set, struct cifar_files *files, enum content content)
{
    struct cifar_file *file = &files->file[0];
    struct pickle *pickle = content == CONTENT_PICKLE ? pickle_read(file->bytes, file->size, file->path) : NULL;
    const struct layout *layout = pickle ? find_pickled_layout(file, pickle) : find_binary_layout(file);
    add_names_beside(files, layout);
    read_names(set, files, layout, files->file[0].path);
    add_batch(set, &files->file[0], layout, pickle, true);
    return layout;
}

static void open_file(struct cifar *set, const char *path, enum cifar_part part)
{
    struct cifar_files *files = &set->files[set->paths++];
    struct cifar_file *file = files_add(files, path, BATCH_MOST);
    file_load(file);
    enum content content = content_of_file(file);
    const struct layout *layout = content == CONTENT_ARCHIVE ? open_archive(set, files, part)
                                                             : open_batch(set, files, content);
    read_source(set, files, layout);
    warn_unnamed(files, layout, path);
}

static void open_folder(struct cifar *set, const char *path, enum cifar_part part)
{
    struct cifar_files *files = &set->files[set->paths++];
    *files = find_files(path);
    const struct layout *layout = find_layout(path, files);
    read_names(set, files, layout, path);
    add_part(set, files, layout, part, path);
    read_source(set, files, layout);
    warn_unnamed(files, layout, path);
}

struct cifar cifar_open(char **paths, int count, enum cifar_part part)
{
    struct cifar set = { 0 };
    set.files = allocate((size_t)count, sizeof *set.files);
    for (int i = 0; i < count; i++) {
        if (is_folder(paths[i]))
            open_folder(&set, paths[i], part);
        else
            open_file(&set, paths[i], part);
    }
    return set;
}

void cifar_close(struct cifar *set)
{
    for (int i = 0; i < set->batches; i++) {
        for (int kind = 0; kind < CIFAR_LABELS; kind++)
            free(set->batch[i].label[kind]);
        pickle_free(set->batch[i].pickle);
    }
    for (int i = 0; i < set->paths; i++)
        files_free(&set->files[i]);
    for (int kind = 0; kind < CIFAR_LABELS; kind++)
        names_free(&set->names[kind]);
    free(set->batch);
    free(set->files);
    free(set->source);
    *set = (struct cifar){ 0 };
}

const struct cifar_batch *cifar_find_row(const struct cifar *set, int64_t row, int64_t *within)
{
    for (int i = 0; i < set->batches; i++) {
        if (row < set->batch[i].rows) {
            *within = row;
            return &set->batch[i];
        }
        row -= set->batch[i].rows;
    }
    die("%s: row %lld is past the end", set->source, (long long)row);
}

char *class_names_join(const struct class_names *names)
{
    size_t length = 1;
    for (int i = 0; i < names->count; i++)
        length += strlen(names->name[i]) + 1;
    char *text = allocate(length, 1), *at = text;
    for (int i = 0; i < names->count; i++) {
        size_t size = strlen(names->name[i]);
        if (i)
            *at++ = ',';
        memcpy(at, names->name[i], size);
        at += size;
    }
    return text;
}

int class_names_find(const struct class_names *names, const char *text)
{
    int64_t number;
    for (int i = 0; i < names->count; i++)
        if (strcmp(names->name[i], text) == 0)
            return i;
    return parse_integer(text, 0, names->count - 1, &number) ? (int)number : -1;
}
