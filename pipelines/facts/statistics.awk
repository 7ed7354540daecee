# statistics.awk: functions for the other awk programs (awk -f statistics.awk -f PROGRAM).

# The correlation of two lists of numbers, separated by blanks; 0 where one of them is constant.
function correlation(a, b,    x, y, n, i, sx, sy, sxx, syy, sxy) {
    n = split(a, x, " ")
    split(b, y, " ")
    for (i = 1; i <= n; i++) {
        sx += x[i]
        sy += y[i]
        sxx += x[i] ^ 2
        syy += y[i] ^ 2
        sxy += x[i] * y[i]
    }
    sxx -= sx * sx / n
    syy -= sy * sy / n
    sxy -= sx * sy / n
    return sxx > 0 && syy > 0 ? sxy / sqrt(sxx * syy) : 0
}

# The median of values[i] over the i in a list, separated by blanks.
function median(list, values,    row, n, i, j, sorted) {
    n = split(list, row, " ")
    for (i = 1; i <= n; i++) {
        for (j = i; j > 1 && sorted[j - 1] > values[row[i]]; j--)
            sorted[j] = sorted[j - 1]
        sorted[j] = values[row[i]]
    }
    return n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
}
