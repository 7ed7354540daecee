/* Learning rates over a run of training. */
#ifndef TALE_LEARNING_SCHEDULE_H
#define TALE_LEARNING_SCHEDULE_H

enum schedule_shape {
    SCHEDULE_TRIANGLE, /* linearly down to the final share (Smith 2017) */
    SCHEDULE_COSINE,   /* half a cosine down (Loshchilov and Hutter 2017) */
    SCHEDULE_CONSTANT
};

struct schedule {
    enum schedule_shape shape;
    double peak;   /* learning rate after the warm-up */
    double warmup; /* share of the run in which the rate rises linearly */
    double start;  /* share of the peak at the first step, if there is a warm-up */
    double end;    /* share of the peak at the end */
};

/* The rate at `progress` in [0,1] of the run. */
double schedule_rate(const struct schedule *schedule, double progress);

#endif
