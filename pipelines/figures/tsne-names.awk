# tsne-names.awk: where the names of the classes stand in a map: at the medians, pushed apart where they would cover
# each other, and inside the frame that tsne.gp draws (0.56 of the map's extent around its middle). Input:
# X Y CLASS. names (in the environment): of the classes, comma-separated. Prints X Y NAME.
BEGIN {
    FS = OFS = "\t"
    split(ENVIRON["names"], name, ",")
}
{
    class[$3] = class[$3] " " NR
    x[NR] = $1
    y[NR] = $2
    if ($3 > last) last = $3
    if (NR == 1 || $1 < left) left = $1
    if (NR == 1 || $1 > right) right = $1
    if (NR == 1 || $2 < low) low = $2
    if (NR == 1 || $2 > high) high = $2
}
# v, or the nearest place to it from which `half` to both sides lies in the frame around `middle`.
function inside(v, middle, half) {
    half = half < 0.55 * reach ? 0.55 * reach - half : 0
    return v < middle - half ? middle - half : v > middle + half ? middle + half : v
}
END {
    reach = right - left > high - low ? right - left : high - low
    for (k = 0; k <= last; k++)
        if (k in class) {
            mx[k] = median(class[k], x)
            my[k] = median(class[k], y)
        }
    # A name is about as high as 1/22 of the map and as wide as 1/36 for each letter.
    for (round = 0; round < 60; round++) {
        for (k = 0; k <= last; k++)
            for (j = 0; j < k; j++) {
                if (!(k in mx) || !(j in mx))
                    continue
                wide = (length(name[j + 1]) + length(name[k + 1])) / 2 * reach / 36
                apart = my[k] - my[j]
                across = mx[k] - mx[j]
                if (across < wide && -across < wide && apart < reach / 22 && -apart < reach / 22) {
                    step = (reach / 22 - (apart < 0 ? -apart : apart)) / 2 + reach / 1000
                    my[k] += apart < 0 ? -step : step
                    my[j] -= apart < 0 ? -step : step
                }
            }
        for (k = 0; k <= last; k++)
            if (k in mx) {
                mx[k] = inside(mx[k], (left + right) / 2, length(name[k + 1]) * reach / 72)
                my[k] = inside(my[k], (low + high) / 2, reach / 44)
            }
    }
    for (k = 0; k <= last; k++)
        if (k in mx)
            print mx[k], my[k], name[k + 1]
}
