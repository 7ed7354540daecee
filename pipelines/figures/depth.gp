# depth.gp: accuracy of the neighbours' vote by layer, for three networks.
# rows: LAYER LABELS ROTATION UNTRAINED, shares; classes: how many.
width = 11.5; height = 7
load styles
stats rows using 2 nooutput
last = STATS_records
set xrange [-0.2:last + 0.25]
set yrange [0:100]
set ylabel 'right class (%)' textcolor rgb ink offset 1, 0
set lmargin at screen 0.1; set rmargin at screen 0.98; set tmargin at screen 0.97; set bmargin at screen 0.1
unset key
do for [i = 2:4] {
    stats rows using (share = 100 * column(i)) nooutput # that of the last layer is left
    words = i == 2 ? 'labels' : i == 3 ? 'rotation' : 'untrained'
    set label i words at last - 0.88, share textcolor rgb ink
}
set label 1 'a guess' at last - 0.88, 100.0 / classes offset 0, 0.6 textcolor rgb grey
set style line 2 linecolor rgb blue linewidth 1.8 pointtype 7 pointsize 0.7
set style line 3 linecolor rgb red linewidth 1.8 dashtype (6, 3) pointtype 9 pointsize 0.9
set style line 4 linecolor rgb grey linewidth 1.6 dashtype (2, 2) pointtype 5 pointsize 0.7
plot 100.0 / classes with lines linecolor rgb grey linewidth 1.4 dashtype (2, 4), \
     rows using 0:(100 * $4):xticlabels(1) with linespoints linestyle 4, \
     rows using 0:(100 * $3) with linespoints linestyle 3, \
     rows using 0:(100 * $2) with linespoints linestyle 2
