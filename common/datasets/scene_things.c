#include "datasets/scene_things.h"

/* C does not define the order in which the arguments of a call are evaluated, so no call here has two arguments that
 * draw random numbers: otherwise pictures would depend on the compiler. */

static const struct colour black = { 0.08f, 0.07f, 0.08f }, white = { 0.97f, 0.96f, 0.93f };
static const struct colour window_light = { 1.0f, 0.86f, 0.45f };

float draw_between(struct painter *painter, float low, float high)
{
    return low + (high - low) * random_uniform(&painter->random);
}

bool draw_chance(struct painter *painter, float chance)
{
    return random_uniform(&painter->random) < chance;
}

int draw_below(struct painter *painter, int bound)
{
    return (int)random_below(&painter->random, (uint32_t)bound);
}

struct colour draw_hsv(struct painter *painter, float hue0, float hue1, float saturation0, float saturation1,
                       float value0, float value1)
{
    float hue = draw_between(painter, hue0, hue1), saturation = draw_between(painter, saturation0, saturation1);
    return hsv(hue, saturation, draw_between(painter, value0, value1));
}

void paint(struct painter *painter, const struct placement *at, struct shape shape, struct colour colour)
{
    canvas_paint(&painter->canvas, at, shape, (struct brush){ scale_colour(colour, painter->day), 1, 0.22f });
}

void paint_bright(struct painter *painter, const struct placement *at, struct shape shape, struct colour colour,
                  float alpha)
{
    canvas_paint(&painter->canvas, at, shape, (struct brush){ colour, alpha, 0 });
}

/* A window or a door: lit in the dark, dark by day. */
static void paint_opening(struct painter *painter, const struct placement *at, struct shape shape, bool lit)
{
    paint_bright(painter, at, shape, lit && painter->day < 0.7f ? window_light : scale_colour(black, 2), 1);
}

/* Colours that walls, sails and bodies have: mostly pale, now and then strong. */
static struct colour draw_wall(struct painter *painter)
{
    return draw_chance(painter, 0.65f) ? draw_hsv(painter, 0, 1, 0.03f, 0.3f, 0.65f, 0.98f)
                                       : draw_hsv(painter, 0, 1, 0.4f, 0.8f, 0.5f, 0.9f);
}

static struct colour draw_strong(struct painter *painter)
{
    return draw_hsv(painter, 0, 1, 0.6f, 0.95f, 0.55f, 0.95f);
}

static struct colour draw_leaf(struct painter *painter)
{
    float season = draw_between(painter, 0, 1);
    if (season < 0.6f)
        return draw_hsv(painter, 0.2f, 0.42f, 0.35f, 0.8f, 0.3f, 0.7f);
    if (season < 0.85f)
        return draw_hsv(painter, -0.02f, 0.14f, 0.6f, 0.9f, 0.5f, 0.9f); /* autumn */
    return draw_hsv(painter, 0.85f, 1, 0.15f, 0.4f, 0.8f, 1);            /* blossom */
}

static void draw_balloon(struct painter *painter, const struct placement *at)
{
    struct colour envelope = draw_strong(painter), gore = draw_chance(painter, 0.7f) ? draw_wall(painter) : envelope;
    float width = draw_between(painter, 0.55f, 0.68f), neck = draw_between(painter, -0.52f, -0.4f);
    float basket = draw_between(painter, 0.13f, 0.2f);
    paint_bright(painter, at, line(-0.3f, neck + 0.2f, -basket + 0.03f, -0.75f, 0.02f), black, 0.8f);
    paint_bright(painter, at, line(0.3f, neck + 0.2f, basket - 0.03f, -0.75f, 0.02f), black, 0.8f);
    paint(painter, at, trapezoid(0, neck, 0.16f, 0.1f, width * 0.93f), envelope);
    paint(painter, at, ellipse(0, 0.35f, width, 0.65f), envelope);
    if (draw_chance(painter, 0.6f)) {
        paint(painter, at, trapezoid(0, neck, 0.1f, 0.15f, width * 0.5f), gore);
        paint(painter, at, ellipse(0, 0.35f, width * 0.52f, 0.65f), gore);
        paint(painter, at, trapezoid(0, neck, 0.04f, 0.15f, width * 0.16f), envelope);
        paint(painter, at, ellipse(0, 0.35f, width * 0.18f, 0.65f), envelope);
    } else {
        float y = draw_between(painter, 0.15f, 0.5f), half = draw_between(painter, 0.06f, 0.16f);
        paint(painter, at, box(-width * 0.94f, y - half, width * 0.94f, y + half), gore);
    }
    paint(painter, at, box(-basket, -1, basket, -0.72f), draw_hsv(painter, 0.05f, 0.11f, 0.4f, 0.7f, 0.35f, 0.65f));
}

