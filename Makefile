# Names for the commands of every day. What has logic is a script, a test or a command of the program itself.

.PHONY: check test suites ci demo findings methodology schema

check: ## before a commit: formatting, lints, the tests of the pure core
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	cargo test --quiet --no-default-features --lib

test: ## every test, on both databases
	scripts/test

suites: ## suites of others and probes, against the program
	scripts/suites

ci: ## all that must hold before a change lands
	.ci/run

demo: ## a server with an invented sector in ./demo
	cargo run --release -- --data-dir demo demo

schema: ## writes the GraphQL contract anew
	cargo run --quiet -- schema > target/schema.graphql && mv target/schema.graphql schema/kraamzicht.graphql

findings: ## writes the pages of all findings anew
	cargo run --quiet -- findings > target/findings.md && mv target/findings.md docs/findings.nl.md
	cargo run --quiet -- --language en findings > target/findings.md && mv target/findings.md docs/findings.en.md

methodology: ## writes the pages of the statistics anew
	cargo run --quiet -- methodology > target/methodology.md && mv target/methodology.md docs/methodiek.md
	cargo run --quiet -- --language en methodology > target/methodology.md && mv target/methodology.md docs/methodology.md
