#include "datasets/scene.h"

#include <math.h>

#include "base/error.h"
#include "datasets/scene_things.h"

_Static_assert((int)THINGS == (int)SCENE_CLASSES, "each thing is a class");

const char *const scene_names[SCENE_CLASSES] = { "balloon", "castle", "flower", "house", "lighthouse",
                                                 "mushroom", "rocket", "sailboat", "snowman", "tree" };

/* The whole picture in its own coordinates. */
static const struct placement picture = { 0, 0, 1, 1, 0, 1, 1 };

enum ground { GRASS, SAND, SNOW, SOIL, WATER, GROUNDS };

struct setting {
    float horizon;                    /* height of the horizon */
    enum ground ground;
    struct colour sky_top, sky_foot;  /* at the top of the picture and at the horizon */
    struct colour far, near;          /* of the ground, at the horizon and at the bottom */
    bool night;
};

static struct colour draw_ground(struct painter *painter, enum ground ground)
{
    switch (ground) {
    case GRASS:
        return draw_hsv(painter, 0.17f, 0.38f, 0.3f, 0.75f, 0.3f, 0.75f);
    case SAND:
        return draw_hsv(painter, 0.08f, 0.14f, 0.2f, 0.5f, 0.65f, 0.95f);
    case SNOW:
        return draw_hsv(painter, 0.52f, 0.68f, 0.01f, 0.14f, 0.82f, 1);
    case SOIL:
        return draw_hsv(painter, 0.02f, 0.12f, 0.15f, 0.5f, 0.2f, 0.5f);
    default:
        return draw_hsv(painter, 0.48f, 0.64f, 0.3f, 0.75f, 0.3f, 0.75f);
    }
}

static void draw_sky(struct painter *painter, struct setting *setting)
{
    float weather = draw_between(painter, 0, 1);
    painter->day = 1;
    setting->night = false;
    if (weather < 0.4f) { /* clear */
        setting->sky_top = draw_hsv(painter, 0.53f, 0.63f, 0.35f, 0.8f, 0.55f, 0.95f);
        setting->sky_foot = draw_hsv(painter, 0.5f, 0.6f, 0.05f, 0.35f, 0.85f, 1);
    } else if (weather < 0.55f) { /* dusk or dawn */
        setting->sky_top = draw_hsv(painter, 0.6f, 0.85f, 0.3f, 0.7f, 0.3f, 0.7f);
        setting->sky_foot = draw_hsv(painter, -0.05f, 0.12f, 0.4f, 0.8f, 0.75f, 1);
        painter->day = draw_between(painter, 0.6f, 0.9f);
    } else if (weather < 0.75f) { /* night */
        setting->sky_top = draw_hsv(painter, 0.58f, 0.75f, 0.4f, 0.85f, 0.1f, 0.25f);
        setting->sky_foot = draw_hsv(painter, 0.55f, 0.7f, 0.3f, 0.7f, 0.18f, 0.45f);
        painter->day = draw_between(painter, 0.45f, 0.7f);
        setting->night = true;
    } else if (weather < 0.9f) { /* overcast */
        setting->sky_top = draw_hsv(painter, 0.5f, 0.65f, 0, 0.15f, 0.45f, 0.85f);
        setting->sky_foot = draw_hsv(painter, 0.5f, 0.65f, 0, 0.15f, 0.6f, 0.95f);
        painter->day = draw_between(painter, 0.75f, 1);
    } else { /* a sky of any colour */
        setting->sky_top = draw_hsv(painter, 0, 1, 0.1f, 0.6f, 0.4f, 0.95f);
        setting->sky_foot = draw_hsv(painter, 0, 1, 0.1f, 0.5f, 0.5f, 1);
    }
}

static struct setting draw_setting(struct painter *painter, enum thing_stance stance)
{
    struct setting setting;
    draw_sky(painter, &setting);
    painter->canvas.light = draw_chance(painter, 0.5f) ? -1 : 1;
    setting.ground = stance == FLOATS_ON_WATER ? WATER : (enum ground)draw_below(painter, GROUNDS);
    setting.horizon = stance == FLIES ? draw_between(painter, -0.05f, 0.35f) : draw_between(painter, 0.2f, 0.55f);
    if (stance != FLOATS_ON_WATER && draw_chance(painter, 0.07f))
        setting.horizon = 1.05f; /* seen from above: ground only */
    setting.near = scale_colour(draw_ground(painter, setting.ground), painter->day);
    float haze = draw_between(painter, 0.1f, 0.5f);
    setting.far = mix_colours(setting.near, setting.sky_foot, haze);
    setting.near = scale_colour(setting.near, draw_between(painter, 0.7f, 1));
    return setting;
}