/* Battlements on top of a wall. */
static void paint_crenels(struct painter *painter, const struct placement *at, float left, float right, float y,
                          int count, struct colour stone)
{
    float step = (right - left) / (float)(2 * count - 1);
    for (int i = 0; i < count; i++)
        paint(painter, at, box(left + (float)(2 * i) * step, y - 0.02f, left + (float)(2 * i + 1) * step, y + 0.14f),
              stone);
}

static void draw_castle(struct painter *painter, const struct placement *at)
{
    struct colour stone = draw_chance(painter, 0.75f) ? draw_hsv(painter, 0.05f, 0.13f, 0.03f, 0.35f, 0.4f, 0.85f)
                                                      : draw_wall(painter);
    struct colour roof = draw_strong(painter), shadow = scale_colour(stone, 0.82f);
    float wall = draw_between(painter, -0.1f, 0.15f), tower = draw_between(painter, 0.3f, 0.6f);
    float half = draw_between(painter, 0.2f, 0.28f);
    bool pointed = draw_chance(painter, 0.4f), lit = draw_chance(painter, 0.7f);
    if (draw_chance(painter, 0.5f)) { /* the keep behind */
        paint(painter, at, box(-0.3f, -0.5f, 0.3f, 0.55f), shadow);
        paint_crenels(painter, at, -0.3f, 0.3f, 0.55f, 3, shadow);
    }
    paint(painter, at, box(-0.7f, -1, 0.7f, wall), shadow);
    paint_crenels(painter, at, -0.6f, 0.6f, wall, 4, shadow);
    for (int side = -1; side <= 1; side += 2) {
        float x = 0.72f * (float)side;
        paint(painter, at, box(x - half, -1, x + half, tower), stone);
        if (pointed)
            paint(painter, at, triangle(x - half - 0.07f, tower, x + half + 0.07f, tower, x, tower + 0.5f), roof);
        else
            paint_crenels(painter, at, x - half - 0.04f, x + half + 0.04f, tower, 3, stone);
        paint_opening(painter, at, box(x - 0.06f, tower - 0.4f, x + 0.06f, tower - 0.15f), lit);
    }
    paint_opening(painter, at, box(-0.2f, -1, 0.2f, -0.6f), false);
    paint_opening(painter, at, dome(0, -0.61f, 0.2f, 0.2f), false);
    if (draw_chance(painter, 0.5f)) {
        float top = tower + (pointed ? 0.45f : 0.1f);
        paint_bright(painter, at, line(0.72f, top, 0.72f, top + 0.4f, 0.02f), black, 1);
        paint(painter, at, triangle(0.72f, top + 0.4f, 0.72f, top + 0.18f, 1.05f, top + 0.29f), draw_strong(painter));
    }
}

/* Directions around a circle: cosine and sine of k / 8 and of k / 5 of a turn. */
static const float eighths[8][2] = { { 1, 0 }, { 0.70711f, 0.70711f }, { 0, 1 }, { -0.70711f, 0.70711f },
                                     { -1, 0 }, { -0.70711f, -0.70711f }, { 0, -1 }, { 0.70711f, -0.70711f } };
static const float fifths[5][2] = { { 0, 1 }, { -0.95106f, 0.30902f }, { -0.58779f, -0.80902f },
                                    { 0.58779f, -0.80902f }, { 0.95106f, 0.30902f } };

