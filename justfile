# Short names for what CONTRIBUTING.md describes. `just` alone lists them.
_default:
    @just --list

# The demo: scenario, tokens, Swagger UI.
demo *args:
    cargo run --release -- demo {{args}}

# Every test, with a real Neo4j where one can be had.
test *args:
    scripts/test {{args}}

# What CI holds a change to, without the tests.
lint:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items
    cargo deny check bans licenses sources

# Writes openapi/linchpin.json from the code.
openapi:
    cargo run -- openapi > openapi/linchpin.json
