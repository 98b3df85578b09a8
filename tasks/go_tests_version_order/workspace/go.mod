module example.com/versionorder

go 1.22
