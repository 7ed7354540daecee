# tsne.gp: two t-SNE maps side by side. first, second: X Y CLASS; first_names, second_names: X Y NAME (tsne-names.awk);
# names: a table of the classes' names; size: of the points (0.7).
load tables
load names_script
# The legend below the maps, by hand: as many columns as the names leave room for, five at most.
columns = floor(15.4 / (longest * letter + 0.5))
columns = most(1, least(5, columns))
lines = ceil(places / real(columns))
line = lines > 6 ? 0.36 : 0.46
maps = 7.5
width = 15.8; height = maps + 1 + line * lines
load styles
if (!exists("size")) { size = 0.7 }
thin = 1.8 * sqrt(size / 0.7)
set multiplot
unset tics; unset grid; unset key
set border 15 linecolor rgb '#c8cace' linewidth 0.5
set size ratio -1

do for [k = 0:places - 1] {
    set style line k + 1 pointtype shape_of(k) pointsize size linewidth thin linecolor rgb colour_of(k)
    x = 0.075 + k % columns * 0.925 / columns
    y = (0.3 + line * (lines - 1 - k / columns)) / height
    set label 1000 + k Name[k + 1] at screen x + 0.015, screen y noenhanced textcolor rgb ink
    set label 2000 + k '' at screen x, screen y point pointtype shape_of(k) pointsize 0.7 \
        linewidth 1.8 linecolor rgb colour_of(k)
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
    set tmargin at screen 1 - 0.5 / height; set bmargin at screen 1 - (0.5 + maps) / height
    set title half == 1 ? 'labels' : 'rotation' textcolor rgb ink offset 0, -0.7
    plot for [k = 0:places - 1] file using ($3 == k ? $1 : NaN):2 with points linestyle k + 1, \
         for [i = 1:(places <= 20)] labels using 1:2:3 with labels font bold noenhanced textcolor rgb '#000000'
    do for [k = 0:places - 1] { unset label 1000 + k; unset label 2000 + k }
}
unset multiplot
