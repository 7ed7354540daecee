# correlation.awk: the correlation of two lines of numbers, as a fact. name: of the fact.
BEGIN { FS = "\t" }
NR == 1 { n = split($0, x, "\t") }
NR == 2 { split($0, y, "\t") }
END {
    for (i = 1; i <= n; i++) {
        sx += x[i]; sy += y[i]
        sxx += x[i] ^ 2; syy += y[i] ^ 2; sxy += x[i] * y[i]
    }
    sxx -= sx * sx / n; syy -= sy * sy / n; sxy -= sx * sy / n
    print name "\t" (sxx > 0 && syy > 0 ? sxy / sqrt(sxx * syy) : 0)
}
