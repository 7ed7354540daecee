# curves.gp: loss and accuracy by epoch, training and validation, the chosen epoch marked.
# rows: a log of resnet-train; chosen: an epoch; classes: how many.
width = 15.8; height = 6.6
load styles
stats rows using 1 skip 1 nooutput
last = STATS_max
set xrange [(last > 1 ? 1 : 0.5):(last > 1 ? last : 1.5)]
set xtics ceil(last / 8.0)
set style line 1 linecolor rgb blue linewidth 1.8 dashtype 1 pointtype 7 pointsize 0.35
set style line 2 linecolor rgb red linewidth 1.8 dashtype (6, 3) pointtype 5 pointsize 0.35
set style line 3 linecolor rgb grey linewidth 1.4 dashtype (2, 4)
set style line 4 linecolor rgb ink linewidth 1.6 pointtype 6 pointsize 1.1
set arrow 1 from chosen, graph 0 to chosen, graph 1 nohead linecolor rgb grey linewidth 0.8 back
set xlabel 'epoch' textcolor rgb ink offset 0, 0.4
# One legend for both halves, by hand: gnuplot's key breaks into rows where it is wider than its half.
y = 0.045
set arrow 2 from screen 0.13, screen y to screen 0.18, screen y nohead linestyle 1
set label 2 'training' at screen 0.19, screen y textcolor rgb ink
set arrow 3 from screen 0.33, screen y to screen 0.38, screen y nohead linestyle 2
set label 3 'validation' at screen 0.39, screen y textcolor rgb ink
set label 4 '' at screen 0.56, screen y point pointtype 6 pointsize 1.1 linewidth 1.6 linecolor rgb ink
set label 5 sprintf('chosen epoch: %d', chosen) at screen 0.58, screen y textcolor rgb ink
set arrow 6 from screen 0.79, screen y to screen 0.84, screen y nohead linestyle 3
set label 6 'a guess' at screen 0.85, screen y textcolor rgb ink
set multiplot

set lmargin at screen 0.06; set rmargin at screen 0.475; set bmargin at screen 0.26; set tmargin at screen 0.91
set title 'cross-entropy loss (nats)' textcolor rgb ink offset 0, -0.6
set yrange [0:*]
unset key
plot log(classes) with lines linestyle 3, \
     rows using 1:4 skip 1 with linespoints linestyle 1, \
     rows using 1:6 skip 1 with linespoints linestyle 2, \
     rows using ($1 == chosen ? $1 : NaN):6 skip 1 with points linestyle 4

unset label; unset arrow 2; unset arrow 3; unset arrow 6
set lmargin at screen 0.56; set rmargin at screen 0.985
set title 'accuracy (%)'
set yrange [0:100]
plot 100.0 / classes with lines linestyle 3, \
     rows using 1:(100 * $5) skip 1 with linespoints linestyle 1, \
     rows using 1:(100 * $7) skip 1 with linespoints linestyle 2, \
     rows using ($1 == chosen ? $1 : NaN):(100 * $7) skip 1 with points linestyle 4
unset multiplot
