# correlation.awk: the correlation of two lines of numbers, as a fact. name: of the fact.
{ line[NR] = $0 }
END { print name "\t" correlation(line[1], line[2]) }
