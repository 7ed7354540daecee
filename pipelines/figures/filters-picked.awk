# filters-picked.awk: the layout (sheet.gp) of the filters picked from two networks, enlarged. Input as for
# filters-first.awk.
BEGIN { FS = OFS = "\t" }
FNR == 1 { net++; print 1.9, 1.1 + 2.6 * (net - 1), "-", "-", "right", "big", net == 1 ? "labels" : "rotation" }
{
    text = $1 == "weak" ? sprintf("%d: weakest", $2) : sprintf("%d: %s %.0f %%", $2, $1, 100 * $3)
    print 2.2 + 2.7 * (FNR - 1), 0.1 + 2.6 * (net - 1), 2.1, 2.1, (net - 1) * count + $2, "-", text
}
