# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

FROM golang:1.26-alpine AS build
RUN apk add --no-cache gcc musl-dev
WORKDIR /src
COPY . .
RUN CGO_ENABLED=1 go build -buildvcs=false -buildmode=c-shared -o /hello.so ./examples/hello && chmod 755 /hello.so

FROM redis:alpine
COPY --from=build /hello.so /usr/local/lib/redis/hello.so
# musl loads a Go library only at the start of a program. Programs that are no server
# map it and do nothing with it.
ENV LD_PRELOAD=/usr/local/lib/redis/hello.so
CMD ["redis-server", "--loadmodule", "/usr/local/lib/redis/hello.so"]
