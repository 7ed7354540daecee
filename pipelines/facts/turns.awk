# turns.awk: facts of the network without labels on the test images in their four turns, of the classes that these show.
# Input: the facts of names.awk, then label, rotation, prediction, loss.
# matrix: a file for SHOWN ANSWERED SHARE; classes: a file for CLASS SHARE_OF_TURNS SHARE_OF_NAMES.
BEGIN { FS = "\t" }
FNR == NR {
    if ($1 ~ /^recall\.label\./)
        name[substr($1, 14) + 0] = $2
    next
}
{
    rows++
    shown[$2]++
    answer[$2, $3]++
    total[$1]++
    hit[$1] += $2 == $3
    right += $2 == $3
    off = ($3 - $2 + 4) % 4
    opposite += off == 2
    side += off == 1 || off == 3
    loss += $4
    if ($1 > last) last = $1
}
function share(k) { return total[k] ? hit[k] / total[k] : 0 }
END {
    for (s = 0; s < 4; s++)
        for (a = 0; a < 4; a++)
            print s "\t" a "\t" (shown[s] ? answer[s, a] / shown[s] : 0) > matrix
    best = worst = gap = -1
    for (k = 0; k <= last; k++)
        shown_classes += total[k] > 0
    for (k = 0; k <= last; k++) {
        if (!total[k])
            continue
        print k "\t" share(k) "\t" name[k] > classes
        print "recall.rotation." k "\t" share(k)
        if (best < 0 || share(k) > share(best)) best = k
        if (worst < 0 || share(k) < share(worst)) worst = k
        if (gap < 0) gap = k
        found = found " " share(k)
        named = named " " name[k]
        mean_found += share(k) / shown_classes
        mean_named += name[k] / shown_classes
    }
    # where the two part most, each measured from its mean over the classes
    for (k = 0; k <= last; k++) {
        if (!total[k])
            continue
        apart = share(k) - mean_found - (name[k] - mean_named)
        if (apart < 0) apart = -apart
        if (apart > most) { most = apart; gap = k }
    }
    print "test.rotation.accuracy\t" right / rows
    print "test.rotation.loss\t" loss / rows
    print "turn.opposite\t" opposite / rows
    print "turn.side\t" side / rows
    print "turn.best_class\t" best
    print "turn.best_recall\t" share(best)
    print "turn.worst_class\t" worst
    print "turn.worst_recall\t" share(worst)
    print "turn.correlation\t" correlation(found, named)
    print "turn.gap_class\t" gap
    print "turn.gap_turn\t" share(gap)
    print "turn.gap_name\t" name[gap] + 0
}
