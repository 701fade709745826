# The checks live in .ci/run, by stage; these are their short names.
.PHONY: check fmt lint test race fuzz bench bench-peers surface cover examples

check: ## what has to pass before a merge
	bash .ci/run

fmt: ## in the form that the format stage asks for
	go tool -modfile=tools/go.mod gofumpt -w .

lint:
	bash .ci/run format lint vet

test:
	go test ./...

race fuzz examples:
	bash .ci/run $@

bench: ## enough samples for: go tool -modfile=tools/go.mod benchstat old.out bench.out
	go test -run '^$$' -bench . -count 6 . | tee bench.out

surface: ## uncached, since it reads sources of another module
	cd tools && GOWORK=off go test -count=1 ./...

cover:
	go test -coverprofile=cover.out .
	go tool cover -func=cover.out

bench-peers: ## the same questions to DuckDB, ClickHouse, Polars and pandas, into bench/README.md
	dpkg -s python3-pandas >/dev/null 2>&1 || { apt-get update && apt-get install -y --no-install-recommends python3-pandas; }
	cd bench && npm install --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --prefix . \
		chdb@3.4.0 nodejs-polars@0.26.1 nodejs-polars-linux-x64-gnu@0.26.1
	cd bench && GOWORK=off go run . -report README.md $(BENCHFLAGS)
