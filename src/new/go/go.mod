module example.com/actor-name

go 1.24
