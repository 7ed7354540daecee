# neighbours.awk: the layout (sheet.gp) of queries and their neighbours in two networks. The sheet has the rows of both
# as tensor-pnm --neighbors draws them: a query and its k neighbours. Input, twice: LABEL and the k NEIGHBOURS' LABELS.
# names (in the environment): of the classes.
BEGIN { FS = OFS = "\t"; split(ENVIRON["names"], name, ",") }
FNR == 1 { net++; rows_before = net == 2 ? queries : 0 }
{
    k = NF - 1
    size = 1.18
    top = 0.1 + 3.3 * (FNR - 1) + (net - 1) * 1.58
    queries = FNR
    if (net == 1)
        print 0.1, top + 0.55, 1.5, 1.5, (FNR - 1) * (k + 1), "mark", name[$1 + 1]
    print 3.05, top + size / 2, "-", "-", "right", "small", net == 1 ? "labels" : "rotation"
    for (i = 1; i <= k; i++)
        print 3.2 + 1.26 * (i - 1), top, size, size, (rows_before + FNR - 1) * (k + 1) + i, \
            $(i + 1) == $1 ? "right" : "wrong", name[$(i + 1) + 1]
}
