# filters-second.awk: which maps of the layer before a layer's filters read. Input: the facts of filters-first.awk, then
# one filter a row, inputs x 3 x 3 weights. net: label or rotation; layer: its name.
BEGIN { FS = "\t" }
FNR == NR { first[$1] = $2; next }
{
    k = FNR - 1
    inputs = NF / 9
    for (c = 0; c < inputs; c++) {
        for (p = 1; p <= 9; p++)
            kernel[k, c] += $(9 * c + p) ^ 2
        energy[k] += kernel[k, c]
        all[++kernels] = kernel[k, c]
        total += kernel[k, c]
    }
    if (energy[k] > energy[loudest + 0]) loudest = k
}
function fact(name, value) { print "filter." net ".second." name "\t" value }

# all[low..high] by falling value.
function sort(low, high,    i, j, pivot, swap) {
    while (low < high) {
        pivot = all[int((low + high) / 2)]
        i = low
        j = high
        while (i <= j) {
            while (all[i] > pivot) i++
            while (all[j] < pivot) j--
            if (i <= j) { swap = all[i]; all[i++] = all[j]; all[j--] = swap }
        }
        if (j - low < high - i) { sort(low, j); low = i } else { sort(i, high); high = j }
    }
}
END {
    loudest += 0
    print "filter.layer\t" layer
    print "filter.second_count\t" FNR
    print "filter.second_inputs\t" inputs
    fact("index", loudest)
    for (n = 1; n <= 3; n++) {
        best = -1
        for (c = 0; c < inputs; c++)
            if (!(c in taken) && (best < 0 || kernel[loudest, c] > kernel[loudest, best])) best = c
        taken[best] = 1
        top += kernel[loudest, best]
        fact("input_" n, best)
        fact("kind_" n, first["filter." net ".kind." best])
    }
    fact("top_share", energy[loudest] ? top / energy[loudest] : 0)
    sort(1, kernels)
    for (n = 0; n < kernels && sum < total / 2;)
        sum += all[++n]
    fact("half", n / kernels)
}