static void paint_blossom(struct painter *painter, const struct placement *at, float x, float y, float size)
{
    struct colour petal = draw_chance(painter, 0.25f) ? white : draw_strong(painter);
    struct colour heart = draw_hsv(painter, 0.04f, 0.17f, 0.5f, 0.95f, 0.4f, 1);
    if (draw_chance(painter, 0.25f)) { /* a tulip, from the side */
        paint(painter, at, ellipse(x, y - 0.05f * size, 0.75f * size, 0.8f * size), petal);
        for (int i = -1; i <= 1; i++) {
            float tip = x + 0.55f * size * (float)i;
            paint(painter, at, triangle(tip - 0.35f * size, y, tip + 0.35f * size, y, tip, y + size), petal);
        }
        return;
    }
    bool eight = draw_chance(painter, 0.5f);
    float petal_size = size * (eight ? draw_between(painter, 0.3f, 0.42f) : draw_between(painter, 0.4f, 0.55f));
    for (int i = 0; i < (eight ? 8 : 5); i++) {
        const float *way = eight ? eighths[i] : fifths[i];
        paint(painter, at, ellipse(x + 0.65f * size * way[0], y + 0.65f * size * way[1], petal_size, petal_size),
              petal);
    }
    paint(painter, at, ellipse(x, y, 0.4f * size, 0.4f * size), heart);
}

static void draw_flower(struct painter *painter, const struct placement *at)
{
    struct colour green = draw_hsv(painter, 0.2f, 0.4f, 0.45f, 0.85f, 0.3f, 0.7f);
    float bend = draw_between(painter, -0.2f, 0.2f), head = draw_between(painter, 0.32f, 0.52f);
    float y = 0.95f - head, width = draw_between(painter, 0.035f, 0.07f);
    paint(painter, at, line(0, -1, bend, -0.2f, width), green);
    paint(painter, at, line(bend, -0.2f, bend * 0.6f, y, width), green);
    for (int side = -1; side <= 1; side += 2) {
        float foot = draw_between(painter, -0.85f, -0.3f), reach = draw_between(painter, 0.3f, 0.55f) * (float)side;
        if (draw_chance(painter, 0.8f))
            paint(painter, at, triangle(bend * 0.5f, foot, reach, foot + draw_between(painter, 0.15f, 0.5f),
                                        bend * 0.5f, foot + 0.22f), green);
    }
    paint_blossom(painter, at, bend * 0.6f, y, head);
    if (draw_chance(painter, 0.25f)) /* in a pot */
        paint(painter, at, trapezoid(0, -1, 0.22f, -0.6f, 0.34f), draw_hsv(painter, 0, 0.1f, 0.4f, 0.8f, 0.4f, 0.8f));
}

static void draw_house(struct painter *painter, const struct placement *at)
{
    struct colour wall = draw_wall(painter), roof = draw_hsv(painter, -0.05f, 0.12f, 0.2f, 0.8f, 0.25f, 0.7f);
    float half = draw_between(painter, 0.6f, 0.85f), eaves = draw_between(painter, -0.15f, 0.2f);
    float ridge = eaves + draw_between(painter, 0.45f, 0.75f), flat = draw_chance(painter, 0.35f) ? 0.55f * half : 0;
    float door = draw_between(painter, -0.55f, 0.55f) * half;
    bool lit = draw_chance(painter, 0.8f);
    if (draw_chance(painter, 0.15f))
        roof = draw_strong(painter);
    if (draw_chance(painter, 0.6f)) { /* a chimney, and its smoke */
        float x = draw_between(painter, 0.2f, 0.55f) * half;
        paint(painter, at, box(x, eaves, x + 0.2f, ridge + 0.1f), scale_colour(roof, 0.75f));
        if (draw_chance(painter, 0.5f))
            for (int puff = 0; puff < 3; puff++)
                paint_bright(painter, at, ellipse(x + 0.12f + 0.16f * (float)puff, ridge + 0.22f + 0.17f * (float)puff,
                                                  0.1f + 0.05f * (float)puff, 0.1f + 0.03f * (float)puff), white, 0.5f);
    }
    paint(painter, at, box(-half, -1, half, eaves), wall);
    paint(painter, at, (struct shape){ SHAPE_POLYGON, 4, { -half - 0.14f, half + 0.14f, flat, -flat },
                                       { eaves, eaves, ridge, ridge }, 0 }, roof);
    paint_opening(painter, at, box(door - 0.13f, -1, door + 0.13f, -0.5f), false);
    for (int side = -1; side <= 1; side += 2) {
        float x = 0.55f * half * (float)side;
        if (x < door - 0.3f || x > door + 0.3f) {
            paint_bright(painter, at, box(x - 0.18f, -0.55f, x + 0.18f, -0.15f), scale_colour(white, painter->day), 1);
            paint_opening(painter, at, box(x - 0.13f, -0.5f, x + 0.13f, -0.2f), lit);
        }
    }
}

