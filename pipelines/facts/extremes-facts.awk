# extremes-facts.awk: facts of what extremes.awk chose. count: how many of each kind.
BEGIN { FS = "\t" }
NR == 1 { highest = $5 }
NR <= count {
    high[$2]++
    high_rows++
    opposite += ($4 - $3 + 4) % 4 == 2
    next
}
{ low[$2]++; low_rows++ }
function commonest(tally,    k, best) {
    best = -1
    for (k = 0; k < 1000; k++)
        if ((k in tally) && (best < 0 || tally[k] > tally[best]))
            best = k
    return best
}
END {
    print "extreme.count\t" high_rows
    print "extreme.highest\t" highest
    print "extreme.high_opposite_count\t" opposite
    print "extreme.high_opposite\t" opposite / high_rows
    k = commonest(high)
    print "extreme.high_class\t" k "\nextreme.high_class_count\t" high[k]
    k = commonest(low)
    print "extreme.low_class\t" k "\nextreme.low_class_count\t" low[k]
}
