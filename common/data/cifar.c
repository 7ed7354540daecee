#include "data/cifar.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "data/pickle.h"

enum { TRAIN_FILES_MAX = 5 };

struct layout {
    const char *name;
    const char *data;                   /* what the data set is called */
    const char *train[TRAIN_FILES_MAX]; /* NULL behind the last */
    const char *test;
    const char *names[CIFAR_LABELS];    /* files of the class names */
    const char *name_keys[CIFAR_LABELS], *label_keys[CIFAR_LABELS]; /* in the dictionaries of the python layout */
    bool pickled;
    int labels;                         /* labels of a record: 1, or 2 (coarse, fine) */
    int classes[CIFAR_LABELS];          /* where no file names them */
};

static const struct layout layouts[] = {
    { .name = "CIFAR-10 binary", .data = "CIFAR-10", .pickled = false, .labels = 1, .classes = { 10, 0 },
      .train = { "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin" },
      .test = "test_batch.bin", .names = { "batches.meta.txt", NULL } },
    { .name = "CIFAR-10 python", .data = "CIFAR-10", .pickled = true, .labels = 1, .classes = { 10, 0 },
      .train = { "data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5" },
      .test = "test_batch", .names = { "batches.meta", NULL },
      .name_keys = { "label_names", NULL }, .label_keys = { "labels", NULL } },
    { .name = "CIFAR-100 binary", .data = "CIFAR-100", .pickled = false, .labels = 2, .classes = { 100, 20 },
      .train = { "train.bin" }, .test = "test.bin", .names = { "fine_label_names.txt", "coarse_label_names.txt" } },
    { .name = "CIFAR-100 python", .data = "CIFAR-100", .pickled = true, .labels = 2, .classes = { 100, 20 },
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

/* The batches and class names of any layout. */
static bool any_file_wanted(const char *base, const void *context)
{
    (void)context;
    for (int i = 0; i < LAYOUTS; i++)
        if (is_batch(&layouts[i], base) || is_names(&layouts[i], base))
            return true;
    return equal(source_file, base);
}

/* Of an archive the batches of the other part are passed over: they need not be kept. */
static bool part_wanted(const char *base, const void *context)
{
    enum cifar_part part = *(const enum cifar_part *)context;
    for (int i = 0; i < LAYOUTS; i++)
        if (is_batch(&layouts[i], base))
            return equal(layouts[i].test, base) == (part == CIFAR_TEST);
    return any_file_wanted(base, NULL);
}

static bool names_wanted(const char *base, const void *context)
{
    return is_names(context, base) || equal(source_file, base);
}

/* The layout of which the files hold a batch, NULL: none. Dies where there are several, or one twice. */
static const struct layout *find_layout(const char *path, const struct cifar_files *files)
{
    const struct layout *found = NULL;
    for (int l = 0; l < LAYOUTS; l++) {
        for (int i = 0; i < files->count; i++) {
            const char *base = files->file[i].base;
            if (!is_batch(&layouts[l], base))
                continue;
            if (found && found != &layouts[l])
                die("%s: holds files of two data sets (%s and %s): name the one meant", path, found->name,
                    layouts[l].name);
            if (files_find(files, base) != &files->file[i])
                die("%s: holds two files %s: name the folder of the one meant", path, base);
            found = &layouts[l];
        }
    }
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

static void names_add(struct class_names *names, const char *path, const char *text, size_t length)
{
    if (memchr(text, ',', length) || memchr(text, 0, length))
        die("%s: class %d: '%.*s' (a name has no comma)", path, names->count, (int)length, text);
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

/* One name on a line; empty lines count for nothing. */
static struct class_names names_of_lines(const struct cifar_file *file)
{
    struct class_names names = { NULL, 0 };
    const char *text = (const char *)file->bytes, *end = text + file->size;
    while (text < end) {
        const char *line = memchr(text, '\n', (size_t)(end - text));
        const char *next = line ? line + 1 : end;
        size_t length = (size_t)((line ? line : end) - text);
        while (length && (text[length - 1] == '\r' || text[length - 1] == ' '))
            length--;
        if (length)
            names_add(&names, file->path, text, length);
        text = next;
    }
    return names;
}

static struct class_names names_of_pickle(const struct cifar_file *file, const char *key)
{
    struct class_names names = { NULL, 0 };
    struct pickle *pickle = pickle_read(file->bytes, file->size, file->path);
    const struct pickle_value *list = pickle_get(pickle_root(pickle), key);
    if (!list || list->type != PICKLE_LIST)
        die("%s: no list '%s' of class names", file->path, key);
    for (size_t i = 0; i < list->count; i++) {
        if (list->item[i]->type != PICKLE_BYTES)
            die("%s: class %zu of '%s' is no text", file->path, i, key);
        names_add(&names, file->path, (const char *)list->item[i]->bytes, list->item[i]->length);
    }
    pickle_free(pickle);
    return names;
}

static struct class_names names_of_file(struct cifar_file *file, const struct layout *layout, int kind)
{
    file_load(file);
    struct class_names names = layout->pickled ? names_of_pickle(file, layout->name_keys[kind]) : names_of_lines(file);
    if (names.count < 1 || names.count > UINT8_MAX + 1)
        die("%s: %d class names (1 to %d are expected)", file->path, names.count, UINT8_MAX + 1);
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

static bool same_names(const struct class_names *a, const struct class_names *b)
{
    bool same = a->count == b->count;
    for (int i = 0; same && i < a->count; i++)
        same = strcmp(a->name[i], b->name[i]) == 0;
    return same;
}

/* Take over the names of one path; all paths must name the same classes. */
static void join_names(struct cifar *set, struct class_names *names, enum cifar_labels kind, const char *path)
{
    if (set->paths > 1 && !same_names(&set->names[kind], names))
        die("%s: its classes are not those of the paths before", path);
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

/* Once all has been read, so that an error stands alone. */
static void warn_unnamed(const struct cifar_files *files, const struct layout *layout, const char *path)
{
    for (int kind = 0; kind < CIFAR_LABELS; kind++)
        if (layout->names[kind] && !files_find(files, layout->names[kind]))
            warn("%s: no %s: the classes are named by their numbers", path, layout->names[kind]);
}

/* What data these are: the first line of source.txt, else the layout's name. */
static void read_source(struct cifar *set, struct cifar_files *files, const struct layout *layout)
{
    struct cifar_file *file = files_find(files, source_file);
    char *source;
    if (file) {
        file_load(file);
        const char *text = (const char *)file->bytes;
        const char *line = memchr(text, '\n', file->size);
        source = format_string("%.*s", (int)(line ? line - text : (long)file->size), text);
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
    if (!labels || labels->type != PICKLE_LIST)
        die("%s: no list '%s' (%s has one)", batch->path, key, layout->name);
    if (labels->count != (size_t)batch->rows)
        die("%s: %zu '%s' for %lld images", batch->path, labels->count, key, (long long)batch->rows);
    batch->label[kind] = allocate((size_t)batch->rows, 1);
    for (int64_t row = 0; row < batch->rows; row++) {
        const struct pickle_value *label = labels->item[row];
        if (label->type != PICKLE_INTEGER)
            die("%s: record %lld: its label is no whole number", batch->path, (long long)row);
        check_label(set, batch, kind, row, label->integer);
        batch->label[kind][row] = (uint8_t)label->integer;
    }
}

static void read_pickled(struct cifar *set, struct cifar_batch *batch, const struct layout *layout)
{
    const struct pickle_value *data = pickle_get(pickle_root(batch->pickle), "data");
    if (!data || data->type != PICKLE_ARRAY || data->rank != 2 || data->shape[1] != CIFAR_IMAGE)
        die("%s: no array 'data' of N x %d bytes", batch->path, CIFAR_IMAGE);
    batch->rows = data->shape[0];
    batch->images = data->bytes;
    batch->stride = CIFAR_IMAGE;
    for (int kind = 0; kind < layout->labels; kind++)
        read_pickled_labels(set, batch, layout, kind);
}

static void add_batch(struct cifar *set, struct cifar_file *file, const struct layout *layout, bool alone)
{
    set->batch = reallocate(set->batch, (size_t)set->batches + 1, sizeof *set->batch);
    struct cifar_batch *batch = &set->batch[set->batches++];
    *batch = (struct cifar_batch){ .path = file->path, .alone = alone };
    file_load(file);
    if (layout->pickled) {
        batch->pickle = pickle_read(file->bytes, file->size, file->path);
        read_pickled(set, batch, layout);
    } else {
        read_binary(set, batch, file, layout);
    }
    set->rows += batch->rows;
}

/* The batches of a part; all of them must be there. */
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
        add_batch(set, file, layout, false);
    }
}

enum { PICKLE_START = 0x80, LABEL_MAX = 19 };

/* The layout of a batch that was named itself: of a pickle by which labels it holds; else by the file's name, or by
 * what its size is a multiple of. */
static const struct layout *layout_of_file(const struct cifar_file *file)
{
    const struct layout *found = NULL;
    bool pickled = file->size && file->bytes[0] == PICKLE_START;
    struct pickle *pickle = pickled ? pickle_read(file->bytes, file->size, file->path) : NULL;
    for (int i = 0; i < LAYOUTS && pickled && !found; i++)
        if (layouts[i].pickled && pickle_get(pickle_root(pickle), layouts[i].label_keys[CIFAR_FINE]))
            found = &layouts[i];
    pickle_free(pickle);
    for (int i = 0; i < LAYOUTS && !pickled && !found; i++)
        if (!layouts[i].pickled && is_batch(&layouts[i], file->base))
            found = &layouts[i];
    for (int i = 0; i < LAYOUTS && !pickled && !found; i++)
        if (!layouts[i].pickled && file->size % ((size_t)layouts[i].labels + CIFAR_IMAGE) == 0)
            found = &layouts[i];
    if (!found && pickled)
        die("%s: a pickle without 'labels' or 'fine_labels' (is it a batch?)", file->path);
    if (!found)
        die("%s: %zu bytes are not a whole number of records (3073 bytes in CIFAR-10, 3074 in CIFAR-100)", file->path,
            file->size);
    return found;
}

/* The class names that lie beside a batch. */
static void add_names_beside(struct cifar_files *files, const struct layout *layout)
{
    const char *path = files->file[0].path, *base = files->file[0].base;
    char *folder = base == path ? copy_string(".") : format_string("%.*s", (int)(base - path), path);
    struct cifar_files beside = files_of_folder(folder, names_wanted, layout);
    for (int i = 0; i < beside.count; i++)
        files_add(files, beside.file[i].path);
    files_free(&beside);
    free(folder);
}

/* A batch begins with a label (CIFAR-10: 0..9, CIFAR-100: coarse, 0..19) or, in python's layout, with the mark of a
 * pickle. Archives begin otherwise; of those that do not, lz4's is the only known. */
static bool looks_like_archive(const struct cifar_file *file)
{
    static const unsigned char lz4[] = { 4, 0x22, 0x4d, 0x18 };
    if (file->size >= sizeof lz4 && memcmp(file->bytes, lz4, sizeof lz4) == 0)
        return true;
    return file->size && file->bytes[0] > LABEL_MAX && file->bytes[0] != PICKLE_START;
}

static void open_file(struct cifar *set, const char *path, enum cifar_part part)
{
    struct cifar_files *files = &set->files[set->paths++];
    file_load(files_add(files, path));
    const struct layout *layout;
    if (looks_like_archive(&files->file[0])) {
        files_free(files);
        *files = files_of_archive(path, part_wanted, &part);
        layout = find_layout(path, files);
        if (!layout)
            die("%s: no %s batches of CIFAR in this archive", path, part == CIFAR_TRAIN ? "training" : "test");
        read_names(set, files, layout, path);
        add_part(set, files, layout, part, path);
    } else {
        layout = layout_of_file(&files->file[0]);
        add_names_beside(files, layout);
        read_names(set, files, layout, path);
        add_batch(set, &files->file[0], layout, true);
    }
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