static void draw_lighthouse(struct painter *painter, const struct placement *at)
{
    struct colour wall = draw_chance(painter, 0.6f) ? white : draw_wall(painter), band = draw_strong(painter);
    struct colour cap = draw_chance(painter, 0.6f) ? band : scale_colour(black, 3);
    float foot = draw_between(painter, 0.28f, 0.42f), neck = foot * draw_between(painter, 0.5f, 0.7f);
    int bands = draw_below(painter, 4), stripes = 2 * bands + 1;
    struct colour rock = draw_hsv(painter, 0.05f, 0.12f, 0.05f, 0.3f, 0.3f, 0.55f);
    paint(painter, at, dome(0, -1.05f, draw_between(painter, 0.5f, 0.9f), 0.25f), rock);
    paint(painter, at, trapezoid(0, -0.95f, foot, 0.5f, neck), wall);
    for (int i = 1; i < stripes; i += 2) {
        float low = (float)i / (float)stripes, high = (float)(i + 1) / (float)stripes;
        paint(painter, at, trapezoid(0, -0.95f + 1.45f * low, foot + (neck - foot) * low, -0.95f + 1.45f * high,
                                     foot + (neck - foot) * high), band);
    }
    if (painter->day < 0.7f) { /* the beam, to one side */
        float drop = draw_between(painter, -0.1f, 0.25f);
        paint_bright(painter, at, triangle(0, 0.65f, 3, 0.9f + drop, 3, 0.35f + drop), window_light, 0.35f);
    }
    paint(painter, at, box(-neck - 0.1f, 0.46f, neck + 0.1f, 0.54f), scale_colour(black, 3));
    paint_bright(painter, at, box(-neck * 0.65f, 0.54f, neck * 0.65f, 0.78f), window_light, 1);
    paint(painter, at, dome(0, 0.77f, neck * 0.85f, 0.22f), cap);
    paint_opening(painter, at, box(-0.08f, -0.95f, 0.08f, -0.65f), false);
}

static void draw_mushroom(struct painter *painter, const struct placement *at)
{
    struct colour cap = draw_chance(painter, 0.5f) ? draw_hsv(painter, -0.04f, 0.04f, 0.6f, 0.9f, 0.6f, 0.9f)
                                                   : draw_hsv(painter, -0.03f, 0.4f, 0.15f, 0.85f, 0.3f, 0.95f);
    struct colour stem = draw_hsv(painter, 0.08f, 0.16f, 0.03f, 0.25f, 0.7f, 0.98f), under = scale_colour(stem, 0.75f);
    float foot = draw_between(painter, 0.17f, 0.32f), neck = foot * draw_between(painter, 0.6f, 0.95f);
    float rim = draw_between(painter, -0.1f, 0.2f), width = draw_between(painter, 0.6f, 0.95f);
    float height = draw_between(painter, 0.5f, 0.8f);
    paint(painter, at, trapezoid(0, -1, foot, rim, neck), stem);
    paint(painter, at, ellipse(0, -0.95f, foot, 0.1f), stem);
    paint(painter, at, ellipse(0, rim, width, draw_between(painter, 0.1f, 0.18f)), under);
    paint(painter, at, dome(0, rim, width, height), cap);
    if (draw_chance(painter, 0.6f)) {
        int spots = 3 + draw_below(painter, 4);
        for (int i = 0; i < spots; i++) {
            float across = draw_between(painter, -0.7f, 0.7f);
            float up = draw_between(painter, 0.15f, 0.85f) * (1 - across * across);
            float size = draw_between(painter, 0.06f, 0.13f);
            paint(painter, at, ellipse(across * width, rim + up * height, size, size * 0.85f), white);
        }
    }
    if (draw_chance(painter, 0.3f)) /* its ring */
        paint(painter, at, trapezoid(0, rim - 0.4f, neck + 0.13f, rim - 0.25f, neck), under);
}

