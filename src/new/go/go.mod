module actor-name

go 1.24
