# rotation-loss.awk: the layout (sheet.gp) of the images that extremes.awk chose, two rows of `count`.
# Input: ROW LABEL ROTATION PREDICTION LOSS.
BEGIN { FS = OFS = "\t" }
{
    row = NR > count
    column = (NR - 1) % count
    if (column == 0)
        print 0.05, row ? 2.63 : 0.2, "-", "-", "left", "small", row ? "lowest loss" : "largest loss"
    loss = $5 < 0.01 ? sprintf("%.0e", $5) : sprintf("%.1f", $5)
    sub(/e-0/, "e-", loss)
    print 0.05 + 1.58 * column, row ? 2.83 : 0.4, 1.5, 1.5, NR - 1, $3 == $4 ? "-" : "wrong", \
        90 * $3 " → " 90 * $4 ", " loss
}