static void draw_rocket(struct painter *painter, const struct placement *at)
{
    struct colour body = draw_chance(painter, 0.6f) ? draw_hsv(painter, 0, 1, 0, 0.1f, 0.75f, 1) : draw_wall(painter);
    struct colour trim = draw_strong(painter);
    float half = draw_between(painter, 0.2f, 0.32f), tail = draw_between(painter, -0.6f, -0.45f);
    float shoulder = draw_between(painter, 0.3f, 0.5f), fin = draw_between(painter, 0.2f, 0.38f);
    if (draw_chance(painter, 0.75f)) { /* its flame */
        float reach = draw_between(painter, -1.25f, -0.95f);
        paint_bright(painter, at, triangle(-half * 0.8f, tail, half * 0.8f, tail, 0, reach),
                     hsv(draw_between(painter, 0.02f, 0.09f), 0.9f, 1), 0.95f);
        paint_bright(painter, at, triangle(-half * 0.4f, tail, half * 0.4f, tail, 0, (tail + reach) / 2),
                     hsv(0.15f, 0.5f, 1), 1);
    }
    for (int side = -1; side <= 1; side += 2) {
        float x = half * (float)side, out = (half + fin) * (float)side;
        paint(painter, at, (struct shape){ SHAPE_POLYGON, 4, { x, x, out, out },
                                           { tail + 0.45f, tail, tail - 0.2f, tail + 0.1f }, 0 }, trim);
    }
    paint(painter, at, (struct shape){ SHAPE_POLYGON, 8,
        { -half * 0.75f, half * 0.75f, half, half, half * 0.6f, 0, -half * 0.6f, -half },
        { tail, tail, tail + 0.3f, shoulder, shoulder + 0.33f, 0.98f, shoulder + 0.33f, shoulder }, 0 }, body);
    paint(painter, at, (struct shape){ SHAPE_POLYGON, 3, { -half * 0.62f, half * 0.62f, 0 },
                                       { shoulder + 0.32f, shoulder + 0.32f, 1 }, 0 }, trim);
    if (draw_chance(painter, 0.4f))
        paint(painter, at, box(-half, tail + 0.3f, half, tail + 0.45f), trim);
    if (draw_chance(painter, 0.8f)) {
        float size = half * draw_between(painter, 0.4f, 0.62f), y = shoulder - draw_between(painter, 0, 0.2f);
        paint(painter, at, ellipse(0, y, size, size), trim);
        paint_bright(painter, at, ellipse(0, y, size * 0.65f, size * 0.65f), hsv(0.55f, 0.4f, 0.9f), 1);
    }
}

