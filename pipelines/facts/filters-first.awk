# filters-first.awk: what the filters of a first layer respond to. Input: one filter a row, 3 colours x 3 x 3 weights.
# net: label or rotation; picks: a file for the filters worth a closer look, KIND INDEX SHARE; stem: whiten, where the
# weights' sizes only make up for what is rare in pictures, so that each filter counts alike.
#
# A filter is split into parts at right angles, each with its share of the energy (sum of squares):
#   brightness  l = mean over the colours                      colour = w - l
#   blur        the constant part of l
#   edge        the slopes (-1 0 1) of l across and down
#   spot        the rest of l: it goes up and down again
BEGIN { FS = "\t" }
{
    k = NR - 1
    size = 0
    for (p = 1; p <= 27; p++)
        size += $p ^ 2
    for (p = 1; p <= 27 && stem == "whiten" && size; p++)
        $p /= sqrt(size)
    energy[k] = blur = edge = bright = 0
    for (p = 1; p <= 9; p++) {
        l[p] = ($p + $(p + 9) + $(p + 18)) / 3
        bright += 3 * l[p] ^ 2
        blur += l[p]
        for (c = 0; c < 3; c++)
            energy[k] += $(p + 9 * c) ^ 2
    }
    blur = 3 * blur ^ 2 / 9
    across = (l[3] + l[6] + l[9] - l[1] - l[4] - l[7]) / sqrt(6)
    up = (l[1] + l[2] + l[3] - l[7] - l[8] - l[9]) / sqrt(6)
    edge = 3 * (across ^ 2 + up ^ 2)
    share["colour", k] = energy[k] ? (energy[k] - bright) / energy[k] : 0
    share["blur", k] = energy[k] ? blur / energy[k] : 0
    share["edge", k] = energy[k] ? edge / energy[k] : 0
    share["spot", k] = energy[k] ? (bright - blur - edge) / energy[k] : 0
    angle[k] = atan2(up, across) * 45 / atan2(1, 1)
    # the colours' means, less their common part: which stand against which, and how much of the colour part that is
    mean_all = 0
    for (c = 0; c < 3; c++) {
        mean[k, c] = 0
        for (p = 1; p <= 9; p++)
            mean[k, c] += ($(p + 9 * c) - l[p]) / 9
    }
    flat[k] = energy[k] - bright > 0 ? 9 * (mean[k, 0] ^ 2 + mean[k, 1] ^ 2 + mean[k, 2] ^ 2) / (energy[k] - bright) : 0
    # where the colour part is not flat, the colours' signs are those of its strongest pixel
    strongest = 0
    for (p = 1; p <= 9; p++) {
        here = 0
        for (c = 0; c < 3; c++)
            here += ($(p + 9 * c) - l[p]) ^ 2
        if (here > strongest) {
            strongest = here
            for (c = 0; c < 3; c++)
                local[k, c] = $(p + 9 * c) - l[p]
        }
    }
    total += energy[k]
    for (i = 1; i <= 4; i++)
        sum[kind(i)] += share[kind(i), k] * energy[k]
    if (energy[k] > loudest) loudest = energy[k]
}
function kind(i) { return i == 1 ? "edge" : i == 2 ? "colour" : i == 3 ? "spot" : "blur" }

# The direction in which brightness rises, and what such an edge is called.
function direction(degrees,    names) {
    split("the right,the upper right,the top,the upper left,the left,the lower left,the bottom,the lower right", \
        names, ",")
    return names[int((degrees + 382.5) / 45) % 8 + 1]
}
function edge_kind(degrees,    names) {
    split("upright,slanting,level,slanting", names, ",")
    return names[int((degrees + 382.5) / 45) % 4 + 1]
}
# The colours on one side of a filter's colour part: red, green, blue, or two of them mixed.
function side(k, sign,    c, red, green, blue) {
    for (c = 0; c < 3; c++)
        value[c] = sign * (flat[k] > 0.5 ? mean[k, c] : local[k, c])
    red = value[0] > 0; green = value[1] > 0; blue = value[2] > 0
    if (red && green) return "yellow"
    if (red && blue) return "magenta"
    if (green && blue) return "cyan"
    return red ? "red" : green ? "green" : "blue"
}
function fact(name, value) { print "filter." net "." name "\t" value }
function main_kind(k,    i, best) {
    best = "edge"
    for (i = 2; i <= 4; i++)
        if (share[kind(i), k] > share[best, k])
            best = kind(i)
    return best
}
END {
    print "filter.count\t" NR
    for (i = 1; i <= 4; i++) {
        best = 0
        # a share counts only where there is something to share: a tenth of the loudest filter's norm
        for (k = 0; k < NR; k++)
            if (energy[k] >= loudest / 100 &&
                (energy[best] < loudest / 100 || share[kind(i), k] > share[kind(i), best]))
                best = k
        fact(kind(i) ".index", best)
        fact(kind(i) ".share", share[kind(i), best])
        fact(kind(i) "_share", total ? sum[kind(i)] / total : 0)
        print kind(i) "\t" best "\t" share[kind(i), best] > picks
        if (kind(i) == "edge") {
            fact("edge.direction", direction(angle[best]))
            fact("edge.kind", edge_kind(angle[best]))
        }
        if (kind(i) == "colour") {
            fact("colour.plus", side(best, 1))
            fact("colour.minus", side(best, -1))
            fact("colour.uniform", flat[best])
        }
    }
    weak = dead = 0
    for (k = 0; k < NR; k++) {
        if (energy[k] < energy[weak]) weak = k
        dead += energy[k] < loudest / 400
        fact("kind." k, main_kind(k))
    }
    fact("weak.index", weak)
    fact("weak.norm", loudest ? sqrt(energy[weak] / loudest) : 0)
    fact("dead", dead)
    if (stem != "whiten")
        print "weak\t" weak "\t" (loudest ? sqrt(energy[weak] / loudest) : 0) > picks
}
