# tsne.awk: facts of a t-SNE map. Input: x, y, label. net: label or rotation; kl: the divergence that is left.
BEGIN { FS = "\t" }
{
    x[NR] = $1; y[NR] = $2; label[NR] = $3
    class[$3] = class[$3] " " NR
    count[$3]++
    if ($3 > last) last = $3
}
function distance(ax, ay, bx, by) { return sqrt((ax - bx) ^ 2 + (ay - by) ^ 2) }
function fact(name, value) { print "tsne." net "." name "\t" value }
END {
    for (i = 1; i <= NR; i++) {
        near = 0
        for (j = 1; j <= NR; j++)
            if (j != i && (!near || distance(x[i], y[i], x[j], y[j]) < distance(x[i], y[i], x[near], y[near])))
                near = j
        same += label[i] == label[near]
    }
    tightest = loosest = near_a = -1
    for (k = 0; k <= last; k++) {
        if (!count[k])
            continue
        mx[k] = median(class[k], x)
        my[k] = median(class[k], y)
        n = split(class[k], row, " ")
        spread[k] = 0
        for (i = 1; i <= n; i++)
            spread[k] += distance(x[row[i]], y[row[i]], mx[k], my[k]) / n
        if (tightest < 0 || spread[k] < spread[tightest]) tightest = k
        if (loosest < 0 || spread[k] > spread[loosest]) loosest = k
        chance += count[k] / NR * (count[k] - 1) / (NR - 1)
        for (j = 0; j < k; j++)
            if (count[j] && (near_a < 0 || distance(mx[j], my[j], mx[k], my[k]) < nearest)) {
                nearest = distance(mx[j], my[j], mx[k], my[k])
                near_a = j
                near_b = k
            }
    }
    print "tsne.count\t" NR
    print "tsne.chance\t" chance
    fact("agreement", same / NR)
    fact("tightest", tightest)
    fact("loosest", loosest)
    fact("near_a", near_a)
    fact("near_b", near_b)
    fact("kl", kl)
}
