# cam.awk: the layout (sheet.gp) of activation maps, a row for each class. Input: LABEL PREDICTION LOGITS, those of a
# class behind each other; a class with fewer than a row holds has empty places.
# The sheet has image and overlay of each input row beside each other. names (in the environment): of the classes;
# columns: images of a row.
BEGIN { FS = OFS = "\t"; split(ENVIRON["names"], name, ",") }
{
    if (NR == 1 || $1 != class) {
        row = NR == 1 ? 0 : row + 1
        column = 0
    } else
        column++
    class = $1
    sum = 0
    for (k = 3; k <= NF; k++)
        sum += exp($k - $(3 + $2))
    text = sprintf("%s, %.0f %%", name[$2 + 1], 100 / sum)
    verdict = $1 == $2 ? "-" : "wrong"
    size = 6.7 / columns - 0.06
    left = 2.3 + (2 * size + 0.16) * column
    if (column == 0)
        print 2.1, 0.1 + size / 2 + (size + 0.55) * row, "-", "-", "right", "big", name[$1 + 1]
    print left, 0.1 + (size + 0.55) * row, size, size, 2 * (NR - 1), "-", "-"
    print left + size, 0.1 + (size + 0.55) * row, size, size, 2 * (NR - 1) + 1, verdict, "-"
    print left + size, 0.1 + size + 0.17 + (size + 0.55) * row, "-", "-", "center", "small", text, 2 * size + 0.1
}
