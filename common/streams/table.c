#include "streams/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/output.h"
#include "streams/classes.h"
#include "streams/value.h"

/* Columns of one frame. */
struct selection {
    struct column *column;
    int count;
};

static void add_column(struct selection *selection, const struct tensor *tensor, size_t width, size_t element)
{
    selection->column = reallocate(selection->column, (size_t)selection->count + 1, sizeof *selection->column);
    selection->column[selection->count++] = (struct column){ tensor, width, element };
}

/* A field by its name gives as many columns as its rows have values; FIELD.K gives one. */
static void add_field(struct selection *selection, const struct frame *frame,
                      const char *name)
{
    const struct tensor *tensor = frame_find(frame, name);
    if (!tensor || tensor->rank < 2) {
        struct column column = column_require(frame, name);
        add_column(selection, column.tensor, column.width, column.element);
        return;
    }
    if (tensor->rank > 2)
        die("%s: field '%s' has rows of %d dimensions (at most one is printed; name single values as %s.0, ...)",
            frame->path, name, tensor->rank - 1, name);
    if (!value_readable(tensor->dtype))
        die("%s: field '%s': values of type %s cannot be read", frame->path, name, dtype_name(tensor->dtype));
    for (int64_t k = 0; k < tensor->shape[1]; k++)
        add_column(selection, tensor, (size_t)tensor->shape[1], (size_t)k);
}

static struct selection select_columns(const struct table *table, const struct frame *frame)
{
    struct selection selection = { NULL, 0 };
    for (int i = 0; i < table->fields_count; i++)
        add_field(&selection, frame, table->fields[i]);
    for (int i = 0; table->fields_count == 0 && i < frame->count; i++)
        if (tensor_row_elements(frame->tensor[i]) == 1 && value_readable(frame->tensor[i]->dtype))
            add_column(&selection, frame->tensor[i], 1, 0);
    return selection;
}

static void print_header(const struct table *table, const struct selection *selection)
{
    for (int i = 0; i < selection->count; i++) {
        const struct column *column = &selection->column[i];
        if (i)
            putc('\t', table->file);
        write_clean(table->file, column->tensor->name);
        if (column->tensor->rank > 1)
            fprintf(table->file, ".%zu", column->element);
    }
    putc('\n', table->file);
}

/* classes [selection->count]: those of each column, none where it prints numbers. */
static void print_row(const struct table *table, const struct selection *selection, const struct classes *classes,
                      int64_t row)
{
    char text[VALUE_TEXT_MAX];
    for (int i = 0; i < selection->count; i++) {
        const struct column *column = &selection->column[i];
        const char *name = NULL;
        if (i)
            putc('\t', table->file);
        if (classes[i].count)
            name = classes_name(&classes[i], (int64_t)column_number(column, row));
        if (name)
            write_clean(table->file, name);
        else
            fputs(value_text(column->tensor, (size_t)row * column->width + column->element, table->digits, text),
                  table->file);
    }
    putc('\n', table->file);
}

void table_add(struct table *table, const struct frame *frame)
{
    struct selection selection = select_columns(table, frame);
    struct classes *classes = allocate((size_t)selection.count, sizeof *classes);
    int64_t rows = frame_rows(frame);
    for (int i = 0; table->names && i < selection.count; i++)
        if (classes_apply(selection.column[i].tensor))
            classes[i] = classes_of_field(frame, selection.column[i].tensor->name);
    if (!table->begun && table->header)
        print_header(table, &selection);
    if (table->begun && selection.count != table->columns)
        die("%s: the fields have %d values in a row, and %d in the first frame", frame->path, selection.count,
            table->columns);
    table->begun = true;
    table->columns = selection.count;
    for (int64_t row = 0; row < rows; row++)
        print_row(table, &selection, classes, row);
    for (int i = 0; i < selection.count; i++)
        classes_free(&classes[i]);
    free(classes);
    free(selection.column);
}
