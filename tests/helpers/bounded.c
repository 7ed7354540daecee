/* bounded: run a command, and say what it took, for tests.
 *
 *     bounded [-o FILE] [-s SECONDS] [-m MEGABYTES] COMMAND [ARGUMENT...]
 *
 * Its standard descriptors are the command's, closed ones too. When the command has ended, FILE gets one line: its exit
 * status (128 and the signal's number where one ended it), the largest resident memory in KiB and the milliseconds of
 * processor time, of all its threads. -s (60) is how long it may run at all; -m bounds its address space, as ulimit -v
 * does. Exit 0, or 125 where the command could not be run. */
#define _GNU_SOURCE /* wait4 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t child;

static void end_child(int number)
{
    (void)number;
    if (child > 0)
        kill(child, SIGKILL);
}

static _Noreturn void start(char **command, const char *megabytes)
{
    if (megabytes) {
        rlim_t bytes = (rlim_t)strtoull(megabytes, NULL, 10) << 20;
        setrlimit(RLIMIT_AS, &(struct rlimit){ bytes, bytes });
    }
    execvp(command[0], command);
    _exit(125);
}

static long milliseconds(struct timeval time)
{
    return (long)time.tv_sec * 1000 + (long)time.tv_usec / 1000;
}

int main(int argc, char **argv)
{
    const char *out = NULL, *megabytes = NULL;
    struct rusage used;
    int status, seconds = 60, option;
    while ((option = getopt(argc, argv, "+o:s:m:")) != -1) {
        if (option == 'o')
            out = optarg;
        else if (option == 's')
            seconds = atoi(optarg);
        else if (option == 'm')
            megabytes = optarg;
        else
            return 125;
    }
    if (optind == argc)
        return 125;
    child = fork();
    if (child == 0)
        start(argv + optind, megabytes);
    signal(SIGALRM, end_child);
    alarm((unsigned)seconds);
    while (wait4(child, &status, 0, &used) < 0)
        if (errno != EINTR)
            return 125;
    int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    FILE *file = out ? fopen(out, "w") : NULL; /* only now, so that it takes the place of no closed descriptor */
    if (file)
        fprintf(file, "%d %ld %ld\n", code, used.ru_maxrss, milliseconds(used.ru_utime) + milliseconds(used.ru_stime));
    return code == 125 || (out && (!file || fclose(file))) ? 125 : 0;
}
