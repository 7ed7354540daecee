# tables.gp: how tables are read. What a script makes of the names of its classes (names.gp) it may need before it loads
# style.gp, which asks for its size.
set encoding utf8
set datafile separator "\t"
set datafile commentschars '' # no letter begins a comment
letter = 0.14 # how wide a letter is on average, in cm
least(a, b) = a < b ? a : b
most(a, b) = a > b ? a : b
# Text beside a tic, where a % would begin a format.
tic(text) = strstrt(text, '%') ? text[1:strstrt(text, '%')].'%'.tic(text[strstrt(text, '%') + 1:*]) : text
