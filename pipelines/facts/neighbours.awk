# neighbours.awk: facts of the nearest neighbours that two networks find for the same test images.
# Input: for each network label, k neighbours' labels, k neighbours' indices. shown: the row numbers (from 0) of the
# images in the figure, comma-separated.
BEGIN {
    FS = "\t"
    drawn = split(shown, row, ",")
    for (i = 1; i <= drawn; i++)
        in_figure[row[i]] = 1
}
FNR == 1 { net = ++file == 1 ? "label" : "rotation" }
{
    k = (NF - 1) / 2
    same = 0
    for (i = 2; i <= k + 1; i++)
        same += $i == $1
    share[net] += same / k
    of_class[net, $1] += same / k
    if (file == 1) total[$1]++
    if ($1 > last) last = $1
    if ((FNR - 1) in in_figure) right[net] += same
    if (file == 1) {
        found[FNR] = ""
        for (i = k + 2; i <= NF; i++)
            found[FNR] = found[FNR] " " $i
        found[FNR] = found[FNR] " "
    } else {
        for (i = k + 2; i <= NF; i++)
            overlap += index(found[FNR], " " $i " ") > 0
    }
    rows = FNR
}
END {
    print "neighbours.k\t" k
    print "neighbours.shown\t" drawn
    print "neighbours.drawn\t" drawn * k
    print "neighbours.overlap\t" overlap / rows
    for (n = 1; n <= 2; n++) {
        net = n == 1 ? "label" : "rotation"
        best = worst = -1
        for (c = 0; c <= last; c++) {
            if (!total[c])
                continue
            if (best < 0 || of_class[net, c] / total[c] > of_class[net, best] / total[best]) best = c
            if (worst < 0 || of_class[net, c] / total[c] < of_class[net, worst] / total[worst]) worst = c
        }
        print "neighbours." net ".share\t" share[net] / rows
        print "neighbours." net ".right\t" right[net] + 0
        print "neighbours." net ".best_class\t" best
        print "neighbours." net ".best_share\t" of_class[net, best] / total[best]
        print "neighbours." net ".worst_class\t" worst
        print "neighbours." net ".worst_share\t" of_class[net, worst] / total[worst]
    }
}
