# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=1 go build -buildvcs=false -buildmode=c-shared -o /hello.so ./examples/hello && chmod 755 /hello.so

FROM redis:bookworm
COPY --from=build /hello.so /usr/local/lib/redis/hello.so
CMD ["redis-server", "--loadmodule", "/usr/local/lib/redis/hello.so"]
