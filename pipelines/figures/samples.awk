# samples.awk: the layout (sheet.gp) of a sheet with the first images of every class, class by class: `each` in a row,
# or fewer where there are so many classes that their rows stand beside each other. Input: the label of each tile, those
# of a class behind each other and `each` at most; a class with fewer has empty places. names (in the environment, where
# no escape is read in them): of the classes, comma-separated.
function letters(text) { return gsub(/[^\200-\277]/, "", text) } # bytes that do not go on with a letter
BEGIN { FS = OFS = "\t" }
{
    if (!($1 in first))
        first[$1] = NR - 1
    count[$1]++
}
END {
    classes = split(ENVIRON["names"], name, ",")
    beside = int((classes + 19) / 20)
    lines = int((classes + beside - 1) / beside)
    shown = int(each / beside)
    for (k = 1; k <= classes; k++)
        longest = letters(name[k]) > longest ? letters(name[k]) : longest
    wide = 15.8 / beside
    if (beside == 1)
        left = longest <= 15 ? 2.3 : longest < 35 ? 2.3 + 0.14 * (longest - 15) : 5.1
    else
        left = 0.45 * wide
    pitch = (wide - left - 0.2) / shown
    most = beside == 1 ? 1.08 : 0.9
    if (pitch > most)
        pitch = most
    for (k = 0; k < classes; k++) {
        x = left + wide * int(k / lines)
        y = 0.05 + pitch * (k % lines)
        if (beside == 1)
            print x, y + (pitch - 0.08) / 2, "-", "-", "right", "big", name[k + 1]
        else
            print x, y + (pitch - 0.08) / 2, "-", "-", "right", "small", name[k + 1], left - 0.1
        for (i = 0; i < count[k] && i < shown; i++)
            print x + 0.2 + pitch * i, y, pitch - 0.08, pitch - 0.08, first[k] + i, "-", "-"
    }
}
