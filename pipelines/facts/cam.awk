# cam.awk: where the activation maps of both networks lie. Input: for each network label, prediction, its `classes` (or
# 4) logits and the map of the prediction, on the same images. Prints facts, among them the image whose map lies most
# away from the middle though the network names it rightly and surely.
BEGIN { FS = "\t" }
FNR == 1 {
    file++
    outputs = file == 1 ? classes : 4
    size = sqrt(NF - 2 - outputs)
    # how much of each place lies in the middle half of the picture, across and down
    for (i = 0; i < size; i++) {
        low = i > size / 4 ? i : size / 4
        high = i + 1 < size * 3 / 4 ? i + 1 : size * 3 / 4
        inside[i] = high > low ? high - low : 0
    }
}
# The probability of the prediction.
function probability(    k, sum, most) {
    most = $(3 + $2)
    for (k = 0; k < outputs; k++)
        sum += exp($(3 + k) - most)
    return 1 / sum
}
# The share of what speaks for the prediction, the map's positive part, that lies in the middle quarter; -1: nothing
# speaks for it.
function middle(    i, j, v, in_middle, all) {
    for (i = 0; i < size; i++)
        for (j = 0; j < size; j++) {
            v = $(3 + outputs + size * i + j)
            if (v > 0) {
                all += v
                in_middle += v * inside[i] * inside[j]
            }
        }
    return all > 0 ? in_middle / all : -1
}
{
    map = ""
    for (i = 3 + outputs; i <= NF; i++)
        map = map " " $i
    centre = middle()
}
file == 1 {
    maps[FNR] = map
    rows = FNR
    if (centre < 0)
        next
    kind = $1 == $2 ? "right" : "wrong"
    sum[kind] += centre
    count[kind]++
    p = probability()
    if (kind == "right" && p >= 0.9 && (!found || centre < least)) {
        found = 1
        least = centre
        odd = FNR - 1 "\t" $1 "\t" p
    }
    if (kind == "right" && !found && (p > surest)) {   # no prediction is that sure: take the surest
        surest = p
        least = centre
        odd = FNR - 1 "\t" $1 "\t" p
    }
}
file == 2 {
    agreement += correlation(maps[FNR], map)
    if (centre >= 0) {
        sum["rotation"] += centre
        count["rotation"]++
    }
}
function mean(kind) { return count[kind] ? sum[kind] / count[kind] : 0 }
END {
    split(odd == "" ? "0\t0\t0" : odd, edge, "\t")
    print "cam.size\t" size
    print "cam.studied\t" rows
    print "cam.centre_right\t" mean("right")
    print "cam.centre_wrong\t" mean("wrong")
    print "cam.centre_rotation\t" mean("rotation")
    print "cam.agreement\t" agreement / rows
    print "odd.edge.sure\t" found + 0
    print "odd.edge.index\t" edge[1]
    print "odd.edge.label\t" edge[2]
    print "odd.edge.probability\t" edge[3]
    print "odd.edge.border\t" 1 - least
}
