module github.com/mnbench/mnbench

go 1.24.0
