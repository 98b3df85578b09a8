module example.com/pageranges

go 1.22
