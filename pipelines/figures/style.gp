# style.gp: what all drawings share. Before it is loaded: width and height in centimetres, and `out`, a file that ends
# in .svg (for the page) or .eps (for paper). Colours are Petroff's ten (2021), which colour-blind readers can tell
# apart.

load tables
if (strstrt(out, ".svg")) {
    set terminal svg size width * 37.8, height * 37.8 font 'Helvetica,10.8' linewidth 0.85 dashlength 0.6 standalone \
        background rgb 'white'
    points = 10.8; big = ',10.8'; small = ',8.6'; bold = 'Bold,10.8' # draw makes a weight of it
} else {
    set terminal epscairo size width cm, height cm font 'Nimbus Sans,8.5' linewidth 1.7 dashlength 0.5 \
        background rgb 'white'
    points = 8.5; big = ',8.5'; small = ',6.8'; bold = 'Nimbus Sans Bold,8.5'
}
set output out

array petroff[10] = ['#3f90da', '#ffa90e', '#bd1f01', '#94a4a2', '#832db6', \
    '#a96b59', '#e76300', '#b9ac70', '#717581', '#92dadd']
array shape[10] = [7, 5, 9, 13, 11, 15, 6, 4, 8, 12]
# The mark of class k: a hundred classes have marks of their own.
colour_of(k) = petroff[k % 10 + 1]
shape_of(k) = shape[(k + k / 10) % 10 + 1]
blue = petroff[1]; amber = petroff[2]; red = petroff[3]; grey = petroff[9]; violet = petroff[5]
ink = '#303238'; pale = '#d9d9d9'

set border 3 linecolor rgb '#808389' linewidth 0.7
set tics nomirror out scale 0.5 textcolor rgb ink
set key textcolor rgb ink samplen 2.5 spacing 1.15
set grid ytics linecolor rgb pale linewidth 0.5 linetype 1
