# Kanal Aduan: what a person types. Everything behind it is in scripts/, in shell and Python's standard library.
.DEFAULT_GOAL := help
.PHONY: help run demo test check evaluate bench soak reliability screenshots readme lock clean
SHELL := /bin/sh

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'
	@echo
	@echo '  CONFIG=FILE    make run with a configuration of your own'
	@echo '  PYTHON=PATH    the Python (3.11 or later) to build on'
	@echo '  T=PATH         make test with these tests alone, as T=tests/unit'

run: ## install what is needed into .venv and start the gateway
	@scripts/environment run
	@exec .venv/bin/kanal serve $(if $(CONFIG),--config "$(CONFIG)")

demo: ## send one complaint through every door and show each as the CRM receives it
	@scripts/environment run
	@scripts/system-packages ensure rabbitmq-server rabbitmq-server || echo 'kanal: going on without RabbitMQ, on the embedded journal'
	@exec .venv/bin/kanal demo

test: ## run every check and every test, installing what they need
	@scripts/environment dev
	@scripts/system-packages ensure rabbitmq-server rabbitmq-server
	@scripts/system-packages ensure chromium chromium fonts-dejavu-core
	@scripts/system-packages ensure strace strace
	@scripts/system-packages ensure dovecot dovecot-imapd
	@scripts/system-packages ensure bearerbox kannel
	@scripts/system-packages ensure /usr/lib/kannel/test/fakesmsc kannel-extras
	@scripts/system-packages ensure gammu-smsd gammu-smsd
	@scripts/system-packages install postgresql
	@exec .venv/bin/python scripts/run-tests $(T)

check: ## ruff, mypy and import-linter alone
	@scripts/environment dev
	@exec .venv/bin/python scripts/run-tests check

evaluate: ## judge the labelled texts (PART=test, FILES=…) and write charts to build/evaluation
	@scripts/environment dev
	@exec .venv/bin/kanal evaluate $(or $(FILES),tests/evaluation) --part $(or $(PART),test) --charts build/evaluation

bench: ## measure the ratios that the project promises
	@scripts/environment dev
	@scripts/system-packages ensure rabbitmq-server rabbitmq-server
	@scripts/system-packages ensure wrk wrk
	@for one in benchmarks/*_bench.py; do echo; echo "== $$one"; PYTHONPATH=.:queue .venv/bin/python "$$one" || exit 1; done

soak: ## the promises of reliability under real faults: list them, or run one in full (ROW=name, MOST=units)
	@scripts/environment dev
	@scripts/system-packages ensure rabbitmq-server rabbitmq-server
	@exec .venv/bin/python scripts/soak.py $(ROW) $(MOST)

reliability: ## write docs/reliability.md anew from the results of make soak
	@scripts/environment dev
	@exec .venv/bin/python scripts/soak.py report

screenshots: ## draw the pictures of docs/screenshots anew
	@scripts/environment dev
	@scripts/system-packages ensure chromium chromium fonts-dejavu-core
	@exec .venv/bin/python scripts/screenshots.py

readme: ## write the tables of README.md and docs/commands.md anew
	@scripts/environment run
	@exec .venv/bin/python scripts/readme.py

lock: ## resolve the dependencies anew, with hashes and without index addresses
	@scripts/lock

clean: ## remove the environment, caches and builds (never var/, where complaints are)
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
