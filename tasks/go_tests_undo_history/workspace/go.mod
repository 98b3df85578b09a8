module example.com/undohistory

go 1.22
