#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *program_name = "tale";
bool program_quiet = false;

__attribute__((format(printf, 1, 0))) static void print_line(const char *format, va_list arguments, const char *tail)
{
    char line[2048]; /* a single write, so that lines of the programs in a pipeline do not mix */
    vsnprintf(line, sizeof line, format, arguments);
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?'; /* names come from files: keep the message on one line and free of terminal control codes */
    fprintf(stderr, "%s: %s%s\n", program_name, line, tail);
}

/* quick_exit() instead of exit(): after an error the system reclaims everything, and a leak checker, which runs on
 * exit(), would change the status. Rows that were written completely still go out. */
static _Noreturn void leave(int status)
{
    fflush(stdout);
    quick_exit(status);
}

void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments, "");
    va_end(arguments);
    leave(EXIT_FAILED);
}

void die_errno(const char *format, ...)
{
    char tail[256];
    snprintf(tail, sizeof tail, ": %s", strerror(errno));
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments, tail);
    va_end(arguments);
    leave(EXIT_FAILED);
}

void die_usage(const char *format, ...)
{
    char tail[256];
    snprintf(tail, sizeof tail, " (see %s --help)", program_name);
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments, tail);
    va_end(arguments);
    leave(EXIT_USAGE);
}

void warn(const char *format, ...)
{
    if (program_quiet)
        return;
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments, "");
    va_end(arguments);
}

void say(const char *format, ...)
{
    if (program_quiet)
        return;
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments, "");
    va_end(arguments);
}
