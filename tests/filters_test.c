/* Which filters are drawn, in what order and on what scale. */
#include <stdio.h>

#include "check.h"
#include "methods/filters.h"

/* 4 filters of 2 channels, 1 x 2: norms 1, 5, 5, 2; strongest input channels 0, 1, 0, 0 (a tie) */
static const float weight[16] = { -1, 0, 0, 0, /**/ 0, 0, 3, 4, /**/ -4, 3, 0, 0, /**/ 1, 1, -1, 1 };
static const struct filters filters = { 4, 2, 1, 2, weight };

static void order_by_number_and_by_norm(void)
{
    int64_t order[4];
    const int64_t number[4] = { 0, 1, 2, 3 }, norm[4] = { 1, 2, 3, 0 };
    filters_order(order, &filters, false);
    CHECK_BYTES(order, number, sizeof order);
    filters_order(order, &filters, true);
    CHECK_BYTES(order, norm, sizeof order);
}

static void strongest_inputs_first(void)
{
    const int64_t first[4] = { 0, 1, 0, 0 };
    for (int k = 0; k < 4; k++) {
        int64_t order[2];
        filter_inputs_order(order, &filters, k);
        CHECK_INTEGER(order[0], first[k]);
        CHECK_INTEGER(order[1], 1 - first[k]);
    }
}

static void zero_is_the_middle_of_every_scale(void)
{
    struct range all = filters_range(&filters), one = filter_range(&filters, 0);
    CHECK_NEAR((double)all.low, -4, 0);
    CHECK_NEAR((double)all.high, 4, 0);
    CHECK_NEAR((double)one.low, -1, 0);
    CHECK_NEAR((double)one.high, 1, 0);
}

static void kernels_are_grey_by_sign(void)
{
    struct image image = filter_kernel(&filters, 2, 0, filters_range(&filters), PALETTE_GREY);
    CHECK_INTEGER(image.width, 2);
    CHECK_INTEGER(image.height, 1);
    CHECK_INTEGER(image.rgb[0], 0);   /* -4 */
    CHECK_INTEGER(image.rgb[3], 223); /* 3 of 4: 255 (1/2 + 3/8) */
    image_free(&image);
    image = filter_kernel(&filters, 2, 1, filters_range(&filters), PALETTE_GREY);
    CHECK_INTEGER(image.rgb[0], 128);
    image_free(&image);
}

static void three_channels_are_red_green_and_blue(void)
{
    const float rgb[3] = { 2, 0, -2 };
    struct filters one = { 1, 3, 1, 1, rgb };
    struct image image = filter_rgb(&one, 0, filters_range(&one));
    CHECK_INTEGER(image.rgb[0], 255);
    CHECK_INTEGER(image.rgb[1], 128);
    CHECK_INTEGER(image.rgb[2], 0);
    image_free(&image);
}

int main(void)
{
    RUN(order_by_number_and_by_norm);
    RUN(strongest_inputs_first);
    RUN(zero_is_the_middle_of_every_scale);
    RUN(kernels_are_grey_by_sign);
    RUN(three_channels_are_red_green_and_blue);
    return check_verdict();
}