static void draw_sailboat(struct painter *painter, const struct placement *at)
{
    struct colour hull = draw_chance(painter, 0.5f) ? draw_strong(painter)
                                                    : draw_hsv(painter, 0.04f, 0.1f, 0.4f, 0.7f, 0.3f, 0.6f);
    struct colour sail = draw_chance(painter, 0.6f) ? white : draw_wall(painter), jib = sail;
    float deck = draw_between(painter, -0.62f, -0.5f), half = draw_between(painter, 0.6f, 0.9f);
    float mast = draw_between(painter, -0.1f, 0.2f), boom = draw_between(painter, 0.55f, 0.8f);
    float jib_top = draw_between(painter, 0.3f, 0.8f), jib_reach = draw_between(painter, 0.4f, 0.65f);
    if (draw_chance(painter, 0.3f))
        jib = draw_strong(painter);
    paint(painter, at, line(mast, deck, mast, 0.98f, 0.035f), draw_hsv(painter, 0.06f, 0.1f, 0.3f, 0.6f, 0.25f, 0.5f));
    paint(painter, at, triangle(mast - 0.05f, deck + 0.14f, mast - 0.05f, 0.92f, mast - 0.05f - boom, deck + 0.2f),
          sail);
    if (draw_chance(painter, 0.75f))
        paint(painter, at, triangle(mast + 0.06f, deck + 0.12f, mast + 0.06f, jib_top, mast + jib_reach, deck + 0.12f),
              jib);
    if (draw_chance(painter, 0.4f))
        paint(painter, at, triangle(mast, 0.98f, mast, 0.84f, mast + 0.25f, 0.91f), draw_strong(painter));
    paint(painter, at, trapezoid(0, -1, half * draw_between(painter, 0.55f, 0.8f), deck, half), hull);
    if (draw_chance(painter, 0.5f))
        paint(painter, at, trapezoid(0, deck - 0.1f, half * 0.93f, deck, half), white);
    /* the water closes over the keel and breaks at the bow */
    paint_bright(painter, at, box(-1.1f, -1.06f, 1.1f, -0.93f), painter->ground, 0.85f);
    paint_bright(painter, at, line(-half, -0.93f, half, -0.93f, 0.025f), scale_colour(white, painter->day), 0.6f);
}

static void draw_snowman(struct painter *painter, const struct placement *at)
{
    struct colour snow = draw_hsv(painter, 0.5f, 0.65f, 0, 0.1f, 0.88f, 1), trim = draw_strong(painter);
    struct colour stick = draw_hsv(painter, 0.04f, 0.09f, 0.4f, 0.6f, 0.2f, 0.4f);
    float belly = draw_between(painter, 0.42f, 0.55f), head = draw_between(painter, 0.24f, 0.31f);
    float head_y = -1.05f + 2 * belly + 0.7f * head, reach = draw_between(painter, 0.35f, 0.55f);
    bool three = draw_chance(painter, 0.55f);
    if (draw_chance(painter, 0.15f))
        snow = draw_hsv(painter, 0.07f, 0.13f, 0.2f, 0.45f, 0.7f, 0.9f); /* of sand */
    if (draw_chance(painter, 0.7f))
        for (int side = -1; side <= 1; side += 2)
            paint(painter, at, line(0.25f * (float)side, head_y - 0.45f, (0.3f + reach) * (float)side,
                                    head_y - draw_between(painter, 0.1f, 0.6f), 0.035f), stick);
    paint(painter, at, ellipse(0, -1 + belly * 0.92f, belly, belly * 0.95f), snow);
    if (three) {
        paint(painter, at, ellipse(0, -0.25f, belly * 0.75f, belly * 0.7f), snow);
        head_y = -0.25f + belly * 0.7f + 0.72f * head;
    }
    paint(painter, at, ellipse(0, head_y, head, head), snow);
    if (draw_chance(painter, 0.5f)) /* a scarf */
        paint(painter, at, box(-head * 0.9f, head_y - head - 0.04f, head * 0.9f, head_y - head + 0.12f), trim);
    paint_bright(painter, at, ellipse(-0.1f, head_y + 0.06f, 0.05f, 0.05f), black, 1);
    paint_bright(painter, at, ellipse(0.1f, head_y + 0.06f, 0.05f, 0.05f), black, 1);
    paint(painter, at, triangle(-0.02f, head_y - 0.01f, -0.02f, head_y - 0.11f, 0.28f, head_y - 0.08f),
          hsv(0.07f, 0.9f, 0.95f));
    for (int button = 0; button < 3; button++)
        paint_bright(painter, at, ellipse(0, -0.3f - 0.2f * (float)button, 0.045f, 0.045f), black, 0.9f);
    if (draw_chance(painter, 0.7f)) { /* a hat */
        struct colour felt = draw_chance(painter, 0.6f) ? scale_colour(black, 2) : trim;
        float brim = head_y + head * 0.75f;
        paint(painter, at, box(-head * 1.15f, brim, head * 1.15f, brim + 0.09f), felt);
        paint(painter, at, box(-head * 0.75f, brim, head * 0.75f, brim + draw_between(painter, 0.28f, 0.42f)), felt);
    }
}

