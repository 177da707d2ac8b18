"""Public repositories that people really deploy, cut down to what `init` needs of them: layout and telling lines.

Nothing is copied: names, ports, paths and instructions are facts; all text is written again. `Shape.found` is what a
person who knows the repository would write.
"""

# ruff: noqa: E501 - a line of a Dockerfile is a line

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Shape:
    """The files of a repository, and what is to be found."""

    files: dict[str, str]
    dockerfile: str = "Dockerfile"
    context: str = "."
    port: int | None = None
    path: str = "/"
    codes: str = ""
    here: str = "."
    target: str = ""
    architecture: str = ""
    asked: tuple[str, ...] = ()  # words of the questions on a terminal
    needs: tuple[str, ...] = ()  # words of the lines on what is used beside
    notes: tuple[str, ...] = ()  # words of what is said on the way
    command: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)  # of the build
    lacking: tuple[str, ...] = ()  # arguments that a person has to set


SHAPES = {
    "exanubes/ecs-fargate-ci-cd-pipeline": Shape(
        {
            "backend/Dockerfile": "FROM node:14\nCOPY . .\nRUN npm install\nEXPOSE 8081\nENTRYPOINT [\"node\"]\nCMD [\"dist/main.js\"]\n",
            "backend/package.json": "{}",
            "backend/src/main.ts": "async function bootstrap() { await app.listen(8081); }\n",
            "infrastructure/package.json": "{}",
        },
        "backend/Dockerfile", "backend", 8081,
    ),
    "nickjj/docker-flask-example": Shape(
        {
            "Dockerfile": "FROM node:20 AS assets\nCOPY assets/package.json ./\nCMD [\"bash\"]\nFROM python:3.12 AS app\n"
            "COPY requirements*.txt ./\nCOPY bin/ ./bin\nCOPY --from=assets /public /public\nCOPY . .\n"
            "ENTRYPOINT [\"/app/bin/docker-entrypoint-web\"]\nEXPOSE 8000\nCMD [\"gunicorn\", \"-c\", \"python:config.gunicorn\", \"hello.app:create_app()\"]\n",
            "assets/package.json": "{}", "requirements.txt": "", "bin/docker-entrypoint-web": "exec \"$@\"\n",
            "config/gunicorn.py": 'bind = f"0.0.0.0:{os.getenv(\'PORT\', \'8000\')}"\n',
            "compose.yaml": "x-app: &app\n  build:\n    context: '.'\n    target: app\nservices:\n  postgres:\n    image: postgres:18\n"
            "  redis:\n    image: redis:8\n  web:\n    <<: *app\n    healthcheck:\n      test: '${CHECK:-curl localhost:8000/up}'\n"
            "    ports: ['${FORWARD:-127.0.0.1:8000}:${PORT:-8000}']\n  worker:\n    <<: *app\n    command: celery -A hello.app worker\n",
        },
        port=8000, path="/up", needs=("a database: compose.yaml runs postgres", "Redis: ", "a worker: worker in compose.yaml"),
    ),
    "nickjj/docker-django-example": Shape(
        {
            "Dockerfile": "FROM node:20 AS assets\nCOPY assets/package.json ./\nFROM python:3.12 AS app\nCOPY requirements*.txt ./\n"
            "COPY . .\nWORKDIR /app/src\nEXPOSE 8000\nCMD [\"gunicorn\", \"-c\", \"python:config.gunicorn\", \"config.wsgi\"]\n",
            "assets/package.json": "{}", "requirements.txt": "", "src/config/gunicorn.py": "workers = 2\n", "src/manage.py": "",
            "compose.yaml": "services:\n  postgres: {image: 'postgres:17'}\n  web:\n    build: .\n    ports: ['8000:8000']\n"
            "    healthcheck: {test: 'curl localhost:8000/up'}\n",
        },
        port=8000, path="/up", needs=("a database",),
    ),
    "nickjj/docker-rails-example": Shape(
        {
            "Dockerfile": "FROM ruby:3.3 AS assets\nCOPY Gemfile* ./\nCOPY . .\nFROM ruby:3.3 AS app\nCOPY bin/ ./bin\nEXPOSE 8000\n"
            "CMD [\"bundle\", \"exec\", \"puma\", \"-C\", \"config/puma.rb\"]\n",
            "Gemfile": "gem 'rails'\n", "bin/rails": "", "config/puma.rb": "port ENV.fetch('PORT', 8000)\n",
            "config/routes.rb": "Rails.application.routes.draw do\n  get \"/up\", to: \"up#index\"\nend\n",
            "compose.yaml": "services:\n  web:\n    build: .\n    healthcheck: {test: 'curl localhost:8000/up'}\n    ports: ['8000:8000']\n"
            "  worker:\n    build: .\n    command: bundle exec sidekiq\n",
        },
        port=8000, path="/up", needs=("a worker: worker in compose.yaml runs bundle exec sidekiq",),
    ),
    "umami-software/umami": Shape(
        {
            "Dockerfile": "FROM node:22 AS deps\nCOPY package.json pnpm-lock.yaml ./\nFROM node:22 AS builder\nCOPY . .\n"
            "COPY docker/proxy.ts ./src\nFROM node:22 AS runner\nCOPY --from=builder /app/public ./public\nUSER nextjs\n"
            "EXPOSE 3000\nENV HOSTNAME=0.0.0.0\nENV PORT=3000\nCMD [\"pnpm\", \"start-docker\"]\n",
            "package.json": "{}", "pnpm-lock.yaml": "", "docker/proxy.ts": "",
            "docker-compose.yml": "services:\n  umami:\n    image: ghcr.io/umami-software/umami:latest\n    ports: ['3000:3000']\n"
            "    environment:\n      DATABASE_URL: postgresql://db\n    healthcheck:\n"
            "      test: ['CMD-SHELL', 'curl http://localhost:3000/api/heartbeat']\n  db:\n    image: postgres:15-alpine\n",
            "cypress/docker-compose.yml": "services: {}\n", "podman/podman-compose.yml": "services: {}\n",
        },
        port=3000, path="/api/heartbeat", needs=("a database: ", "DATABASE_URL"),
    ),
    "stefanprodan/podinfo": Shape(
        {
            "Dockerfile": "FROM golang:1.22-alpine as builder\nCOPY . .\nFROM alpine:3.20\nCOPY --from=builder /podinfo/bin/podinfo .\n"
            "COPY ./ui ./ui\nCMD [\"./podinfo\"]\n",
            "Dockerfile.base": "FROM golang:1.22\nCOPY cmd cmd\n", "Dockerfile.xx": "FROM alpine\nCOPY . .\nCMD [\"./podinfo\"]\n",
            "go.mod": "", "ui/index.html": "", "cmd/podinfo/main.go": "package main\n",
            "kustomize/deployment.yaml": "kind: Deployment\nspec:\n  containers:\n    - ports:\n      - name: http\n        containerPort: 9898\n"
            "      - name: http-metrics\n        containerPort: 9797\n",
        },
        port=9898, asked=("several Dockerfiles",),
    ),
    "fastapi/full-stack-fastapi-template": Shape(
        {
            "backend/Dockerfile": "FROM python:3.10\nCOPY ./scripts/ /app/\nCOPY ./pyproject.toml ./uv.lock ./alembic.ini /app/\nCOPY ./app /app/app\n"
            "RUN --mount=type=bind,source=uv.lock,target=uv.lock uv sync\nCMD [\"fastapi\", \"run\", \"--workers\", \"4\", \"app/main.py\"]\n",
            "backend/scripts/prestart.sh": "alembic upgrade head\n", "backend/pyproject.toml": "", "backend/uv.lock": "",
            "backend/alembic.ini": "", "backend/app/main.py": "app = FastAPI()\n",
            "frontend/Dockerfile": "FROM node:20 AS build-stage\nCOPY package*.json /app/\nCOPY ./ /app/\nFROM nginx:1\n"
            "COPY --from=build-stage /app/dist/ /usr/share/nginx/html\nCOPY ./nginx.conf /etc/nginx/conf.d/default.conf\n",
            "frontend/package.json": "{}", "frontend/nginx.conf": "",
            "docker-compose.yml": "services:\n  db:\n    image: postgres:17\n  adminer:\n    image: adminer\n  prestart:\n"
            "    build: {context: ./backend}\n    command: bash scripts/prestart.sh\n  backend:\n    build: {context: ./backend}\n"
            "    environment: [POSTGRES_SERVER=db, 'SMTP_HOST=${SMTP_HOST}']\n    healthcheck:\n"
            "      test: [CMD, curl, -f, 'http://localhost:8000/api/v1/utils/health-check/']\n"
            "    labels: [traefik.http.services.x.loadbalancer.server.port=8000]\n  frontend:\n    build: {context: ./frontend}\n",
        },
        "backend/Dockerfile", "backend", 8000, "/api/v1/utils/health-check/", asked=("several Dockerfiles",),
        needs=("a database", "POSTGRES_SERVER", "migrations: prestart"),
    ),
    "fastapi/full-stack-fastapi-template's frontend": Shape(
        {
            "backend/Dockerfile": "FROM python:3.10\nCOPY ./app /app\nCMD [\"fastapi\", \"run\"]\n", "backend/app/main.py": "",
            "frontend/Dockerfile": "FROM oven/bun:1 AS build-stage\nCOPY package.json bun.lock /app/\nCOPY frontend/package.json /app/frontend/\n"
            "COPY ./frontend /app/frontend\nFROM nginx:1\nCOPY --from=build-stage /app/dist/ /usr/share/nginx/html\n"
            "COPY ./frontend/nginx.conf /etc/nginx/conf.d/default.conf\n",
            "frontend/package.json": "{}", "frontend/nginx.conf": "", "package.json": "{}", "bun.lock": "",
        },
        "frontend/Dockerfile", ".", 80, here="frontend",
    ),
    "dockersamples/example-voting-app": Shape(
        {
            "vote/Dockerfile": "FROM python:3.11-slim AS base\nCOPY requirements.txt ./\nFROM base AS dev\nCMD [\"python\", \"app.py\"]\nFROM base AS final\n"
            "COPY . .\nEXPOSE 80\nCMD [\"gunicorn\", \"app:app\", \"-b\", \"0.0.0.0:80\", \"--workers\", \"4\"]\n",
            "vote/requirements.txt": "", "vote/app.py": "",
            "result/Dockerfile": "FROM node:18-slim\nCOPY package*.json ./\nCOPY . .\nENV PORT 80\nEXPOSE 80\nENTRYPOINT [\"/usr/bin/tini\", \"--\"]\n"
            "CMD [\"node\", \"server.js\"]\n",
            "result/package.json": "{}", "result/server.js": "var port = process.env.PORT || 4000;\n",
            "worker/Dockerfile": "FROM --platform=${BUILDPLATFORM} dotnet/sdk AS build\nCOPY *.csproj .\nCOPY . .\nFROM dotnet/runtime\n"
            "COPY --from=build /app .\nENTRYPOINT [\"dotnet\", \"Worker.dll\"]\n",
            "worker/Worker.csproj": "", "seed-data/Dockerfile": "FROM python\nCOPY . .\nCMD /seed/generate-votes.sh\n",
            "docker-compose.yml": "services:\n  vote:\n    build: {context: ./vote, target: dev}\n    healthcheck: {test: [CMD, curl, -f, 'http://localhost']}\n"
            "    ports: ['8080:80']\n  result:\n    build: ./result\n    ports: ['8081:80', '127.0.0.1:9229:9229']\n  worker:\n    build: ./worker\n"
            "  redis: {image: 'redis:alpine'}\n  db: {image: 'postgres:15-alpine'}\n",
        },
        "vote/Dockerfile", "vote", 80, here="vote", needs=("Redis", "a database", "a worker: worker in docker-compose.yml is another image"), codes="200-399",
    ),
    "louislam/uptime-kuma": Shape(
        {
            "docker/dockerfile": "ARG BASE_IMAGE=louislam/uptime-kuma:base2\nFROM node AS build_healthcheck\nCOPY ./extra/healthcheck.go ./extra/\n"
            "FROM $BASE_IMAGE AS build\nCOPY .npmrc package.json package-lock.json ./\nCOPY . .\nFROM $BASE_IMAGE AS release\n"
            "COPY --from=build /app /app\nEXPOSE 3001\nHEALTHCHECK --interval=60s CMD extra/healthcheck\n"
            "ENTRYPOINT [\"/usr/bin/dumb-init\", \"--\"]\nCMD [\"node\", \"server/server.js\"]\nFROM release AS nightly\nRUN npm run mark-as-nightly\n"
            "FROM node AS build_pr\nCOPY . .\nFROM $BASE_IMAGE AS pr-test2\nEXPOSE 3000 3001\nCMD [\"npm\", \"run\", \"start-pr-test\"]\n"
            "FROM $BASE_IMAGE AS upload-artifact\nCOPY --from=build /app /app\n",
            "docker/debian-base.dockerfile": "FROM node:20-bookworm-slim AS base2-slim\nRUN apt update\n",
            "docker/builder-go.dockerfile": "FROM golang\nCOPY . .\n",
            ".npmrc": "", "package.json": "{}", "package-lock.json": "{}", "extra/healthcheck.go": "", "server/server.js": "",
            "compose.yaml": "services:\n  uptime-kuma:\n    image: louislam/uptime-kuma:2\n    ports: ['3001:3001']\n",
        },
        "docker/dockerfile", ".", 3001, target="release",
    ),
    "outline/outline": Shape(
        {
            "Dockerfile": "ARG APP_PATH=/opt/outline\nARG BASE_IMAGE=outlinewiki/outline-base\nFROM ${BASE_IMAGE} AS base\nFROM node:20-slim AS runner\n"
            "COPY --from=base $APP_PATH/build ./build\n"
            "HEALTHCHECK --interval=1m CMD wget -qO- \"http://localhost:${PORT:-3000}/_health\" | grep -q \"OK\" || exit 1\nEXPOSE 3000\n"
            "CMD [\"yarn\", \"start\"]\n",
            "Dockerfile.base": "FROM node:20\nCOPY . .\nRUN yarn build\n", "package.json": '{"scripts": {"start": "node build/server/index.js"}}',
            "Procfile": "web: node ./build/server/index.js --services=web,websockets\nworker: node ./build/server/index.js --services=worker\n",
            "docker-compose.yml": "services:\n  redis: {image: redis, ports: ['6379:6379']}\n  postgres: {image: postgres}\n",
        },
        port=3000, path="/_health", needs=("Redis", "a database", "a worker: worker in Procfile"),
    ),
    "healthchecks/healthchecks": Shape(
        {
            "docker/Dockerfile": "FROM python:3.14 AS builder\nCOPY requirements.txt /tmp\nCOPY . /opt/healthchecks/\nFROM python:3.14\n"
            "RUN --mount=type=bind,target=/wheels,source=/wheels,from=builder pip install /wheels/*\n"
            "COPY --from=builder /opt/healthchecks/ /opt/healthchecks/\nCOPY docker/fetchstatus.py /opt/healthchecks/\n"
            "HEALTHCHECK --interval=60s CMD ./fetchstatus.py\nCMD [\"uwsgi\", \"/opt/healthchecks/docker/uwsgi.ini\"]\n",
            "docker/fetchstatus.py": "#!/usr/bin/env python\nfrom urllib.request import urlopen\nurlopen('http://localhost:8000/api/v3/status/')\n",
            "docker/uwsgi.ini": "[uwsgi]\nhttp-socket = :8000\nprocesses = 4\nstats = :9191\n", "docker/docker-compose.yml":
            "services:\n  db: {image: 'postgres:16'}\n  web:\n    build: {context: .., dockerfile: docker/Dockerfile}\n    ports: ['8000:8000']\n",
            "requirements.txt": "", "manage.py": "", "locust/Dockerfile.dev": "FROM x\n",
        },
        "docker/Dockerfile", ".", 8000, "/api/v3/status/", needs=("a database",),
    ),
    "go-gitea/gitea": Shape(
        {
            "Dockerfile": "FROM golang:1 AS build-env\nCOPY . .\nFROM alpine:3\nEXPOSE 22 3000\nCOPY docker/root /\nENTRYPOINT [\"/usr/bin/entrypoint\"]\n"
            "CMD [\"/usr/bin/s6-svscan\", \"/etc/s6\"]\n",
            "Dockerfile.rootless": "FROM golang:1 AS build-env\nCOPY . .\nFROM alpine:3\nEXPOSE 2222 3000\nCMD []\n", "go.mod": "",
            "docker/root/etc/x": "",
        },
        port=3000, asked=("several Dockerfiles",),
    ),
    "spring-projects/spring-petclinic, with a Dockerfile": Shape(
        {
            "Dockerfile": "FROM eclipse-temurin:17 AS build\nCOPY mvnw pom.xml ./\nCOPY src src\nRUN ./mvnw package\nFROM eclipse-temurin:17-jre\n"
            "COPY --from=build target/*.jar app.jar\nENTRYPOINT [\"java\", \"-jar\", \"/app.jar\"]\n",
            ".devcontainer/Dockerfile": "FROM mcr/devcontainers/java\n",
            "mvnw": "", "pom.xml": "<parent>spring-boot-starter-parent</parent><artifactId>spring-boot-starter-actuator</artifactId>",
            "src/main/resources/application.properties": "management.endpoints.web.exposure.include=*\n",
            "docker-compose.yml": "services:\n  mysql: {image: 'mysql:9', ports: ['3306:3306']}\n",
        },
        port=8080, path="/actuator/health", needs=("a database",),
    ),
    "mastodon/mastodon": Shape(
        {
            "Dockerfile": "FROM node AS node\nFROM ruby:3.4 AS ruby\nENV BIND=\"0.0.0.0\" PORT=\"3000\"\nFROM ruby AS build\nCOPY Gemfile* /opt/\n"
            "FROM ruby AS mastodon\nCOPY . /opt/mastodon/\nEXPOSE 3000\nENTRYPOINT [\"/usr/bin/tini\", \"--\"]\n",
            "streaming/Dockerfile": "FROM node\nCOPY package.json /opt/\nCOPY ./streaming /opt/streaming\nEXPOSE 4000\nCMD [\"node\", \"./index.js\"]\n",
            "Gemfile": "", "package.json": "{}", "streaming/index.js": "", ".devcontainer/Dockerfile": "FROM x\n",
            "docker-compose.yml": "services:\n  web:\n    image: ghcr.io/mastodon/mastodon:v4\n    build: .\n    command: bundle exec puma -C config/puma.rb\n"
            "    ports: ['127.0.0.1:3000:3000']\n    healthcheck:\n"
            "      test: ['CMD-SHELL', \"curl -s --noproxy localhost localhost:3000/health | grep -q 'OK' || exit 1\"]\n"
            "  streaming:\n    build: {dockerfile: ./streaming/Dockerfile, context: .}\n    ports: ['127.0.0.1:4000:4000']\n    healthcheck:\n"
            "      test: ['CMD-SHELL', \"curl -s localhost:4000/api/v1/streaming/health\"]\n"
            "  sidekiq:\n    build: .\n    command: bundle exec sidekiq\n",
        },
        port=3000, path="/health", asked=("several Dockerfiles",), needs=("a worker: sidekiq",), command=("bundle", "exec", "puma", "-C", "config/puma.rb"),
    ),
    "dani-garcia/vaultwarden": Shape(
        {
            "docker/Dockerfile.debian": "FROM --platform=linux/amd64 vaultwarden/web-vault AS vault\nFROM --platform=$BUILDPLATFORM rust AS build\n"
            "COPY ./Cargo.toml ./\nFROM --platform=$TARGETPLATFORM debian\nENV ROCKET_PROFILE=\"release\" ROCKET_ADDRESS=0.0.0.0 ROCKET_PORT=80\n"
            "VOLUME /data\nEXPOSE 80\nCOPY docker/healthcheck.sh docker/start.sh /\nCOPY --from=vault /web-vault ./web-vault\n"
            "HEALTHCHECK --interval=60s CMD [\"/healthcheck.sh\"]\nCMD [\"/start.sh\"]\n",
            "docker/Dockerfile.alpine": "FROM alpine\nENV ROCKET_PORT=80\nEXPOSE 80\nCOPY docker/start.sh /\nCMD [\"/start.sh\"]\n",
            "docker/Dockerfile.j2": "FROM {{ base }}\n", "docker/healthcheck.sh": "curl \"http://${addr}:${ROCKET_PORT}/alive\"\n",
            "docker/start.sh": "exec /vaultwarden\n", "Cargo.toml": "",
        },
        "docker/Dockerfile.alpine", ".", 80, asked=("several Dockerfiles",),
    ),
    "microservices-demo": Shape(
        {
            **{f"src/{name}/Dockerfile": "FROM golang\nCOPY go.mod ./\nCOPY . .\nEXPOSE 8080\nENTRYPOINT [\"/src/server\"]\n"
               for name in ("frontend", "checkoutservice")},
            **{f"src/{name}/go.mod": "" for name in ("frontend", "checkoutservice")},
            "src/emailservice/Dockerfile": "FROM python\nCOPY requirements.txt .\nEXPOSE 8080\nENTRYPOINT [\"python\", \"email_server.py\"]\n",
            "src/emailservice/requirements.txt": "", "kubernetes-manifests/frontend.yaml": "containerPort: 8080\n",
        },
        "src/frontend/Dockerfile", "src/frontend", 8080, here="src/frontend",
    ),
    "traefik/whoami": Shape(
        {"Dockerfile": "FROM golang:1-alpine AS builder\nCOPY . .\nFROM scratch\nCOPY --from=builder /whoami .\nENTRYPOINT [\"/whoami\"]\nEXPOSE 80\n",
         "go.mod": "", "app.go": "package main\n", "vendor/other/Dockerfile": "FROM x\nEXPOSE 1\n",
         "docs/Dockerfile": "FROM y\nEXPOSE 2\n"},
        port=80,
    ),
    "rails new": Shape(
        {
            "Dockerfile": "ARG RUBY_VERSION=3.4\nFROM docker.io/library/ruby:$RUBY_VERSION-slim AS base\nWORKDIR /rails\nFROM base AS build\n"
            "COPY Gemfile Gemfile.lock ./\nCOPY . .\nFROM base\nCOPY --from=build /rails /rails\n"
            "ENTRYPOINT [\"/rails/bin/docker-entrypoint\"]\nEXPOSE 80\nCMD [\"./bin/thrust\", \"./bin/rails\", \"server\"]\n",
            "Gemfile": "", "Gemfile.lock": "", "bin/docker-entrypoint": "./bin/rails db:prepare\nexec \"${@}\"\n",
            "config/routes.rb": "Rails.application.routes.draw do\n  get \"up\" => \"rails/health#show\", as: :rails_health_check\nend\n",
        },
        port=80, path="/up",
    ),
    "a container of Cloud Run": Shape(
        {"Dockerfile": "FROM python:3.12\nCOPY . ./\nCMD exec gunicorn --bind :$PORT --workers 1 main:app\n", "main.py": "", "requirements.txt": ""},
        port=8080,
    ),
    "testdriven's Django": Shape(
        {
            "app/Dockerfile": "FROM python\nCOPY ./requirements.txt .\nCOPY . .\nENTRYPOINT [\"/app/entrypoint.sh\"]\n",
            "app/Dockerfile.prod": "FROM python AS builder\nCOPY ./requirements.txt .\nFROM python\nCOPY . .\nENTRYPOINT [\"/app/entrypoint.prod.sh\"]\n",
            "app/requirements.txt": "", "app/entrypoint.sh": "python manage.py migrate\n", "app/entrypoint.prod.sh": "exec \"$@\"\n",
            "nginx/Dockerfile": "FROM nginx\nCOPY nginx.conf /etc/nginx/conf.d\n", "nginx/nginx.conf": "",
            "docker-compose.prod.yml": "services:\n  web:\n    build: {context: ./app, dockerfile: Dockerfile.prod}\n"
            "    command: gunicorn hello.wsgi:application --bind 0.0.0.0:8000\n    expose: [8000]\n  db: {image: 'postgres:15'}\n"
            "  nginx: {build: ./nginx, ports: ['1337:80']}\n",
        },
        "app/Dockerfile.prod", "app", 8000, asked=("several Dockerfiles",), needs=("a database",),
        command=("gunicorn", "hello.wsgi:application", "--bind", "0.0.0.0:8000"),
    ),
    "dotnet's sample": Shape(
        {
            "src/Web/Dockerfile": "FROM mcr.microsoft.com/dotnet/aspnet:8.0 AS base\nFROM mcr.microsoft.com/dotnet/sdk:8.0 AS build\n"
            "COPY [\"src/Web/Web.csproj\", \"src/Web/\"]\nCOPY . .\nFROM base AS final\nCOPY --from=build /app .\nENTRYPOINT [\"dotnet\", \"Web.dll\"]\n",
            "src/Web/Web.csproj": "", "src/Web/Program.cs": "app.MapHealthChecks(\"/healthz\");\n", "Shop.sln": "",
        },
        "src/Web/Dockerfile", ".", 8080, "/healthz",
    ),
    "an image for one processor": Shape(
        {"Containerfile": "FROM node:20\nADD https://x.example/tool-linux-amd64.tar.gz /\nCOPY . .\nEXPOSE 9090 3000\nCMD [\"npm\", \"start\"]\n",
         "package.json": "{}"},
        "Containerfile", port=3000, architecture="X86_64",
    ),
}  # fmt: skip