/* Sky above the horizon, ground below it, both with some texture. */
static void paint_setting(struct painter *painter, const struct setting *setting)
{
    uint32_t seed = random_bits(&painter->random);
    bool water = setting->ground == WATER;
    float rough = draw_between(painter, 0.05f, 0.3f);
    float cloudy = draw_chance(painter, 0.4f) ? draw_between(painter, 0, 0.5f) : 0;
    float grain = draw_between(painter, 4, 14), horizon = setting->horizon;
    struct colour cloud = mix_colours(setting->sky_foot, (struct colour){ 1, 1, 1 }, setting->night ? 0.1f : 0.6f);
    for (int row = 0; row < CANVAS_FINE; row++) {
        for (int column = 0; column < CANVAS_FINE; column++) {
            float x = ((float)column + 0.5f) / CANVAS_FINE, y = 1 - ((float)row + 0.5f) / CANVAS_FINE;
            struct colour *at = &painter->canvas.at[row][column];
            if (y > horizon) {
                float up = (y - horizon) / fmaxf(1 - horizon, 0.3f);
                float puff = value_noise(seed, 4 * x, 9 * y) + 0.5f * value_noise(seed + 1, 9 * x, 19 * y) - 0.75f;
                *at = mix_colours(setting->sky_foot, setting->sky_top, clamp(up, 0, 1));
                *at = mix_colours(*at, cloud, clamp(4 * cloudy * puff, 0, 0.85f));
            } else {
                float down = (horizon - y) / fmaxf(horizon, 0.3f);
                float wave = value_noise(seed + 2, (water ? 0.4f : 1) * grain * x, (water ? 3.5f : 1.6f) * grain * y);
                *at = scale_colour(mix_colours(setting->far, setting->near, down),
                                   1 + rough * (wave - 0.5f) * (0.4f + down));
            }
        }
    }
}

static void paint_sun(struct painter *painter, const struct setting *setting)
{
    struct colour glow = setting->night ? hsv(0.14f, 0.1f, 0.95f) : hsv(draw_between(painter, 0.08f, 0.16f), 0.4f, 1);
    float size = draw_between(painter, 0.035f, 0.085f), y = draw_between(painter, fmaxf(setting->horizon, 0.5f), 0.95f);
    float x = 0.5f + painter->canvas.light * draw_between(painter, 0.1f, 0.45f);
    paint_bright(painter, &picture, ellipse(x, y, 2.2f * size, 2.2f * size), glow, 0.2f);
    paint_bright(painter, &picture, ellipse(x, y, size, size), glow, 1);
    if (setting->night && draw_chance(painter, 0.5f)) /* a crescent */
        paint_bright(painter, &picture, ellipse(x - painter->canvas.light * 0.5f * size, y + 0.2f * size, size, size),
                     setting->sky_top, 1);
}

static void paint_stars(struct painter *painter, const struct setting *setting)
{
    int stars = 4 + draw_below(painter, 14);
    for (int i = 0; i < stars; i++) {
        float x = draw_between(painter, 0, 1), y = draw_between(painter, setting->horizon, 1);
        float size = draw_between(painter, 0.004f, 0.012f);
        paint_bright(painter, &picture, ellipse(x, y, size, size), hsv(0.15f, 0.1f, 1), 0.9f);
    }
}

/* Hills or mountains along the horizon, hazy with distance. */
static void paint_hills(struct painter *painter, const struct setting *setting)
{
    uint32_t seed = random_bits(&painter->random);
    float high = draw_between(painter, 0.05f, 0.25f), steps = draw_between(painter, 2, 6);
    struct colour hill = scale_colour(draw_ground(painter, (enum ground)draw_below(painter, WATER)), painter->day);
    hill = mix_colours(hill, setting->sky_foot, draw_between(painter, 0.2f, 0.65f));
    for (int i = 0; i < CANVAS_SIDE; i++) {
        float x = (float)i / CANVAS_SIDE, next = (float)(i + 1) / CANVAS_SIDE;
        float foot = setting->horizon, left = foot + high * value_noise(seed, steps * x, 0);
        float right = foot + high * value_noise(seed, steps * next, 0);
        struct shape slice = { SHAPE_POLYGON, 4, { x, next + 0.01f, next + 0.01f, x }, { foot, foot, right, left }, 0 };
        paint_bright(painter, &picture, slice, hill, 1);
    }
}

static void paint_birds(struct painter *painter)
{
    float x = draw_between(painter, 0.1f, 0.9f), y = draw_between(painter, 0.65f, 0.95f);
    for (int i = 0; i < 3; i++) {
        float bx = x + draw_between(painter, -0.15f, 0.15f), by = y + draw_between(painter, -0.1f, 0.1f);
        float wing = draw_between(painter, 0.02f, 0.045f);
        for (int side = -1; side <= 1; side += 2)
            paint_bright(painter, &picture, line(bx, by, bx + wing * (float)side, by + 0.6f * wing, 0.007f),
                         (struct colour){ 0.15f, 0.15f, 0.18f }, 0.9f);
    }
}