static void paint_fir(struct painter *painter, const struct placement *at, struct colour leaf)
{
    int tiers = 2 + draw_below(painter, 3);
    float foot = draw_between(painter, -0.7f, -0.55f), half = draw_between(painter, 0.5f, 0.75f);
    for (int i = 0; i < tiers; i++) {
        float low = foot + (0.95f - foot) * 0.8f * (float)i / (float)tiers;
        float high = foot + (1 - foot) * clamp(0.8f * (float)(i + 1) / (float)tiers + 0.2f, 0, 1);
        float width = half * (1 - 0.65f * (float)i / (float)tiers);
        paint(painter, at, triangle(-width, low, width, low, 0, high), leaf);
    }
}

static void paint_crown(struct painter *painter, const struct placement *at, struct colour leaf)
{
    int clumps = draw_below(painter, 3) ? 5 + draw_below(painter, 4) : 0;
    float width = draw_between(painter, 0.5f, 0.75f), height = draw_between(painter, 0.45f, 0.6f), y = 0.98f - height;
    paint(painter, at, ellipse(0, y, width * (clumps ? 0.75f : 1), height * (clumps ? 0.8f : 1)), leaf);
    for (int i = 0; i < clumps; i++) {
        const float *way = eighths[draw_below(painter, 8)];
        float size = draw_between(painter, 0.2f, 0.34f), far = draw_between(painter, 0.4f, 0.7f);
        paint(painter, at, ellipse(way[0] * far * width, y + way[1] * far * height, size, size * 0.9f),
              scale_colour(leaf, draw_between(painter, 0.82f, 1.15f)));
    }
    if (draw_chance(painter, 0.2f)) /* fruit */
        for (int i = 0; i < 5; i++) {
            float across = draw_between(painter, -0.6f, 0.6f), up = draw_between(painter, -0.6f, 0.6f);
            paint(painter, at, ellipse(across * width, y + up * height, 0.07f, 0.07f), hsv(0.99f, 0.85f, 0.85f));
        }
}

static void draw_tree(struct painter *painter, const struct placement *at)
{
    struct colour bark = draw_hsv(painter, 0.03f, 0.1f, 0.25f, 0.6f, 0.2f, 0.5f), leaf = draw_leaf(painter);
    float half = draw_between(painter, 0.07f, 0.15f);
    paint(painter, at, trapezoid(0, -1, half * 1.35f, 0.2f, half * 0.8f), bark);
    if (draw_chance(painter, 0.35f)) {
        paint_fir(painter, at, leaf);
        return;
    }
    for (int side = -1; side <= 1; side += 2)
        paint(painter, at, line(0, -0.25f, 0.35f * (float)side, 0.2f, half * 0.5f), bark);
    paint_crown(painter, at, leaf);
}

const struct thing things[THINGS] = {
    { "balloon", draw_balloon, FLIES, 0.12f },
    { "castle", draw_castle, STANDS, 0.03f },
    { "flower", draw_flower, STANDS, 0.1f },
    { "house", draw_house, STANDS, 0.03f },
    { "lighthouse", draw_lighthouse, STANDS, 0.04f },
    { "mushroom", draw_mushroom, STANDS, 0.12f },
    { "rocket", draw_rocket, FLIES, 0.2f },
    { "sailboat", draw_sailboat, FLOATS_ON_WATER, 0.1f },
    { "snowman", draw_snowman, STANDS, 0.06f },
    { "tree", draw_tree, STANDS, 0.07f },
};
