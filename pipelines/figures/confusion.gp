# confusion.gp: the confusion matrix of the classes. cells: TRUE PREDICTED SHARE; names: of the classes.
width = 13; height = 10.4
load styles
places = int(system(sprintf("echo '%s' | tr ',' '\n' | wc -l", names)))
load matrix
set lmargin at screen 0.17; set rmargin at screen 0.98; set tmargin at screen 0.98; set bmargin at screen 0.18
set xtics rotate by 40 right offset 0, -0.2
set xlabel 'predicted' textcolor rgb ink offset 0, -0.2
set ylabel 'true' textcolor rgb ink offset -0.5, 0
plot cells using 2:1:3 with image pixels, \
     cells using 2:1:(cell($3)):($3 > 0.45 ? 0xffffff : 0x303238) with labels font small textcolor rgb variable
