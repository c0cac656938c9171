module github.com/iredismodule/redismodule

go 1.26
