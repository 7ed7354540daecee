# tsne.gp: two t-SNE maps side by side. first, second: X Y CLASS; first_names, second_names: X Y NAME (tsne-names.awk);
# classes: names; size: of the points (0.7).
width = 15.8; height = 9.2
load styles
if (!exists("size")) { size = 0.7 }
thin = 1.8 * sqrt(size / 0.7)
set datafile separator "\t"
places = int(system(sprintf("echo '%s' | tr ',' '\n' | wc -l", classes)))
name(k) = word(system(sprintf("echo '%s' | tr ' ,' '_ '", classes)), k + 1)
bold(text) = sprintf('{/:Bold %s}', text)
set multiplot
unset tics; unset grid; unset key
set border 15 linecolor rgb '#c8cace' linewidth 0.5
set size ratio -1

do for [k = 0:places - 1] {
    set style line k + 1 pointtype shape[k % 10 + 1] pointsize size linewidth thin linecolor rgb petroff[k % 10 + 1]
}

# The legend, by hand: two rows of five.
do for [k = 0:places - 1] {
    column_x = 0.08 + k % 5 * 0.185
    row_y = 0.075 - (k / 5) * 0.05
    set label 100 + k name(k) at screen column_x + 0.015, screen row_y textcolor rgb ink
    set label 200 + k '' at screen column_x, screen row_y point pointtype shape[k % 10 + 1] pointsize 0.7 \
        linewidth 1.8 linecolor rgb petroff[k % 10 + 1]
}
do for [half = 1:2] {
    file = half == 1 ? first : second
    labels = half == 1 ? first_names : second_names
    set autoscale xy # or stats would pass over what lies outside the ranges of the first half
    stats file using 1:2 nooutput
    middle_x = (STATS_min_x + STATS_max_x) / 2; middle_y = (STATS_min_y + STATS_max_y) / 2
    wide = STATS_max_x - STATS_min_x; high = STATS_max_y - STATS_min_y
    reach = 0.56 * (wide > high ? wide : high)
    set xrange [middle_x - reach:middle_x + reach]; set yrange [middle_y - reach:middle_y + reach]
    set lmargin at screen half == 1 ? 0.005 : 0.505; set rmargin at screen half == 1 ? 0.495 : 0.995
    set tmargin at screen 0.945; set bmargin at screen 0.13
    set title half == 1 ? 'labels' : 'rotation' textcolor rgb ink offset 0, -0.7
    plot for [k = 0:places - 1] file using ($3 == k ? $1 : NaN):2 with points linestyle k + 1, \
         labels using 1:2:(bold(strcol(3))) with labels textcolor rgb '#000000'
    do for [k = 0:places - 1] { unset label 100 + k; unset label 200 + k }
}
unset multiplot
