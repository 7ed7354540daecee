# surest-mistake.awk: the wrong prediction with the highest probability. Input: label, prediction, logits, from row 0.
BEGIN { FS = "\t"; row = label = prediction = best = 0 }
$1 != $2 {
    sum = 0
    for (k = 3; k <= NF; k++)
        sum += exp($k - $(3 + $2))
    if (1 / sum > best) {
        best = 1 / sum
        row = NR - 1
        label = $1
        prediction = $2
    }
}
END {
    print "odd.wrong.index\t" row
    print "odd.wrong.label\t" label
    print "odd.wrong.prediction\t" prediction
    print "odd.wrong.probability\t" best
}
