"""Repositories that were tried by others' hands, each for what was not understood of it at first.

As in shapes.py: facts, in text of our own; no more of each than the kind of thing needs.
"""

# ruff: noqa: E501 - a line of a Dockerfile is a line

from __future__ import annotations

from tests.config.shapes import Shape

TRIED = {
    "langfuse/langfuse": Shape(  # BuildKit sets TARGETPLATFORM, so that the default beside it means nothing
        {
            "web/Dockerfile": "FROM --platform=${TARGETPLATFORM:-linux/amd64} node:24-alpine AS runner\nCOPY ./web/entrypoint.sh ./\nENV PORT=3000\nCMD node server.js\n",
            "web/entrypoint.sh": "", "web/src/pages/api/public/health.ts": "", "package.json": "{}",
            "worker/Dockerfile": "FROM --platform=${TARGETPLATFORM:-linux/amd64} node:24\nEXPOSE 3030\nCMD [\"node\", \"worker.js\"]\n",
            "docker-compose.build.yml": "services:\n  web: {build: {context: ., dockerfile: ./web/Dockerfile}, healthcheck: {test: 'wget -q http://localhost:3000/api/public/health'}}\n",
        },
        "web/Dockerfile", ".", 3000, "/api/public/health",
    ),
    "prometheus/prometheus": Shape(
        {
            "Dockerfile": "ARG ARCH=\"amd64\"\nARG OS=\"linux\"\nFROM quay.io/prometheus/busybox-${OS}-${ARCH}:latest\nARG ARCH=\"amd64\"\nARG OS=\"linux\"\nCOPY .build/${OS}-${ARCH}/prometheus /bin/\nEXPOSE 9090\nENTRYPOINT [\"/bin/prometheus\"]\n",
            "go.mod": "", "web/web.go": "router.Get(\"/-/healthy\", ok)\n",
        },
        port=9090, architecture="X86_64", notes=(".build/linux-amd64/prometheus, which git does not have", "/-/healthy (web/web.go)"),
    ),
    "solidtime-io/solidtime": Shape(  # the last stage is called base, and serves
        {
            "docker/prod/Dockerfile": "FROM dunglas/frankenphp:1.8-builder AS upstream\nFROM dunglas/frankenphp:1.8 AS base\nCOPY . ./\nEXPOSE 8000\nENTRYPOINT [\"start-container\"]\n",
            "composer.json": "{}", "artisan": "",
        },
        "docker/prod/Dockerfile", ".", 8000,
    ),
    "ory/kratos": Shape(  # in a hidden folder, called build after what it does, beside those that copy what is built elsewhere
        {
            ".docker/Dockerfile-build": "FROM golang AS builder\nCOPY go.mod go.mod\nFROM gcr.io/distroless/static:nonroot\nEXPOSE 4433 4434\nENTRYPOINT [\"kratos\"]\nCMD [\"serve\"]\n",
            ".docker/Dockerfile-alpine": "FROM alpine\nCOPY kratos /usr/bin/kratos\nEXPOSE 4433 4434\nCMD [\"serve\"]\n",
            "oryx/watcherx/integrationtest/Dockerfile": "FROM golang\nCOPY go.mod ./\nCMD [\"watch\"]\n", "oryx/go.mod": "", "go.mod": "",
            "oryx/healthx/handler.go": "const AliveCheckPath = \"/health/alive\"\n",
        },
        ".docker/Dockerfile-build", ".", 4433, notes=("/health/alive (oryx/healthx/handler.go)",),
    ),
    "coturn/coturn": Shape(  # no HTTP at all
        {
            "docker/coturn/debian/Dockerfile": "FROM debian AS runtime\nCOPY src/ /app/src/\nEXPOSE 3478 3478/udp 5349 5349/udp\nCMD [\"turnserver\", \"--log-file=stdout\"]\n",
            "filc/Dockerfile": "FROM --platform=linux/amd64 ubuntu\nCOPY build.sh /\nCMD [\"turnserver\"]\n", "filc/build.sh": "", "src/main.c": "",
            "fuzzing/Dockerfile": "FROM fuzz\nCMD [\"fuzz\"]\n",
        },
        "docker/coturn/debian/Dockerfile", ".", notes=("3478, of STUN and TURN", "web = false"), needs=("a worker: worker in docker/coturn/debian/Dockerfile runs",),
    ),
    "authzed/spicedb": Shape(
        {
            "Dockerfile": "FROM cgr.dev/chainguard/static\nEXPOSE 50051\nENTRYPOINT [\"spicedb\"]\n", "go.mod": "",
            "docker-compose.yaml": "services:\n  spicedb-1:\n    build: .\n    command: serve\n    ports: ['9090', '50051', '8443', '50053']\n",
        },
        port=50051, command=("serve",), notes=("50051 is the usual port of gRPC",),
    ),
    "kestra-io/kestra": Shape(  # the image's own command is a help, and its checks are on another port
        {
            "Dockerfile": "FROM eclipse-temurin:21-jre\nCOPY docker /\nENTRYPOINT [\"docker-entrypoint.sh\"]\nCMD [\"--help\"]\n", "docker/entry.sh": "",
            "build.gradle": "io.micronaut:micronaut-management\n", "cli/src/main/resources/application.yml": "endpoints:\n  all:\n    port: 8081\n",
            "docker-compose.yml": "services:\n  kestra:\n    image: kestra/kestra:latest\n    command: server standalone\n    ports: ['8080:8080', '8081:8081']\n",
        },
        port=8080, command=("server", "standalone"), notes=("the image's own command is --help; kestra in docker-compose.yml runs: server standalone",),
    ),
    "cloudflare/cloudflared": Shape(
        {"Dockerfile": "FROM golang AS builder\nCOPY . .\nFROM gcr.io/distroless/base\nENTRYPOINT [\"cloudflared\", \"--no-autoupdate\"]\nCMD [\"version\"]\n", "go.mod": ""},
        notes=("version, which prints something and exits", "web = false"),
    ),
    "oauth2-proxy/oauth2-proxy": Shape(
        {
            "Dockerfile": "ARG BUILD_IMAGE=placeholder\nARG RUNTIME_IMAGE=placeholder\nFROM --platform=${BUILDPLATFORM} ${BUILD_IMAGE} AS builder\nCOPY . .\nFROM ${RUNTIME_IMAGE}\nENTRYPOINT [\"/bin/oauth2-proxy\"]\n",
            "contrib/local-environment/docker-compose.yaml": "services:\n  oauth2-proxy:\n    image: quay.io/oauth2-proxy/oauth2-proxy:v7\n    command: --config /oauth2-proxy.cfg\n    volumes: ['./oauth2-proxy.cfg:/oauth2-proxy.cfg']\n    ports: ['4180:4180/tcp']\n",
        },
        port=4180, lacking=("BUILD_IMAGE", "RUNTIME_IMAGE"), notes=("with files that it mounts",),
    ),
    "jhj0517/Whisper-WebUI": Shape(  # the compose file goes on where the image's entry point ends
        {
            "Dockerfile": "FROM debian AS runtime\nCOPY . .\nENTRYPOINT [ \"python\", \"app.py\" ]\n", "requirements.txt": "", "app.py": "",
            "docker-compose.yaml": "services:\n  whisper-webui:\n    build: .\n    ports: ['7860:7860']\n    entrypoint: [python, app.py, --server_port, '7860', --server_name, all]\n",
        },
        port=7860, command=("--server_port", "7860", "--server_name", "all"),
    ),
    "ghostfolio/ghostfolio": Shape(  # one compose file builds it, and another runs what was pushed
        {
            "Dockerfile": "FROM node:22-slim\nCOPY ./apps apps/\nEXPOSE ${PORT:-3333}\nCMD [\"/ghostfolio/entrypoint.sh\"]\n", "apps/api/main.ts": "", "nx.json": "{}",
            "docker/docker-compose.build.yml": "services:\n  ghostfolio:\n    extends: {file: docker-compose.yml, service: ghostfolio}\n    build: {context: ../}\n",
            "docker/docker-compose.yml": "services:\n  ghostfolio:\n    image: docker.io/ghostfolio/ghostfolio:latest\n    init: true\n    ports: ['3333:3333']\n    healthcheck: {test: ['CMD-SHELL', 'curl -f http://localhost:3333/api/v1/health']}\n",
        },
        port=3333, path="/api/v1/health", notes=("an init process runs first",),
    ),
    "supabase/realtime": Shape(  # what tests run is not what is deployed
        {
            "Dockerfile": "FROM debian\nCOPY run.sh run.sh\nENTRYPOINT [\"/app/run.sh\"]\nCMD [\"/app/bin/server\"]\n", "run.sh": "exec \"$@\"\n", "mix.exs": "",
            "compose.tests.yml": "services:\n  test_realtime:\n    build: .\n    ports: ['4100:4100']\n    healthcheck: {test: 'curl -f http://localhost:4100/'}\n",
            "compose.yml": "services:\n  realtime:\n    build: .\n    ports: ['4000:4000']\n",
        },
        port=4000,
    ),
    "bitwarden/server": Shape(  # `server` is what many call an image
        {
            "src/Api/Dockerfile": "FROM mcr.microsoft.com/dotnet/aspnet:8.0\nCOPY . ./\nENV ASPNETCORE_URLS=http://+:5000\nEXPOSE 5000\nHEALTHCHECK CMD wget -q http://localhost:5000/alive\nENTRYPOINT [\"/entrypoint.sh\"]\n",
            "dev/docker-compose.yml": "services:\n  mssql:\n    image: mcr.microsoft.com/mssql/server:2025\n    ports: ['1433:1433']\n    healthcheck: {test: 'curl localhost:1433/x'}\n",
        },
        "src/Api/Dockerfile", "src/Api", 5000, "/alive",
    ),
    "gollum/gollum": Shape(  # a word in a source of another language starts no server
        {
            "Dockerfile": "FROM ruby:3.3-alpine\nCOPY Gemfile* /tmp/\nCOPY docker-run.sh /docker-run.sh\nENTRYPOINT [\"/docker-run.sh\"]\n", "Gemfile": "", "docker-run.sh": "#!/bin/bash\nexec gollum \"$@\"\n",
            "bin/gollum": "#!/usr/bin/env ruby\noptions = {\n  :port => 4567,\n}\n# like rackup\nputs 'rackup'\n",
        },
        port=4567,
    ),
    "spring-petclinic/spring-petclinic-microservices": Shape(  # one Dockerfile for many apps
        {
            "docker/Dockerfile": "FROM eclipse-temurin:17\nARG ARTIFACT_NAME\nCOPY ${ARTIFACT_NAME}.jar application.jar\nARG EXPOSED_PORT\nEXPOSE ${EXPOSED_PORT}\nENTRYPOINT [\"java\", \"-jar\", \"application.jar\"]\n",
            "pom.xml": "spring-boot-starter-parent", "config-server/src/main/resources/application.yml": "server:\n  port: 8888\n",
            "vets/src/main/resources/application.yml": "spring: {}\n",
        },
        "docker/Dockerfile", ".", lacking=("ARTIFACT_NAME",), notes=("EXPOSE of the Dockerfile uses EXPOSED_PORT, which has no value",),
        asked=("The port that the app listens on was not found",),
    ),
    "ministryofjustice/hmpps-template-kotlin": Shape(  # a jar that something else builds, by name and by pattern
        {
            "Dockerfile": "FROM eclipse-temurin:25-jre\nARG BUILD_NUMBER\nENV BUILD_NUMBER=${BUILD_NUMBER:-1_0_0}\nCOPY hmpps-${BUILD_NUMBER}.jar app.jar\nCOPY applicationinsights-agent*.jar ./agent.jar\nENTRYPOINT [\"java\", \"-jar\", \"app.jar\"]\n",
            "build.gradle.kts": "plugins { id(\"gradle-spring-boot\") }\n",
            "src/main/resources/application.yml": "server:\n  port: 8080\nmanagement:\n  endpoints:\n    web:\n      base-path: /\n",
        },
        port=8080, path="/health", notes=("hmpps-1_0_0.jar, applicationinsights-agent*.jar, which git does not have",),
    ),
    "searxng/searxng": Shape(
        {
            "container/dist.dockerfile": "ARG WHO=\"searxng\"\nFROM localhost/$WHO/searxng:builder AS builder\nFROM docker.io/searxng/base:searxng AS dist\nCOPY ./container/ ./\nEXPOSE 8080\nENTRYPOINT [\"/entrypoint.sh\"]\n",
            "container/entrypoint.sh": "", "searx/webapp.py": "@app.route('/healthz', methods=['GET'])\n", "requirements.txt": "",
        },
        "container/dist.dockerfile", ".", 8080, "/healthz", notes=("FROM localhost/searxng/searxng:builder", "/healthz is a proposal, from searx/webapp.py"),
    ),
    "remix-run/indie-stack": Shape(
        {
            "Dockerfile": "FROM node:18-slim\nENV PORT=\"8080\"\nADD . .\nENTRYPOINT [ \"./start.sh\" ]\n", "start.sh": "npm run start\n", "package.json": "{}",
            "fly.toml": "[[services]]\ninternal_port = 8080\n[[services.http_checks]]\npath = \"/healthcheck\"\n",
        },
        port=8080, path="/healthcheck", notes=("health path /healthcheck: fly.toml",),
    ),
    "huggingface/chat-ui": Shape(  # a check that is a file of SvelteKit
        {"Dockerfile": "FROM node:24-slim\nCOPY . .\nEXPOSE 3000\nCMD [\"node\", \"build\"]\n", "package.json": "{}", "src/routes/healthcheck/+server.ts": ""},
        port=3000, path="/healthcheck",
    ),
    "DEFRA/ffc-demo-web": Shape(
        {"Dockerfile": "FROM defradigital/node:2\nCOPY package*.json ./\nCOPY . .\nEXPOSE 3000\nCMD [\"node\", \"app\"]\n", "package.json": "{}", "app/routes/healthy.js": "module.exports = {\n  method: 'GET',\n  path: '/healthy',\n}\n"},
        port=3000, path="/healthy",
    ),
    "snipe/snipe-it": Shape(
        {"Dockerfile": "FROM ubuntu:24.04\nCOPY . /var/www/html\nCMD [\"/startup.sh\"]\nEXPOSE 80\nEXPOSE 443\n", "artisan": "", "routes/web.php": "Route::withoutMiddleware(['web'])->get(\n    '/health',\n    [HealthController::class, 'get']\n);\n"},
        port=80, path="/health",
    ),
    "alphagov/publishing-api": Shape(
        {"Dockerfile": "FROM ghcr.io/alphagov/govuk-ruby-base:4.0\nCOPY . .\nCMD [\"puma\"]\n", "Gemfile": "", "config/routes.rb": "Rails.application.routes.draw do\n  get \"/healthcheck/live\", to: proc { [200, {}, %w[OK]] }\nend\n"},
        port=3000, path="/healthcheck/live",
    ),
    "ente-io/ente": Shape(  # in a group, so that only its owner knows what is before it
        {
            "server/Dockerfile": "FROM alpine\nCOPY migrations migrations\nCMD [\"./museum\"]\n", "server/migrations/1.sql": "", "server/main.go": "publicAPI.GET(\"/ping\", pong)\n",
            "server/compose.yaml": "services:\n  museum:\n    build: .\n    ports: ['8080:8080']\n",
        },
        "server/Dockerfile", "server", 8080, notes=("/ping (server/main.go)",),
    ),
    "fly-apps/hello_elixir": Shape(
        {"Dockerfile": "FROM debian\nCOPY lib lib\nCMD [\"/app/bin/server\"]\n", "lib/a.ex": "", "config/runtime.exs": "url = System.get_env(\"DATABASE_URL\") || raise\nport = String.to_integer(System.get_env(\"PORT\") || \"4000\")\n"},
        port=4000, needs=("a database: DATABASE_URL",),
    ),
    "what Kamal and Copilot say": Shape(
        {
            "Dockerfile": "FROM ruby:3.4\nCOPY . .\nCMD [\"bin/start\"]\n", "bin/start": "", "Gemfile": "",
            "config/deploy.yml": "servers:\n  web: [10.0.0.1]\n  job:\n    hosts: [10.0.0.1]\n    cmd: bin/jobs\nproxy:\n  app_port: 3001\n",
            "copilot/api/manifest.yml": "image:\n  build: Dockerfile\n  port: 3001\nhttp:\n  healthcheck: {path: /ready}\n",
        },
        port=3001, path="/ready", needs=("a worker: job in config/deploy.yml runs bin/jobs",),
    ),
    "kimai/kimai": Shape(  # PHP-FPM, behind a script
        {
            "Dockerfile": "ARG BASE=\"fpm\"\nFROM php:8.3-fpm-alpine AS fpm-base\nRUN apk add bash\nEXPOSE 9000\nFROM php:8.3-apache AS apache-base\nEXPOSE 8001\nFROM ${BASE}-base AS prod\n"
            "ENV TRUSTED_PROXIES=nginx,localhost\nCOPY . /opt/kimai\nCMD [ \"/entrypoint.sh\" ]\n", "composer.json": "{}",
        },
        port=9000, notes=("PHP-FPM speaks FastCGI",),
    ),
    "lldap/lldap": Shape(  # two ports, named after what speaks there
        {"Dockerfile": "FROM alpine:3.21\nCOPY docker-entrypoint.sh ./\nENV LDAP_PORT=3890\nENV HTTP_PORT=17170\nEXPOSE ${LDAP_PORT} ${HTTP_PORT}\nENTRYPOINT [\"/app/docker-entrypoint.sh\"]\n", "docker-entrypoint.sh": "", "Cargo.toml": ""},
        port=17170,
    ),
    "docker-library/wordpress": Shape(
        {
            f"{place}/Dockerfile": f"FROM {base}\nVOLUME /var/www/html\nCOPY docker-entrypoint.sh /usr/local/bin/\nENTRYPOINT [\"docker-entrypoint.sh\"]\nCMD [\"{command}\"]\n"
            for place, base, command in (("latest/php8.2/apache", "php:8.2-apache", "apache2-foreground"), ("latest/php8.2/fpm", "php:8.2-fpm", "php-fpm"),
                                         ("beta/php8.2/apache", "php:8.2-apache", "apache2-foreground"), ("cli/php8.2/alpine", "php:8.2-cli-alpine", "wp"))
        } | {"latest/php8.2/apache/docker-entrypoint.sh": "", "latest/php8.2/fpm/docker-entrypoint.sh": "", "docker-entrypoint.sh": "", "cli/php8.2/alpine/docker-entrypoint.sh": "", "beta/php8.2/apache/docker-entrypoint.sh": ""},
        "latest/php8.2/apache/Dockerfile", "latest/php8.2/apache", 80,
    ),
    "alexjustesen/speedtest-tracker": Shape(
        {
            "docker/8.4/Dockerfile": "FROM ubuntu:24.04\nCOPY start-container /usr/local/bin/\nEXPOSE 80/tcp\nENTRYPOINT [\"start-container\"]\n", "docker/8.4/start-container": "", "composer.json": "{}",
            "compose.yaml": "services:\n  laravel.test:\n    build: {context: ./docker/8.4}\n    ports: ['80:80']\n    volumes: ['.:/var/www/html']\n",
        },
        "docker/8.4/Dockerfile", "docker/8.4", 80, notes=("may only be for development",),
    ),
    "livekit/livekit": Shape(
        {"Dockerfile": "FROM alpine\nCOPY go.mod ./\nENTRYPOINT [\"/livekit-server\"]\n", "go.mod": "", "config-sample.yaml": "# main port\nport: 7880\nrtc:\n  tcp_port: 7881\n"},
        port=7880,
    ),
    "huginn/huginn": Shape(
        {"Dockerfile": "FROM ruby:3\nCOPY mysql-5.7.44-linux-glibc2.12-x86_64.tar.gz /\nCOPY . .\nEXPOSE 3000\nCMD [\"/init\"]\n", "mysql-5.7.44-linux-glibc2.12-x86_64.tar.gz": ""},
        port=3000, architecture="X86_64",
    ),
    "binwiederhier/ntfy": Shape(  # one copies what is built elsewhere, and the other starts the same
        {
            "Dockerfile": "FROM alpine\nCOPY ntfy /usr/bin\nEXPOSE 80/tcp\nENTRYPOINT [\"ntfy\"]\n", "go.mod": "",
            "Dockerfile-build": "FROM golang AS builder\nADD go.mod ./\nFROM alpine\nEXPOSE 80/tcp\nENTRYPOINT [\"ntfy\"]\n",
            "docker-compose.yml": "services:\n  ntfy:\n    image: binwiederhier/ntfy\n    command: [serve]\n    ports: ['80:80']\n    volumes: ['/etc/ntfy:/etc/ntfy']\n",
        },
        "Dockerfile-build", ".", 80, command=("serve",),
    ),
    "stonith404/pingvin-share": Shape(  # a check that asks elsewhere in another case
        {
            "Dockerfile": "FROM node:22-alpine AS runner\nCOPY ./scripts ./scripts\nEXPOSE 3000\nHEALTHCHECK --timeout=3s CMD /bin/sh -c '(if [[ \"$CADDY_DISABLED\" = \"true\" ]]; then curl -fs http://localhost:${BACKEND_PORT:-8080}/api/health; else curl -fs http://localhost:3000/api/health; fi)'\nCMD [\"sh\", \"./scripts/start.sh\"]\n",
            "scripts/start.sh": "",
        },
        port=3000, path="/api/health",
    ),
}  # fmt: skip