/* Bushes and stones between the two heights. */
static void paint_clumps(struct painter *painter, int count, float low, float high)
{
    for (int i = 0; i < count; i++) {
        struct colour colour = draw_chance(painter, 0.6f) ? draw_hsv(painter, 0.15f, 0.4f, 0.2f, 0.8f, 0.2f, 0.6f)
                                                          : draw_hsv(painter, 0, 1, 0, 0.3f, 0.25f, 0.75f);
        float x = draw_between(painter, 0, 1), y = draw_between(painter, low, high);
        float wide = draw_between(painter, 0.05f, 0.14f), tall = wide * draw_between(painter, 0.5f, 1.2f);
        paint(painter, &picture, dome(x, y, wide, tall), colour);
        paint(painter, &picture, dome(x + 0.7f * wide, y - 0.01f, 0.7f * wide, 0.65f * tall),
              scale_colour(colour, 0.9f));
    }
}

static struct placement place(struct painter *painter, float x, float y, float size, float lean)
{
    float t = draw_between(painter, -lean, lean); /* tangent of half the angle: cosine and sine without libm */
    struct placement at = { x, y, size, (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t), 1, 1 };
    at.mirror = draw_chance(painter, 0.5f) ? -1 : 1;
    at.stretch = draw_between(painter, 0.82f, 1.15f);
    return at;
}

static void paint_shadow(struct painter *painter, const struct placement *at)
{
    float away = -painter->canvas.light * draw_between(painter, 0.1f, 0.5f) * at->size;
    paint_bright(painter, &picture, ellipse(at->x + away, at->y - 0.98f * at->size, 0.8f * at->size, 0.14f * at->size),
                 (struct colour){ 0, 0, 0 }, 0.3f * painter->day);
}

/* A thing with its feet on the ground, on the water or in the air, at a size. */
static void paint_thing(struct painter *painter, const struct setting *setting, int class, float size)
{
    const struct thing *thing = &things[class];
    float x = draw_between(painter, 0.3f, 0.7f) + (0.5f - size) * draw_between(painter, -0.8f, 0.8f), feet;
    if (thing->stance == FLIES)
        feet = draw_between(painter, 0.02f, fmaxf(0.05f, 0.98f - 2 * size));
    else
        feet = fminf(setting->horizon, 0.5f) * draw_between(painter, 0.15f, 0.9f);
    if (feet + 2 * size > 1.06f) /* a tall object may lose its tip, but not its main part */
        feet = 1.06f - 2 * size;
    struct placement at = place(painter, x, feet + size, size, thing->lean);
    float depth = clamp((setting->horizon - feet) / fmaxf(setting->horizon, 0.3f), 0, 1);
    painter->ground = mix_colours(setting->far, setting->near, depth);
    if (thing->stance == STANDS && setting->ground != WATER)
        paint_shadow(painter, &at);
    else if (thing->stance == STANDS) /* an island */
        paint(painter, &picture, ellipse(x, feet, 1.3f * size, 0.22f * size),
              draw_ground(painter, (enum ground)draw_below(painter, WATER)));
    thing->draw(painter, &at);
}

/* Something between the object and the viewer: bushes at the bottom, a post, a branch, falling snow. */
static void paint_front(struct painter *painter)
{
    switch (draw_below(painter, 4)) {
    case 0:
        paint_clumps(painter, 1 + draw_below(painter, 4), -0.05f, 0.3f);
        break;
    case 1: {
        float x = draw_between(painter, 0, 1), width = draw_between(painter, 0.015f, 0.05f);
        paint(painter, &picture, box(x - width, -0.1f, x + width, draw_between(painter, 0.3f, 1.1f)),
              hsv(0.07f, 0.3f, 0.4f));
        break;
    }
    case 2: {
        float y = draw_between(painter, 0.5f, 1), drop = draw_between(painter, -0.2f, 0.2f);
        paint(painter, &picture, line(-0.1f, y, 0.6f, y + drop, 0.02f), hsv(0.07f, 0.5f, 0.3f));
        for (int leaf = 0; leaf < 4; leaf++) {
            float far = draw_between(painter, 0, 1);
            paint(painter, &picture, ellipse(-0.1f + 0.7f * far, y + drop * far - 0.03f, 0.06f, 0.04f),
                  hsv(0.28f, 0.6f, 0.45f));
        }
        break;
    }
    default:
        for (int flake = 0; flake < 25; flake++) {
            float x = draw_between(painter, 0, 1), y = draw_between(painter, 0, 1);
            paint_bright(painter, &picture, ellipse(x, y, 0.013f, 0.013f), (struct colour){ 1, 1, 1 }, 0.8f);
        }
    }
}

