# make run    a whole centre with simulated customers and agents, in a temporary folder
# make test   everything that must pass: check, unit tests under the race detector, a short simulated day, end to end
# make check  formatting, vet, staticcheck, types of the pages, house rules
# make sim    the simulated day, SIM_CALLS calls;  SIM_SEED=n repeats one; the routing traces of $$TESTKIT, ROUTING_SEEDS=n generated days
# make e2e    real softphones and a real browser against the real binary
# make torture  mutations, floods, idle thousands, races and aborted calls at full size, and fuzz: an hour or two;  SEED=n repeats the mutations
# make fuzz   every fuzz target for FUZZTIME;  make bench  what calls, packets and phones cost, as a table (bench/README.md)
# make prompts / make vendor   remake the committed sound / the committed libraries of the pages

GO         ?= go
BIN        := $(CURDIR)/bin
TOOLS      := $(CURDIR)/.tools
STATICCHECK:= $(TOOLS)/staticcheck
GOFUMPT    := $(TOOLS)/gofumpt
TSC        := $(TOOLS)/ts/node_modules/.bin/tsc
AXE        := $(TOOLS)/axe/node_modules/axe-core/axe.min.js
OIDC       := $(TOOLS)/oidc/node_modules/oidc-provider/package.json
FUZZTIME   ?= 30s
SIM_CALLS  ?= 5000

.PHONY: run build test check unit sim e2e torture fuzz bench prompts vendor tools phones clean

run:
	$(GO) run ./cmd/hotline demo

build:
	$(GO) build -trimpath -o $(BIN)/hotline ./cmd/hotline
	$(GO) build -trimpath -o $(BIN)/callstorm ./cmd/callstorm

test: check unit
	$(MAKE) sim SIM_CALLS=2000
	$(MAKE) e2e

check: tools
	@out=$$($(GOFUMPT) -l $$(git ls-files --cached --others --exclude-standard '*.go')); \
	  if [ -n "$$out" ]; then echo "gofumpt would change:"; echo "$$out"; exit 1; fi
	$(GO) vet ./...
	$(STATICCHECK) ./...
	$(TSC) -p web/ui/jsconfig.json

unit:
	$(GO) test -race -timeout 20m $$($(GO) list ./... | grep -v -e '/e2e$$' -e '/sim$$')
	deploy/install-tools.sh libopus-dev
	$(GO) vet -tags opus ./media/... ./recorder ./cmd/hotline
	$(GO) test -timeout 5m -tags opus -run 'Opus|Codec' ./media ./recorder ./cmd/hotline
	$(GO) test -timeout 5m -tags opus ./media/opus

sim:
	SIM_CALLS=$(SIM_CALLS) $(GO) test -race -count 1 -timeout 15m ./sim/...
	$(GO) test -count 1 -timeout 15m -run 'TestRouting|TestModels|TestSeeds' ./acd

e2e: phones build $(AXE) $(OIDC)
	$(GO) build -trimpath -tags opus -o $(BIN)/hotline-opus ./cmd/hotline
	HOTLINE_BIN=$(BIN)/hotline HOTLINE_OPUS_BIN=$(BIN)/hotline-opus CALLSTORM_BIN=$(BIN)/callstorm $(GO) test -count 1 -timeout 50m -v -tags e2e ./e2e/...

torture:
	TORTURE_DATAGRAMS=10000000 TORTURE_STREAMS=100000 TORTURE_SECONDS=30 TORTURE_IDLE=4500 RACES=2000 \
	  $(GO) test -count 1 -timeout 120m -v -run 'TestTorture|TestRace' ./sip
	TORTURE=1000 $(GO) test -count 1 -timeout 30m -v -run 'TestCVE|TestGHSA|TestAST|TestLivekit|TestTellsNobody' ./sip ./sip/wire
	TORTURE=100000 $(GO) test -count 1 -timeout 30m -v -run 'TestAttack|TestCVE|TestGHSA|CVE_' ./media
	ABORTS=20000 RACES=1000 $(GO) test -count 1 -timeout 30m -v -run 'TestAborts|TestGoneAtTheOffer' ./cmd/hotline
	$(MAKE) fuzz

fuzz:
	deploy/install-tools.sh libopus-dev
	@for p in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u); do \
	  for f in $$(grep -h -o '^func Fuzz[A-Za-z0-9_]*' $$p/*_test.go | cut -c 6-); do \
	    echo "== $$p $$f"; $(GO) test -tags opus -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$p || exit 1; done; done

bench: build
	$(GO) run ./bench
	$(GO) run ./bench/history -contacts 30000

prompts:
	deploy/install-tools.sh espeak-ng sox
	ivr/prompts/make.sh

vendor:
	web/ui/vendor.sh

tools: $(STATICCHECK) $(GOFUMPT) $(TSC)

$(STATICCHECK):
	GOBIN=$(TOOLS) $(GO) install honnef.co/go/tools/cmd/staticcheck@v0.8.2

$(GOFUMPT):
	GOBIN=$(TOOLS) $(GO) install mvdan.cc/gofumpt@v0.12.0

$(TSC):
	deploy/install-tools.sh nodejs npm
	npm install --no-audit --no-fund --ignore-scripts --prefix $(TOOLS)/ts typescript@5.9.3

$(AXE): # MPL-2.0; fetched for the tests of the pages, no part of what is built
	deploy/install-tools.sh nodejs npm
	npm install --no-audit --no-fund --ignore-scripts --prefix $(TOOLS)/axe axe-core@4.14.1

$(OIDC): # a certified OpenID provider for the tests, no part of what is built
	deploy/install-tools.sh nodejs npm
	npm install --no-audit --no-fund --ignore-scripts --prefix $(TOOLS)/oidc oidc-provider@8.8.1

phones:
	deploy/install-tools.sh baresip-core linphone-cli sip-tester chromium fonts-noto-cjk prometheus python3-aiosmtpd python3-openpyxl libopus-dev

clean:
	rm -rf $(BIN) $(TOOLS)
