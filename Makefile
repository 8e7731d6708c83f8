# The front door. Run targets read .env where there is one (NAME=value lines as a shell reads them: quote a value with
# spaces); what the environment already sets wins over it. MVN can be replaced: make test MVN="mvn -o".
.DEFAULT_GOAL := help
.PHONY: help run run-api run-consumer test soak bench-api build demo clean

MVN ?= mvn
JAR := target/smap-identity/smap-identity.jar
# The directories too, so that a deleted or renamed file is noticed.
SOURCES := pom.xml $(shell find src/main)

# $(call start,role)
define start
@set -a; kept=$$(export -p); if [ -f .env ]; then . ./.env; eval "$$kept"; fi; \
LOGGER_ENCODING=$${LOGGER_ENCODING:-console}; exec java -jar $(JAR) $(1)
endef

help: ## Lists these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(JAR) ## Runs both roles in one process; what is not configured runs embedded
	$(call start,all)

run-api: $(JAR) ## Runs the REST API
	$(call start,api)

run-consumer: $(JAR) ## Runs the mail consumer
	$(call start,consumer)

test: ## Runs all tests
	$(MVN) -B -ntp verify

soak: ## Loads and breaks API and delivery for SOAK_SECONDS, and prints what was lost; needs RabbitMQ
	$(MVN) -B -ntp test -Dtest=DeliverySoakTest -Dsoak.seconds=$${SOAK_SECONDS:-600} -Dsoak.rate=$${SOAK_RATE:-100} \
		$${SOAK_SEED:+-Dsoak.seed=$$SOAK_SEED}

bench-api: $(JAR) ## Compares GET /plans with a fastify + pg server, see bench/README.md; needs node and npm
	npm --prefix bench/peers/fastify-pg install --no-package-lock --no-audit --no-fund --silent
	java -cp '$(JAR):target/smap-identity/lib/*' bench/ApiPlans.java

build: $(JAR) ## Builds the application into target/smap-identity, without tests

demo: $(JAR) ## Registers a person, reads the mail, verifies and logs in; starts the product if it does not run
	@set -a; if [ -f .env ]; then . ./.env; fi; exec java -cp 'target/smap-identity/lib/*' scripts/Demo.java

clean: ## Deletes what was built
	$(MVN) -B -q -ntp clean

$(JAR): $(SOURCES)
	$(MVN) -B -q -ntp package -DskipTests
	@touch $@