/* Haze over everything, of the sky's colour, thicker on one side. */
static void paint_haze(struct painter *painter, const struct setting *setting)
{
    uint32_t seed = random_bits(&painter->random);
    float thick = draw_between(painter, 0.2f, 0.6f);
    for (int row = 0; row < CANVAS_FINE; row++)
        for (int column = 0; column < CANVAS_FINE; column++) {
            float x = (float)column / CANVAS_FINE, y = (float)row / CANVAS_FINE;
            struct colour *at = &painter->canvas.at[row][column];
            *at = mix_colours(*at, setting->sky_foot, thick * (0.5f + 0.5f * value_noise(seed, 3 * x, 3 * y)));
        }
}

/* The camera: downsampling, then contrast, brightness, a colour cast, some desaturation, and noise. */
static void develop(struct painter *painter, uint8_t *image)
{
    float gain[3], contrast = draw_between(painter, 0.6f, 1.1f), shift = draw_between(painter, -0.06f, 0.1f);
    float grey = draw_chance(painter, 0.2f) ? draw_between(painter, 0.2f, 1) : 0;
    float noise = draw_between(painter, 0.01f, 0.08f);
    for (int c = 0; c < 3; c++)
        gain[c] = draw_between(painter, 0.88f, 1.12f);
    for (int row = 0; row < CANVAS_SIDE; row++) {
        for (int column = 0; column < CANVAS_SIDE; column++) {
            struct colour sum = { 0, 0, 0 };
            for (int y = 0; y < CANVAS_SUPERSAMPLING; y++)
                for (int x = 0; x < CANVAS_SUPERSAMPLING; x++) {
                    const struct colour *at = &painter->canvas.at[CANVAS_SUPERSAMPLING * row + y]
                                                                 [CANVAS_SUPERSAMPLING * column + x];
                    sum = (struct colour){ sum.r + at->r, sum.g + at->g, sum.b + at->b };
                }
            sum = scale_colour(sum, 1.0f / (CANVAS_SUPERSAMPLING * CANVAS_SUPERSAMPLING));
            float luma = 0.3f * sum.r + 0.59f * sum.g + 0.11f * sum.b;
            sum = mix_colours(sum, (struct colour){ luma, luma, luma }, grey);
            const float rgb[3] = { sum.r, sum.g, sum.b };
            for (int c = 0; c < 3; c++) {
                float grain = noise * (random_uniform(&painter->random) - 0.5f); /* two draws, two statements */
                grain += noise * (random_uniform(&painter->random) - 0.5f);
                float value = 0.5f + contrast * (gain[c] * rgb[c] - 0.5f) + shift + grain;
                image[(c * CANVAS_SIDE + row) * CANVAS_SIDE + column] = (uint8_t)(clamp(value, 0, 1) * 255 + 0.5f);
            }
        }
    }
}

void scene_draw(uint8_t *image, int class, uint64_t seed, uint64_t item)
{
    struct painter painter;
    if (class < 0 || class >= SCENE_CLASSES)
        die("scene_draw: class %d (0 to %d)", class, SCENE_CLASSES - 1);
    painter.random = random_of(seed, item);
    struct setting setting = draw_setting(&painter, things[class].stance);
    paint_setting(&painter, &setting);
    if (setting.night && draw_chance(&painter, 0.8f))
        paint_stars(&painter, &setting);
    if (setting.horizon < 0.9f && draw_chance(&painter, 0.4f))
        paint_sun(&painter, &setting);
    if (setting.horizon < 0.9f && draw_chance(&painter, 0.45f))
        paint_hills(&painter, &setting);
    if (!setting.night && draw_chance(&painter, 0.15f))
        paint_birds(&painter);
    if (setting.ground != WATER && draw_chance(&painter, 0.5f))
        paint_clumps(&painter, 1 + draw_below(&painter, 4), 0.3f * setting.horizon, fminf(setting.horizon, 0.6f));
    float size = draw_between(&painter, 0.2f, 0.44f);
    if (draw_chance(&painter, 0.4f)) { /* something else, smaller, behind */
        int other = draw_below(&painter, SCENE_CLASSES);
        if (things[other].stance != FLOATS_ON_WATER || setting.ground == WATER)
            paint_thing(&painter, &setting, other, size * draw_between(&painter, 0.4f, 0.65f));
    }
    paint_thing(&painter, &setting, class, size);
    if (draw_chance(&painter, 0.22f))
        paint_haze(&painter, &setting);
    for (int i = draw_below(&painter, 3); i > 0; i--)
        paint_front(&painter);
    develop(&painter, image);
}
