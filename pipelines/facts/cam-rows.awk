# cam-rows.awk: which test images to show activation maps of: the first `columns` of the classes found most often, in
# the middle and least often; of two classes, both. Input: facts of names.awk, then the labels of the test images.
# Prints their row numbers.
# facts: a file for the facts.
BEGIN { FS = "\t" }
FNR == NR {
    if ($1 ~ /^recall\.label\./) {
        known[classes + 0] = substr($1, 14) + 0
        recall[known[classes + 0]] = $2
        classes++
    }
    next
}
FNR == 1 {
    for (i = 0; i < classes; i++) {   # sorted by falling recall
        k = known[i]
        for (j = i; j > 0 && recall[order[j - 1]] < recall[k]; j--)
            order[j] = order[j - 1]
        order[j] = k
    }
    chosen[1] = order[0]
    chosen[2] = order[int(classes / 2)]
    chosen[3] = order[classes - 1]
    for (i = 1; i <= 3; i++)
        print "cam.class_" i "\t" chosen[i] > facts
    print "cam.columns\t" columns > facts
}
{
    for (i = 1; i <= 3; i++)
        if ($1 == chosen[i] && count[i] < columns && !(i == 2 && classes == 2))
            row[i, ++count[i]] = FNR - 1
}
END {
    for (i = 1; i <= 3; i++)
        for (j = 1; j <= count[i]; j++)
            print row[i, j]
}
