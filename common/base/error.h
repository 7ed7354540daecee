/* Errors: one line on stderr, `program: what is wrong (rule, and the value seen)`, and an exit status. */
#ifndef TALE_BASE_ERROR_H
#define TALE_BASE_ERROR_H

#include <stdbool.h>

/* Exit statuses of every program of the project. */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* The name that starts each message; options_parse() sets it from argv[0]. */
extern const char *program_name;
/* -q: no progress, results or warnings on stderr. */
extern bool program_quiet;

/* Print "program: message" and exit with status 1. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Like die(), with ": " and the text of errno at the end. */
_Noreturn void die_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Print "program: message" and a hint at --help, and exit with status 2. */
_Noreturn void die_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Print "program: message" and continue; silent under -q. */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Print "program: message" for a result that belongs on stderr (an accuracy, a divergence); silent under -q. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
