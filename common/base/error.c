#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/options.h"

const char *program_name = "tale";

static void print_line(const char *format, va_list arguments, const char *tail)
{
    char line[2048]; /* one write, so that lines of the programs of a pipeline do not mix */
    vsnprintf(line, sizeof line, format, arguments);
    fprintf(stderr, "%s: %s%s\n", program_name, line, tail);
}

void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments, "");
    va_end(arguments);
    exit(EXIT_FAILED);
}

void die_errno(const char *format, ...)
{
    char tail[256];
    snprintf(tail, sizeof tail, ": %s", strerror(errno));
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments, tail);
    va_end(arguments);
    exit(EXIT_FAILED);
}

void die_usage(const char *format, ...)
{
    char tail[256];
    snprintf(tail, sizeof tail, " (see %s --help)", program_name);
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments, tail);
    va_end(arguments);
    exit(EXIT_USAGE);
}

void warn(const char *format, ...)
{
    if (common_options.quiet)
        return;
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments, "");
    va_end(arguments);
}

void say(const char *format, ...)
{
    if (common_options.quiet)
        return;
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments, "");
    va_end(arguments);
}
