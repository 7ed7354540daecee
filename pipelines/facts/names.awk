# names.awk: facts of the network with labels on the test images, of the classes that these show. Input: label,
# prediction, loss.
# matrix: a file for the confusion matrix, TRUE PREDICTED SHARE.
BEGIN { FS = "\t" }
{
    total[$1]++
    count[$1, $2]++
    right += $1 == $2
    loss += $3
    if ($1 > last) last = $1
    if ($2 > last) last = $2
}
function share(true, predicted) { return total[true] ? count[true, predicted] / total[true] : 0 }
END {
    best = worst = -1
    for (t = 0; t <= last; t++) {
        if (total[t]) {
            print "recall.label." t "\t" share(t, t)
            if (best < 0 || share(t, t) > share(best, best)) best = t
            if (worst < 0 || share(t, t) < share(worst, worst)) worst = t
        }
        commonest[t] = -1
        for (p = 0; p <= last; p++) {
            print t "\t" p "\t" share(t, p) > matrix
            if (p != t && (commonest[t] < 0 || share(t, p) > share(t, commonest[t]))) commonest[t] = p
        }
        if (share(t, commonest[t]) > most) {
            most = share(t, commonest[t])
            true = t
        }
    }
    predicted = commonest[true]
    print "test.label.accuracy\t" right / NR
    print "test.label.loss\t" loss / NR
    print "test.label.best_class\t" best
    print "test.label.best_recall\t" share(best, best)
    print "test.label.worst_class\t" worst
    print "test.label.worst_recall\t" share(worst, worst)
    print "test.label.confused_true\t" true + 0
    print "test.label.confused_predicted\t" predicted + 0
    print "test.label.confused_share\t" most + 0
    print "test.label.confused_back_share\t" share(predicted, true)
    print "test.label.confused_back_rank\t" (commonest[predicted] == true ? 1 : 2)
}
