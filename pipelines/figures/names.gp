# names.gp: the names of the classes from the table `names`, one a line: the array Name, `places`, how many there are,
# and `longest`, the letters of the longest.
stats names using (0) nooutput
places = STATS_records
array Name[places]
k = 0
longest = 1
stats names using (k = k + 1, Name[k] = strcol(1), longest = strlen(Name[k]) > longest ? strlen(Name[k]) : longest, 0) \
    nooutput
