# depth.awk: facts of the features at each layer: NAME.NET.LAYER, and the last and the best of each, for the neighbours'
# vote (knn), the linear probe (linear) and the one with hidden layers (hidden). Input: LAYER, then LABELS ROTATION
# UNTRAINED of each. Variables: k, temperature, database, queries, grid.
BEGIN {
    FS = "\t"
    split("knn linear hidden", measure, " ")
    split("label rotation random", net, " ")
}
{
    print "knn.layer." NR "\t" $1
    for (m = 1; m <= 3; m++)
        for (n = 1; n <= 3; n++) {
            share = $(3 * m + n - 2)
            name = measure[m] "." net[n]
            print name "." $1 "\t" share
            last[name] = share
            if (NR == 1 || share > best[name]) {
                best[name] = share
                best_layer[name] = $1
            }
        }
}
END {
    print "knn.layers\t" NR
    for (m = 1; m <= 3; m++)
        for (n = 1; n <= 3; n++) {
            name = measure[m] "." net[n]
            print name ".last\t" last[name]
            print name ".best\t" best[name]
            print name ".best_layer\t" best_layer[name]
        }
    print "knn.k\t" k
    print "knn.temperature\t" temperature
    print "knn.database\t" database
    print "knn.queries\t" queries
    print "knn.grid\t" grid
}
