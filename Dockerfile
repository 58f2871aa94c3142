# One static-enough binary on a slim base. Build: docker build -t linchpin .
FROM rust:1.95-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends cmake clang && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY src ./src
COPY seed ./seed
COPY openapi ./openapi
# The manifest names tests, benches and an example; empty ones do for a build.
RUN mkdir -p tests/it bench/rest benches \
    && touch tests/it/main.rs bench/rest/bare.rs benches/k_shortest_paths.rs benches/store_load.rs \
    && cargo build --locked --release --bin linchpin

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/linchpin linchpin
COPY --from=build /src/target/release/linchpin /usr/local/bin/linchpin
USER linchpin
WORKDIR /var/lib/linchpin
VOLUME /var/lib/linchpin
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD curl -fsS http://127.0.0.1:8080/livez || exit 1
ENTRYPOINT ["linchpin"]
CMD ["serve", "--config", "/etc/linchpin/linchpin.toml"]
