# extremes.awk: the `count` images with the largest loss and the `count` with the lowest, each image once.
# Input, twice: label, index, rotation, prediction, loss of turned images, sorted by falling loss and then by rising
# loss, with the row number in front. Prints ROW LABEL ROTATION PREDICTION LOSS, the largest first, then the lowest.
BEGIN { FS = OFS = "\t" }
FNR == 1 { taken = 0; split("", seen) }
taken < count && !($3 in seen) {
    seen[$3] = 1
    taken++
    print $1, $2, $4, $5, $6
}
