# perplexity.awk: the perplexity that options of tsne ask for, or what the rows have room for where these are few: tsne
# wants more than three times as many. Input: how many rows. options: of tsne.
{
    perplexity = 30
    count = split(options, word, " ")
    for (i = 1; i < count; i++)
        if (word[i] == "--perplexity" || word[i] == "-p")
            perplexity = word[i + 1]
    most = int(($1 - 1) / 3)
    if (most < 1)
        most = 1
    print (perplexity > most ? most : perplexity)
}
