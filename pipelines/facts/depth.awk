# depth.awk: facts of the neighbours' vote at each layer. Input: LAYER LABELS ROTATION UNTRAINED.
# Variables: k, temperature, database, queries.
BEGIN { FS = "\t"; split("label rotation random", net, " ") }
{
    print "knn.layer." NR "\t" $1
    for (n = 1; n <= 3; n++) {
        print "knn." net[n] "." $1 "\t" $(n + 1)
        last[n] = $(n + 1)
        if (NR == 1 || $(n + 1) > best[n]) {
            best[n] = $(n + 1)
            best_layer[n] = $1
        }
    }
}
END {
    print "knn.layers\t" NR
    for (n = 1; n <= 3; n++) {
        print "knn." net[n] ".last\t" last[n]
        print "knn." net[n] ".best\t" best[n]
        print "knn." net[n] ".best_layer\t" best_layer[n]
    }
    print "knn.k\t" k
    print "knn.temperature\t" temperature
    print "knn.database\t" database
    print "knn.queries\t" queries
}
