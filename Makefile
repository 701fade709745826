# The checks live in .ci/run, by stage; these are their short names.
.PHONY: check fmt lint test race fuzz bench surface cover examples

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
