#include "learning/schedule.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

double schedule_rate(const struct schedule *schedule, double progress)
{
    if (progress < schedule->warmup)
        return schedule->peak * (schedule->start + (1 - schedule->start) * progress / schedule->warmup);
    double down = schedule->warmup < 1 ? (progress - schedule->warmup) / (1 - schedule->warmup) : 1;
    double height = 1;
    if (schedule->shape == SCHEDULE_TRIANGLE)
        height = 1 - down;
    else if (schedule->shape == SCHEDULE_COSINE)
        height = 0.5 * (1 + cos(pi * down));
    return schedule->peak * (schedule->end + (1 - schedule->end) * height);
}
