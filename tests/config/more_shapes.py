"""More public repositories, cut down to what `init` needs of them, as shapes.py has them."""

# ruff: noqa: E501 - a line of a Dockerfile is a line

from __future__ import annotations

from tests.config.shapes import Shape

MORE = {
    "BretFisher/node-docker-good-defaults": Shape(
        {
            "Dockerfile": "FROM node:18-slim\nARG NODE_ENV=production\nENV NODE_ENV $NODE_ENV\nARG PORT=3000\nENV PORT $PORT\nEXPOSE $PORT 9229 9230\n"
            "COPY docker-entrypoint.sh /usr/local/bin/\nENTRYPOINT [\"docker-entrypoint.sh\"]\nCOPY package.json package-lock.json* ./\n"
            "HEALTHCHECK --interval=30s CMD node healthcheck.js\nCOPY . .\nCMD [ \"node\", \"./bin/www\" ]\n",
            "docker-entrypoint.sh": "exec \"$@\"\n", "package.json": "{}", "package-lock.json": "{}", "bin/www": "",
            "healthcheck.js": "const http = require('http');\nhttp.request({\n  host: 'localhost',\n  port: process.env.PORT || 8080,\n"
            "  path: '/healthz',\n}, (res) => process.exit(res.statusCode === 200 ? 0 : 1)).end();\n",
            "docker-compose.yml": "services:\n  node:\n    build: .\n    command: nodemon ./bin/www\n    ports: ['80:3000', '9229:9229']\n  mongo: {image: mongo}\n",
        },
        port=3000, path="/healthz", needs=("a database",),
    ),
    "CorentinTh/it-tools": Shape(
        {
            "Dockerfile": "FROM node:lts-alpine AS build-stage\nCOPY package.json pnpm-lock.yaml ./\nCOPY . .\nFROM nginx:stable-alpine AS production-stage\n"
            "COPY --from=build-stage /app/dist /usr/share/nginx/html\nCOPY nginx.conf /etc/nginx/conf.d/default.conf\nEXPOSE 80\nCMD [\"nginx\", \"-g\", \"daemon off;\"]\n",
            "package.json": "{}", "pnpm-lock.yaml": "", "nginx.conf": "",
        },
        port=80,
    ),
    "Kludex/fastapi-microservices": Shape(
        {
            "users/docker/backend.dockerfile": "FROM tiangolo/uvicorn-gunicorn-fastapi:python3.8-slim\nCOPY ./requirements.txt /app/\nCOPY ./scripts /app/scripts\nCOPY ./app /app/app\n",
            "users/docker/worker.dockerfile": "FROM python:3.8-slim\nCOPY ./requirements.txt /app/\nCOPY ./app /app/app\nCMD [\"arq\", \"app.worker.WorkerSettings\"]\n",
            "users/requirements.txt": "", "users/scripts/prestart.sh": "alembic upgrade head\n", "users/app/main.py": "",
        },
        "users/docker/backend.dockerfile", "users", 80, asked=("several Dockerfiles",),
    ),
    "LemmyNet/lemmy": Shape(
        {
            ".gitmodules": "[submodule \"translations\"]\n\tpath = crates/email/translations\n\turl = https://git.example/translations\n",
            "docker/Dockerfile": "ARG RUST_VERSION=1.95\nARG BUILDER_IMAGE=lukemathwalker/cargo-chef:latest-rust-${RUST_VERSION}\nARG RUNNER_IMAGE=debian:sid-slim\n"
            "FROM ${BUILDER_IMAGE} AS chef\nFROM chef AS planner\nCOPY . . \nFROM chef AS builder\nCOPY --from=planner /lemmy/recipe.json recipe.json\nCOPY . .\n"
            "FROM ${RUNNER_IMAGE} AS runner\nCOPY --from=builder --chmod=0755 /lemmy/lemmy_server /usr/local/bin\nENTRYPOINT [\"lemmy_server\"]\nEXPOSE 8536\n",
            "docker/docker-compose.yml": "services:\n  lemmy:\n    build: {context: ../, dockerfile: docker/Dockerfile}\n  postgres: {image: 'pgautoupgrade/pgautoupgrade:17'}\n",
            "Cargo.toml": "",
        },
        "docker/Dockerfile", ".", 8536, notes=("come from a git submodule",),
    ),
    "alphagov/notifications-api": Shape(
        {
            "docker/Dockerfile": "FROM python:3.13-slim AS base\nCOPY --from=ghcr.io/astral-sh/uv:0.11 /uv /bin/\nFROM base AS python_build\nCOPY requirements.txt .\nCOPY . .\n"
            "FROM base AS production\nUSER notify\nCOPY app app\nCOPY gunicorn_config.py entrypoint.sh ./\nENTRYPOINT [ \"/home/vcap/app/entrypoint.sh\" ]\n"
            "FROM production AS test\nCOPY Makefile ./\nFROM production AS concourse_tests\nCOPY . .\n",
            "requirements.txt": "", "app/main.py": "", "gunicorn_config.py": "workers = 4\n", "Makefile": "",
            "entrypoint.sh": "case \"$1\" in\n  api) exec gunicorn -c /home/vcap/app/gunicorn_config.py application ;;\n  worker) exec celery worker ;;\nesac\n",
        },
        "docker/Dockerfile", ".", 8000, target="production",
    ),
    "aws-containers/ecsdemo-frontend": Shape(
        {
            "Dockerfile": "FROM public.ecr.aws/bitnami/ruby:2.5\nCOPY Gemfile Gemfile.lock /usr/src/app/\nCOPY . /usr/src/app\nHEALTHCHECK --interval=10s --timeout=3s \\\n"
            "  CMD curl -f -s http://localhost:3000/health/ || exit 1\nEXPOSE 3000\nENTRYPOINT [\"bash\",\"/usr/src/app/startup-cdk.sh\"]\n",
            "Dockerfile.cdk": "FROM ruby:2.5-slim\nCOPY . /usr/src/app\nEXPOSE 3000\nENTRYPOINT [\"bash\",\"/usr/src/app/startup-cdk.sh\"]\n",
            "Gemfile": "", "Gemfile.lock": "", "startup-cdk.sh": "rails s -e production -b 0.0.0.0\n",
            "buildspec.yml": "version: 0.2\nphases:\n  build:\n    commands:\n      - docker build -t $REPOSITORY_NAME .\n      - docker push $ACCOUNT.dkr.ecr.$REGION.amazonaws.com/frontend:latest\n",
        },
        port=3000, path="/health/", asked=("several Dockerfiles",),
    ),
    **{
        f"aws-containers/retail-store-sample-app's {name}": Shape(
            {
                "src/cart/Dockerfile": "FROM public.ecr.aws/amazonlinux/amazonlinux:2023\nCOPY pom.xml .\nCOPY ./src ./src\nEXPOSE 8080\nENTRYPOINT [\"sh\", \"-c\", \"java $JAVA_OPTS -jar /app/app.jar\"]\n",
                "src/cart/pom.xml": "spring-boot-starter-actuator", "src/cart/src/main/java/A.java": "",
                "src/cart/docker-compose.yml": "services:\n  cart:\n    build: {context: .}\n    ports: ['8081:8080']\n    healthcheck:\n"
                "      test: [CMD, curl, -f, 'http://localhost:8080/actuator/health']\n  carts-db: {image: 'amazon/dynamodb-local:1.20.0'}\n",
                "src/catalog/Dockerfile": "FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS build-env\nCOPY go.mod go.sum ./\nCOPY . .\n"
                "FROM public.ecr.aws/amazonlinux/amazonlinux:2023\nCOPY --from=build-env /appsrc/main /app/\nENTRYPOINT [\"/app/main\"]\n",
                "src/catalog/go.mod": "", "src/catalog/go.sum": "",
                "src/catalog/docker-compose.yml": "services:\n  catalog:\n    build: {context: .}\n    healthcheck:\n      test: ['CMD-SHELL', 'curl -f http://localhost:8080/health || exit 1']\n"
                "  catalog-db: {image: 'mariadb:10.9'}\n",
                "src/load-generator/Dockerfile": "FROM node\nCOPY package.json .\nCMD [\"node\", \"run.js\"]\n", "src/load-generator/package.json": "{}",
            },
            f"src/{name}/Dockerfile", f"src/{name}", 8080, path, here=f"src/{name}",
        )
        for name, path in (("cart", "/actuator/health"), ("catalog", "/health"))
    },
    "aws-samples/ecs-demo-php-simple-app": Shape(
        {"Dockerfile": "FROM public.ecr.aws/nginx/nginx:mainline\nEXPOSE 80\nCOPY src/index.html /usr/share/nginx/html\n", "src/index.html": "", "appspec.yaml": "", "taskdef.json": "{}"},
        port=80,
    ),
    "bagisto/bagisto": Shape(
        {
            **{f"docker/production/{name}/Dockerfile": f"FROM ubuntu:24.04\nARG DB_ENGINE=mysql\nCOPY --from=composer:2 /usr/bin/composer /usr/local/bin/composer\n"
               f"COPY shared/db/${{DB_ENGINE}}/ /usr/local/share/db/\nCOPY {name}/config/{name}.conf /etc/\nCOPY shared/entrypoint.sh /\nEXPOSE 80\n"
               "ENTRYPOINT [\"/entrypoint.sh\"]\nCMD [\"/usr/bin/supervisord\", \"-n\"]\n" for name in ("apache", "nginx")},
            "docker/production/apache/config/apache.conf": "", "docker/production/nginx/config/nginx.conf": "", "docker/production/shared/entrypoint.sh": "",
            "docker/production/shared/db/mysql/supervisord.conf": "", "composer.json": "{}",
            "docker-compose.yml": "services:\n  laravel.test:\n    build: {context: ./vendor/laravel/sail/runtimes/8.3}\n    ports: ['${APP_PORT:-80}:80']\n  mysql: {image: 'mysql/mysql-server:8.0'}\n",
        },
        "docker/production/apache/Dockerfile", "docker/production", 80, asked=("several Dockerfiles",), needs=("a database",),
    ),
    "brocoders/nestjs-boilerplate": Shape(
        {
            "Dockerfile": "FROM node:24-alpine\nCOPY package*.json /tmp/app/\nCOPY . /usr/src/app\nCOPY ./startup.sh /opt/startup.sh\nRUN if [ ! -f .env ]; then cp env-example-relational .env; fi\nCMD [\"/opt/startup.sh\"]\n",
            "document.e2e.Dockerfile": "FROM node:24-alpine\nCOPY . /usr/src/app\nCMD [\"/opt/startup.sh\"]\n",
            "maildev.Dockerfile": "FROM node:24-alpine\nRUN npm i -g maildev\nCMD maildev\n",
            "package.json": '{"scripts": {"start:prod": "node dist/main"}}', "startup.sh": "npm run migration:run\nnpm run start:prod\n",
            "env-example-relational": "NODE_ENV=development\nAPP_PORT=3001\nDATABASE_HOST=postgres\nDATABASE_PORT=5432\n",
            "docker-compose.yaml": "services:\n  postgres: {image: 'postgres:18', ports: ['${DATABASE_PORT}:5432']}\n  api:\n    build: {context: ., dockerfile: Dockerfile}\n    ports: ['${APP_PORT}:${APP_PORT}']\n",
        },
        port=3001, asked=("several Dockerfiles",), environment={"APP_PORT": "3001"}, needs=("a database",),
    ),
    "calcom/docker": Shape(
        {
            ".gitmodules": "[submodule \"calcom\"]\n\tpath = calcom\n\turl = https://git.example/cal.com\n",
            "Dockerfile": "FROM --platform=$BUILDPLATFORM node:18 AS builder\nARG DATABASE_URL\nCOPY calcom/package.json calcom/yarn.lock ./\nCOPY calcom/apps/web ./apps/web\n"
            "FROM node:18 AS builder-two\nCOPY calcom/package.json ./\nCOPY --from=builder /calcom/node_modules ./node_modules\nCOPY scripts scripts\n"
            "FROM node:18 AS runner\nCOPY --from=builder-two /calcom ./\nEXPOSE 3000\nHEALTHCHECK --interval=30s \\\n    CMD wget --spider http://localhost:3000 || exit 1\nCMD [\"/calcom/scripts/start.sh\"]\n",
            "Dockerfile.render": "FROM node:18\nCOPY scripts scripts\nCMD [\"/calcom/scripts/start.sh\"]\n", "scripts/start.sh": "yarn start\n",
            "docker-compose.yaml": "services:\n  database: {image: postgres}\n  calcom:\n    build: {context: .}\n    ports: ['3000:3000']\n    environment: [DATABASE_URL=x]\n",
        },
        port=3000, asked=("several Dockerfiles",), needs=("a database",), notes=("come from a git submodule",), codes="200-399",
    ),
    "what cookiecutter-django makes": Shape(
        {
            "compose/local/django/Dockerfile": "FROM python:3.14\nCOPY ./compose/local/django/start /start\nENTRYPOINT [\"/entrypoint\"]\n", "compose/local/django/start": "python manage.py runserver 0.0.0.0:8000\n",
            "compose/production/aws/Dockerfile": "FROM amazon/aws-cli\nCOPY ./compose/production/aws/maintenance /usr/local/bin\n", "compose/production/aws/maintenance/upload": "",
            "compose/production/postgres/Dockerfile": "FROM postgres:17\nCOPY ./compose/production/postgres/maintenance /usr/local/bin\n", "compose/production/postgres/maintenance/backup": "",
            "compose/production/traefik/Dockerfile": "FROM traefik:3\nCOPY ./compose/production/traefik/traefik.yml /etc/traefik\n", "compose/production/traefik/traefik.yml": "",
            "compose/production/django/Dockerfile": "FROM ghcr.io/astral-sh/uv:python3.14 AS build\nRUN --mount=type=bind,source=uv.lock,target=uv.lock uv sync\nCOPY . /app\nFROM python:3.14-slim\n"
            "COPY ./compose/production/django/entrypoint /entrypoint\nCOPY ./compose/production/django/start /start\nCOPY --from=build /app /app\nUSER django\nENTRYPOINT [\"/entrypoint\"]\n",
            "compose/production/django/entrypoint": "exec \"$@\"\n", "compose/production/django/start": "python manage.py collectstatic\nexec gunicorn config.wsgi --bind 0.0.0.0:5000 --chdir=/app\n",
            "uv.lock": "", "manage.py": "",
            "docker-compose.local.yml": "services:\n  django:\n    build: {context: ., dockerfile: ./compose/local/django/Dockerfile}\n    command: /start\n    ports: ['8000:8000']\n",
            "docker-compose.production.yml": "services:\n  django: &django\n    build: {context: ., dockerfile: ./compose/production/django/Dockerfile}\n    command: /start\n"
            "  postgres: {build: {context: ., dockerfile: ./compose/production/postgres/Dockerfile}}\n  redis: {image: 'docker.io/redis:7'}\n  celeryworker:\n    <<: *django\n    command: /start-celeryworker\n",
        },
        "compose/production/django/Dockerfile", ".", 5000, command=("/start",), asked=("several Dockerfiles",), needs=("Redis", "a worker: celeryworker"),
    ),
    "documenso/documenso": Shape(
        {
            "docker/Dockerfile": "FROM node:22-alpine AS base\nFROM base AS builder\nCOPY . .\nFROM base AS installer\nARG KEY=\"CAFEBABE\"\nCOPY turbo.json turbo.json\nFROM base AS runner\n"
            "COPY --from=builder /app/out/json/ .\nCOPY ./docker/start.sh /app/apps/remix/start.sh\nCMD [\"sh\", \"start.sh\"]\n",
            "docker/start.sh": "npx prisma migrate deploy\nnode build/server/main.js\n", "turbo.json": "{}", "package.json": "{}",
            "docker/development/compose.yml": "services:\n  database: {image: 'postgres:15'}\n  inbucket: {image: inbucket}\n", "docker/development/Dockerfile.gotenberg": "FROM gotenberg/gotenberg:8\n",
            "apps/remix/Dockerfile.bun": "FROM oven/bun:1\nCOPY ./package.json bun.lockb /app/\nCMD [\"bun\", \"run\", \"start\"]\n", "apps/remix/package.json": "{}",
            "docker/production/compose.yml": "services:\n  documenso:\n    image: documenso/documenso:latest\n    environment: ['PORT=${PORT:-3000}', 'NEXT_PRIVATE_DATABASE_URL=${X:?err}']\n    ports: ['${PORT:-3000}:${PORT:-3000}']\n",
        },
        "docker/Dockerfile", ".", 3000, asked=("several Dockerfiles",), needs=("a database", "NEXT_PRIVATE_DATABASE_URL"),
    ),
    "dotnet-architecture/eShopOnWeb": Shape(
        {
            "src/PublicApi/Dockerfile": "FROM mcr.microsoft.com/dotnet/aspnet:8.0 AS base\nEXPOSE 80\nEXPOSE 443\nFROM mcr.microsoft.com/dotnet/sdk:8.0 AS build\nCOPY [\"src/PublicApi/PublicApi.csproj\", \"src/PublicApi/\"]\nCOPY . .\n"
            "FROM base AS final\nCOPY --from=build /app/publish .\nENTRYPOINT [\"dotnet\", \"PublicApi.dll\"]\n",
            "src/Web/Dockerfile": "FROM mcr.microsoft.com/dotnet/sdk:8.0 AS build\nCOPY *.sln .\nCOPY . .\nFROM mcr.microsoft.com/dotnet/aspnet:8.0 AS runtime\nCOPY --from=build /app/src/Web/out ./\nENTRYPOINT [\"dotnet\", \"Web.dll\"]\n",
            "src/PublicApi/PublicApi.csproj": "", "src/Web/Web.csproj": "", "eShopOnWeb.sln": "",
            "docker-compose.yml": "services:\n  eshopwebmvc:\n    build: {context: ., dockerfile: src/Web/Dockerfile}\n  sqlserver: {image: mcr.microsoft.com/azure-sql-edge}\n",
        },
        "src/Web/Dockerfile", ".", 8080, asked=("several Dockerfiles",),
    ),
    "dunglas/symfony-docker": Shape(
        {
            "Dockerfile": "FROM dunglas/frankenphp:1-php8.5 AS frankenphp_upstream\nFROM frankenphp_upstream AS frankenphp_base\nCOPY --link frankenphp/Caddyfile /etc/frankenphp/Caddyfile\nENTRYPOINT [\"docker-entrypoint\"]\n"
            "HEALTHCHECK --start-period=60s CMD php -r 'exit(false === @file_get_contents(\"http://localhost:2019/metrics\", context: stream_context_create([\"http\" => [\"timeout\" => 5]])) ? 1 : 0);'\n"
            "CMD [ \"frankenphp\", \"run\", \"--config\", \"/etc/frankenphp/Caddyfile\" ]\nFROM frankenphp_base AS frankenphp_dev\nENV APP_ENV=dev\nFROM frankenphp_base AS builder\nCOPY --link composer.* symfony.* ./\n"
            "COPY --link --exclude=frankenphp/ . ./\nFROM debian:13-slim AS frankenphp_prod\nCOPY --from=builder /usr/local/bin/frankenphp /usr/local/bin/frankenphp\nENTRYPOINT [\"docker-entrypoint\"]\n"
            "HEALTHCHECK CMD php -r 'exit(false === @file_get_contents(\"http://localhost:2019/metrics\") ? 1 : 0);'\nCMD [ \"frankenphp\", \"run\", \"--config\", \"/etc/frankenphp/Caddyfile\" ]\n",
            "frankenphp/Caddyfile": "{$SERVER_NAME:localhost} {\n\troot /app/public\n}\n", ".devcontainer/compose.devcontainer.yaml": "services: {}\n",
        },
        port=80,
    ),
    "excalidraw/excalidraw": Shape(
        {
            "Dockerfile": "FROM --platform=${BUILDPLATFORM} node:24@sha256:00ff AS build\nCOPY . .\nARG NODE_ENV=production\nFROM nginx:stable-alpine-slim@sha256:11ee\n"
            "COPY --from=build /opt/node_app/excalidraw-app/build /usr/share/nginx/html\nHEALTHCHECK CMD wget -q -O /dev/null http://localhost || exit 1\n",
            ".codesandbox/Dockerfile": "FROM node:18-bullseye\n", "package.json": "{}",
            "docker-compose.yml": "services:\n  excalidraw:\n    build: {context: ., target: production}\n    ports: ['3000:80']\n",
        },
        port=80, codes="200-399",
    ),
    "formbricks/formbricks": Shape(
        {
            "apps/web/Dockerfile": "FROM node:24-alpine AS base\nFROM base AS installer\nCOPY apps/web/scripts/read-secrets.sh /tmp/read-secrets.sh\nCOPY . .\n"
            "RUN --mount=type=secret,id=encryption_key /tmp/read-secrets.sh pnpm build\nFROM base AS runner\nCOPY --from=installer /app/apps/web/.next/standalone ./\nEXPOSE 3000\nENV HOSTNAME=\"0.0.0.0\"\nCMD [\"/home/nextjs/start.sh\"]\n",
            "apps/web/scripts/read-secrets.sh": "", "package.json": "{}", "apps/web/package.json": "{}",
            "charts/app/values.yaml": "hub:\n  readinessProbe:\n    httpGet:\n      path: /readyz\n      port: 4000\nweb:\n  readinessProbe:\n    httpGet:\n      path: /health\n      port: 3000\n"
            "  livenessProbe:\n    failureThreshold: 5\n    httpGet:\n      path: /health\n      port: 3000\n",
            "docker/docker-compose.yml": "services:\n  postgres: {image: 'pgvector/pgvector:pg17'}\n  redis: {image: 'valkey/valkey'}\n  formbricks:\n    image: ghcr.io/formbricks/formbricks:latest\n    ports: ['3000:3000']\n    environment: {DATABASE_URL: x}\n",
        },
        "apps/web/Dockerfile", ".", 3000, "/health", needs=("Redis", "DATABASE_URL"),
    ),
    "freeCodeCamp/devdocs": Shape(
        {
            "Dockerfile": "FROM ruby:4.0\nCOPY Gemfile Gemfile.lock Rakefile /devdocs/\nCOPY . /devdocs\nEXPOSE 9292\nCMD rackup -o 0.0.0.0\n",
            "Dockerfile-alpine": "FROM ruby:4.0-alpine\nCOPY . /devdocs\nEXPOSE 9292\nCMD rackup -o 0.0.0.0\n", "Gemfile": "", "Gemfile.lock": "", "Rakefile": "",
        },
        port=9292, asked=("several Dockerfiles",),
    ),
    "getredash/redash": Shape(
        {
            "Dockerfile": "FROM node:24 AS frontend-builder\nCOPY package.json pnpm-lock.yaml /frontend/\nCOPY client /frontend/client\nFROM python:3.13-slim\nEXPOSE 5000\nCOPY --from=ghcr.io/astral-sh/uv:0.11 /uv /usr/local/bin/uv\n"
            "RUN <<EOF\n  if [ \"$TARGETPLATFORM\" = \"linux/amd64\" ]; then\n    curl https://example.org/linux-x86_64.zip\n  fi\nEOF\nCOPY pyproject.toml uv.lock ./\nCOPY . /app\nENTRYPOINT [\"/app/bin/docker-entrypoint\"]\nCMD [\"server\"]\n",
            ".ci/Dockerfile.cypress": "FROM cypress/browsers\nCOPY . /\n", "package.json": "{}", "pnpm-lock.yaml": "", "client/a.js": "", "pyproject.toml": "", "uv.lock": "",
            "bin/docker-entrypoint": "server() { exec /usr/local/bin/gunicorn -b 0.0.0.0:5000 redash.wsgi:app; }\n",
            "compose.yaml": "x-redash: &redash\n  build: {context: .}\n  environment: {REDASH_DATABASE_URL: x}\nservices:\n  server:\n    <<: *redash\n    command: dev_server\n    ports: ['5001:5000', '5678:5678']\n"
            "  scheduler:\n    <<: *redash\n    command: dev_scheduler\n  worker:\n    <<: *redash\n    command: dev_worker\n  redis: {image: redis}\n  postgres: {image: postgres}\n",
        },
        port=5000, needs=("Redis", "a database", "a worker: worker in compose.yaml", "REDASH_DATABASE_URL"),
    ),
    "gothinkster/node-express-realworld-example-app": Shape(
        {"Dockerfile": "FROM docker.io/node:lts-alpine\nENV HOST=0.0.0.0\nENV PORT=3000\nCOPY dist/api api\nCMD [ \"node\", \"api\" ]\n", "package.json": "{}", "src/main.ts": "const port = process.env.PORT || 3000;\n"},
        port=3000, notes=("copies dist/api, which git does not have",),
    ),
    "gotify/server": Shape(
        {
            "docker/Dockerfile": "ARG GO_VERSION=PLEASE\nARG DEBIAN=sid-slim\nFROM --platform=${BUILDPLATFORM} node:24 AS js-builder\nCOPY ./Makefile /src/Makefile\nCOPY ./ui /src/ui\nFROM --platform=${BUILDPLATFORM} gotify/build:${GO_VERSION} AS builder\nCOPY . /src\n"
            "FROM debian:${DEBIAN}\nARG GOTIFY_SERVER_EXPOSE=80\nENV GOTIFY_SERVER_PORT=$GOTIFY_SERVER_EXPOSE\nHEALTHCHECK --interval=30s CMD curl --fail http://localhost:$GOTIFY_SERVER_PORT/health || exit 1\n"
            "EXPOSE $GOTIFY_SERVER_EXPOSE\nCOPY --from=builder /target /\nENTRYPOINT [\"./gotify-app\"]\nCMD [\"serve\"]\n",
            "Makefile": "", "ui/package.json": "{}", "go.mod": "",
        },
        "docker/Dockerfile", ".", 80, "/health", lacking=("GO_VERSION",),
    ),
    "kanboard/kanboard": Shape(
        {
            "Dockerfile": "FROM alpine:3.24\nVOLUME [\"/var/www/app/data\"]\nEXPOSE 80 443\nADD . /var/www/app\nADD docker/ /\nHEALTHCHECK --start-period=3s --timeout=5s \\\n  CMD curl -f http://localhost/healthcheck.php || exit 1\n"
            "ENTRYPOINT [\"/usr/local/bin/entrypoint.sh\"]\nCMD []\n",
            ".devcontainer/Dockerfile": "FROM php\n", "docker/usr/local/bin/entrypoint.sh": "", "index.php": "",
            "docker-compose.mysql.yml": "services:\n  app: {image: 'kanboard/kanboard:latest', ports: ['80:80']}\n  db: {image: 'mariadb:10'}\n",
        },
        port=80, path="/healthcheck.php", needs=("a database",),
    ),
    "livebook-dev/livebook": Shape(
        {
            "Dockerfile": "ARG BASE_IMAGE\nARG VARIANT\nFROM ${BASE_IMAGE} AS base-default\nFROM ${BASE_IMAGE} AS base-cuda\nARG CUDA\nFROM base-${VARIANT} AS build\nCOPY mix.exs mix.lock ./\nCOPY lib lib\n"
            "FROM base-${VARIANT}\nCOPY --from=build /app/_build/prod/rel/livebook /app\nHEALTHCHECK CMD wget --no-verbose --tries=1 --spider http://localhost:${LIVEBOOK_PORT-8080}/public/health || exit 1\nCMD [ \"/app/bin/server\" ]\n",
            "iframe/Dockerfile": "FROM hexpm/elixir:1.13 AS build\nCOPY mix.exs ./\nFROM alpine:3.15\nCMD [ \"/app/bin/livebook_space\", \"start\" ]\n", "iframe/mix.exs": "",
            "mix.exs": "", "mix.lock": "", "lib/livebook/hubs/dockerfile.ex": "defmodule Livebook.Hubs.Dockerfile do\n  \"\"\"\n  FROM x\n  \"\"\"\nend\n",
        },
        port=8080, path="/public/health", asked=("several Dockerfiles",), lacking=("BASE_IMAGE", "VARIANT"),
    ),
    "lukevella/rallly": Shape(
        {
            "apps/web/Dockerfile": "FROM node:24 AS base\nFROM node:24-slim AS base-slim\nFROM base AS builder\nCOPY package.json .\nCOPY . .\nFROM base AS installer\nCOPY turbo.json turbo.json\nFROM base-slim AS runner\nUSER nextjs\nENV PORT=3000\n"
            "EXPOSE 3000\nHEALTHCHECK CMD curl --fail --noproxy '*' http://localhost:${PORT}/api/status || exit 1\nCMD [\"./docker-start.sh\"]\n",
            "apps/web/package.json": "{}", "package.json": "{}", "turbo.json": "{}", "scripts/docker-start.sh": "exec node apps/web/server.js\n",
        },
        "apps/web/Dockerfile", ".", 3000, "/api/status",
    ),
    "mealie-recipes/mealie": Shape(
        {
            "docker/Dockerfile": "FROM node:16 as builder\nCOPY ./frontend .\nFROM python:3.10-slim as python-base\nENV MEALIE_HOME=\"/app\"\nFROM python-base as builder-base\nCOPY ./poetry.lock ./pyproject.toml ./\nFROM hkotel/crfpp as crfpp\n"
            "FROM python-base as production\nCOPY --from=crfpp /usr/local/lib/ /usr/local/lib\nCOPY ./mealie $MEALIE_HOME/mealie\nENV APP_PORT=9000\nEXPOSE ${APP_PORT}\n"
            "HEALTHCHECK CMD python $MEALIE_HOME/mealie/scripts/healthcheck.py || exit 1\nCOPY ./docker/entry.sh $MEALIE_HOME/run.sh\nENTRYPOINT [\"/app/run.sh\"]\n",
            "mealie/scripts/healthcheck.py": "import requests\nport = 9000\nr = requests.get(f\"http://127.0.0.1:{port}/api/app/about\")\n",
            "frontend/package.json": "{}", "poetry.lock": "", "pyproject.toml": "", "docker/entry.sh": "exec mealie\n", ".devcontainer/Dockerfile": "FROM x\n",
        },
        "docker/Dockerfile", ".", 9000, "/api/app/about",
    ),
    "meilisearch/meilisearch": Shape(
        {
            "Dockerfile": "FROM    rust:1.89-alpine AS compiler\nARG     COMMIT_SHA\nENV     SHA=${COMMIT_SHA}\nCOPY    . .\nFROM    alpine:3.22\nENV     MEILI_HTTP_ADDR 0.0.0.0:7700\nEXPOSE  7700/tcp\nCOPY    --from=compiler /target/release/meilisearch /bin/meilisearch\n"
            "ENTRYPOINT [\"tini\", \"--\"]\nCMD     /bin/meilisearch\n",
            "Cargo.toml": "",
        },
        port=7700,
    ),
    "miniflux/v2": Shape(
        {
            "packaging/debian/Dockerfile": "FROM docker.io/golang:1 AS build\nADD . /src\nCMD [\"/src/packaging/debian/build.sh\"]\n", "packaging/rpm/Dockerfile": "FROM rockylinux:9\nADD . /src\nCMD [\"rpmbuild\"]\n",
            **{f"packaging/docker/{name}/Dockerfile": f"FROM docker.io/library/golang AS build\nADD . /go/src/app\nFROM {base}\nEXPOSE 8080\nENV LISTEN_ADDR=0.0.0.0:8080\nCOPY --from=build /go/src/app/miniflux /usr/bin/miniflux\nCMD [\"/usr/bin/miniflux\"]\n"
               for name, base in (("alpine", "docker.io/library/alpine:3.24"), ("distroless", "gcr.io/distroless/base-debian13:nonroot"))},
            "go.mod": "", "Procfile": "web: miniflux.app\n",
        },
        "packaging/docker/alpine/Dockerfile", ".", 8080, asked=("several Dockerfiles",),
    ),
    "ministryofjustice/cloud-platform-reference-app": Shape(
        {"Dockerfile": "FROM golang:1.16\nCOPY . .\nEXPOSE 8082\nUSER 1000\nCMD [\"./wiki\"]\n", "go.mod": "", "wiki.go": "package main\n",
         "deploy/helm/templates/deployment.yaml": "livenessProbe:\n  httpGet:\n    path: /\n    port: http\n"},
        port=8082, codes="200-399",
    ),
    "monicahq/monica": Shape(
        {
            "scripts/docker/Dockerfile": "FROM node:22 AS yarn\nCOPY . ./\nFROM php:8.3-apache\nCOPY . ./\nCOPY scripts/docker/.env.production .env\nCOPY scripts/docker/entrypoint.sh /usr/local/bin/\nENTRYPOINT [\"entrypoint.sh\"]\nCMD [\"apache2-foreground\"]\n",
            "scripts/docker/Dockerfile-fpm": "FROM php:8.3-fpm\nCOPY . ./\nENTRYPOINT [\"entrypoint.sh\"]\nCMD [\"php-fpm\"]\n", "scripts/docker/.env.production": "", "scripts/docker/entrypoint.sh": "exec \"$@\"\n",
            "composer.json": "{}", "bootstrap/app.php": "->withRouting(\n  web: __DIR__.'/../routes/web.php',\n  health: '/up',\n)\n", ".env.example": "APP_URL=x\nDB_HOST=mysql\nREDIS_HOST=redis\n",
        },
        "scripts/docker/Dockerfile", ".", 80, "/up", asked=("several Dockerfiles",), needs=("DB_HOST", "REDIS_HOST"),
    ),
    "netbox-community/netbox-docker": Shape(
        {
            "Dockerfile": "ARG FROM\nFROM ${FROM} AS builder\nARG NETBOX_PATH\nCOPY ${NETBOX_PATH}/requirements.txt requirements-container.txt /\nARG FROM\nFROM ${FROM} AS main\nARG NETBOX_PATH\nCOPY ${NETBOX_PATH} /opt/netbox\n"
            "COPY docker/launch-netbox.sh /opt/netbox/\nCOPY docker/nginx-unit.json /etc/unit/\nENTRYPOINT [ \"/usr/bin/tini\", \"--\" ]\nCMD [ \"/opt/netbox/launch-netbox.sh\" ]\n",
            "requirements-container.txt": "", "docker/launch-netbox.sh": "UNIT_CONFIG=\"${UNIT_CONFIG-/etc/unit/nginx-unit.json}\"\nexec unitd --no-daemon\n",
            "docker/nginx-unit.json": "{\"listeners\": {\"0.0.0.0:8080\": {}}}\n",
            "docker-compose.yml": "services:\n  netbox: &netbox\n    image: docker.io/netboxcommunity/netbox:${VERSION-v4.1}\n    healthcheck: {test: 'curl -f http://localhost:8080/login/ || exit 1'}\n"
            "  netbox-worker:\n    <<: *netbox\n    command: [/opt/netbox/venv/bin/python, manage.py, rqworker]\n    healthcheck: {test: 'ps -aux | grep rqworker'}\n  postgres: {image: 'docker.io/postgres:16-alpine'}\n  redis: {image: 'docker.io/valkey/valkey:8.0-alpine'}\n",
        },
        port=8080, path="/login/", lacking=("FROM", "NETBOX_PATH"), needs=("a database", "Redis"),
    ),
    "sissbruecker/linkding": Shape(
        {
            **{f"docker/{name}.Dockerfile": "FROM --platform=$BUILDPLATFORM node:22-alpine AS node-build\nCOPY package.json ./\nFROM python:3.13 AS build-deps\nADD https://astral.sh/uv/0.8/install.sh /uv.sh\nFROM python:3.13 AS linkding\nCOPY . .\nEXPOSE 9090\n"
               "HEALTHCHECK --interval=30s --retries=3 --timeout=1s \\\nCMD curl -f http://localhost:${LD_SERVER_PORT:-9090}/${LD_CONTEXT_PATH}health || exit 1\nCMD [\"./bootstrap.sh\"]\nFROM linkding AS linkding-plus\nENV LD_ENABLE_SNAPSHOTS=True\n"
               for name in ("alpine", "default")},
            "package.json": "{}", "bootstrap.sh": "exec uwsgi --http :${LD_SERVER_PORT:-9090} uwsgi.ini\n", "uwsgi.ini": "[uwsgi]\nstats = 127.0.0.1:9191\n",
        },
        "docker/alpine.Dockerfile", ".", 9090, "/health", asked=("several Dockerfiles",),
    ),
    "thedevs-network/kutt": Shape(
        {
            "Dockerfile": "FROM node:22-alpine\nRUN --mount=type=bind,source=package.json,target=package.json npm ci\nCOPY . .\nEXPOSE 3000\nCMD npm run migrate && npm start\n",
            "package.json": '{"scripts": {"migrate": "knex migrate:latest", "start": "node server/server.js --production"}}', ".example.env": "PORT=3000\nDB_HOST=localhost\n",
            "docker-compose.postgres.yml": "services:\n  server:\n    build: {context: .}\n    environment: {DB_HOST: postgres, REDIS_HOST: redis}\n    ports: ['3000:3000']\n  postgres: {image: postgres}\n  redis: {image: redis}\n",
        },
        port=3000, needs=("a database", "Redis", "DB_HOST"),
    ),
    "wger-project/wger": Shape(
        {
            "extras/docker/base/Dockerfile": "FROM ubuntu:24.04\nRUN apt-get update\n", "extras/docker/demo/Dockerfile": "FROM wger/base\nEXPOSE 80\nCMD nginx\n",
            "extras/docker/development/Dockerfile": "FROM wger/base\nEXPOSE 8000\nCMD [\"/start\"]\n",
            "extras/docker/production/Dockerfile": "FROM wger/base:latest AS builder\nCOPY pyproject.toml README.md /src/\nFROM wger/base:latest AS final\nARG DOCKER_DIR=./extras/docker/production\nEXPOSE 8000\nCOPY . /home/wger/src\n"
            "COPY ${DOCKER_DIR}/entrypoint.sh /home/wger/entrypoint.sh\nCMD [\"/home/wger/entrypoint.sh\"]\n",
            "extras/docker/production/entrypoint.sh": "gunicorn wger.wsgi:application --bind 0.0.0.0:8000\n", "pyproject.toml": "", "README.md": "",
        },
        "extras/docker/production/Dockerfile", ".", 8000, asked=(),
    ),
    "zauberzeug/nicegui": Shape(
        {
            "release.dockerfile": "FROM python:3.14-slim\nCOPY pyproject.toml uv.lock* ./\nCOPY main.py ./\nEXPOSE 8080\nENTRYPOINT [\"/resources/docker-entrypoint.sh\"]\nCMD [\"/opt/venv/bin/python\", \"main.py\"]\n",
            "fly.dockerfile": "FROM python:3.14-slim\nCOPY pyproject.toml ./\nADD . .\nEXPOSE 8080\nCMD [\"uv\", \"run\", \"main.py\"]\n", "development.dockerfile": "FROM python:3.14\nCOPY . .\nCMD bash\n",
            "pyproject.toml": "", "main.py": "", "website/dockerfile-knGO.js": "export const FROM = 1;\n",
        },
        "release.dockerfile", ".", 8080, asked=("several Dockerfiles",),
    ),
    "zulip/docker-zulip": Shape(
        {
            "Dockerfile": "FROM ubuntu:24.04 AS base\nARG UBUNTU_MIRROR\nFROM base AS build\nRUN git clone x\nFROM base\nCOPY --from=build /tmp/z.tar.gz /root/\nCOPY custom_zulip_files/ /root/custom\nCOPY entrypoint.sh /sbin/entrypoint.sh\nVOLUME [\"/data\"]\nEXPOSE 25 80 443\n"
            "HEALTHCHECK --interval=10s \\\n    CMD [\"curl\", \"-isfL\", \"--insecure\", \"http://localhost/health\"]\nENTRYPOINT [\"/sbin/entrypoint.sh\"]\nCMD [\"app:run\"]\n",
            "custom_zulip_files/.gitkeep": "", "entrypoint.sh": "", ".github/workflows/dockerfile.yaml": "on: push\n",
            "compose.yaml": "services:\n  database: {image: 'zulip/zulip-postgresql:14'}\n  memcached: {image: 'memcached:alpine'}\n  rabbitmq: {image: 'rabbitmq:4.0'}\n  redis: {image: 'redis:alpine'}\n  zulip: {build: ., ports: ['25:25', '80:80', '443:443']}\n",
        },
        port=80, path="/health", needs=("a database", "a cache", "a queue", "Redis"),
    ),
    "yotkadata/meteo_hist": Shape(
        {"Dockerfile": "FROM python:3.10-slim\nCOPY requirements.txt /app\nCOPY *.py /app/\nENTRYPOINT [\"streamlit\", \"run\", \"app.py\", \"--server.address=0.0.0.0\"]\n", "requirements.txt": "", "app.py": ""},
        port=8501, path="/_stcore/health",
    ),
    "robmarkcole/gradio-docker-demo": Shape(
        {"Dockerfile": "FROM python:3.7\nRUN pip install gradio \nCOPY . /app\nEXPOSE 7860\nCMD [\"python\", \"app.py\"]\n", "app.py": "gr.Interface().launch(server_name='0.0.0.0')\n"},
        port=7860,
    ),
    "what mix phx.gen.release makes": Shape(
        {
            "Dockerfile": "ARG ELIXIR_VERSION=1.17.3\nARG DEBIAN_VERSION=bookworm\nARG BUILDER_IMAGE=\"hexpm/elixir:${ELIXIR_VERSION}-debian-${DEBIAN_VERSION}\"\nARG RUNNER_IMAGE=\"debian:${DEBIAN_VERSION}\"\n"
            "FROM ${BUILDER_IMAGE} as builder\nCOPY mix.exs mix.lock ./\nCOPY config/config.exs config/${MIX_ENV}.exs config/\nCOPY rel rel\nFROM ${RUNNER_IMAGE}\nCOPY --from=builder /app/_build/prod/rel/hello ./\nUSER nobody\nCMD [\"/app/bin/server\"]\n",
            "mix.exs": "", "mix.lock": "", "config/config.exs": "", "rel/overlays/bin/server": "PHX_SERVER=true exec ./hello start\n",
            "config/runtime.exs": "config :hello, HelloWeb.Endpoint,\n  http: [ip: {0, 0, 0, 0}, port: String.to_integer(System.get_env(\"PORT\", \"4000\"))]\n",
        },
        port=4000,
    ),
    "PHP-FPM alone": Shape(
        {"Dockerfile": "FROM php:8.3-fpm-alpine\nCOPY . /var/www/html\nEXPOSE 9000\nCMD [\"php-fpm\"]\n", "composer.json": "{}"},
        port=9000, notes=("PHP-FPM speaks FastCGI",),
    ),
    "what .dockerignore leaves out, and what git LFS keeps": Shape(
        {
            "Dockerfile": "FROM nginx\nCOPY dist /usr/share/nginx/html\nCOPY conf/site.conf /etc/nginx/conf.d/\nCOPY assets/logo.psd /\n", ".dockerignore": "*\n!conf\nconf/*.bak\n!assets/**\n",
            "dist/index.html": "", "conf/site.conf": "", "assets/logo.psd": "pointer", ".gitattributes": "*.psd filter=lfs diff=lfs merge=lfs -text\n",
        },
        port=80, notes=("copies dist, which .dockerignore leaves out", "git LFS keeps *.psd"),
    ),
    "arguments that a compose file gives": Shape(
        {
            "Dockerfile": "ARG NODE_VERSION\nFROM node:${NODE_VERSION}-alpine\nCOPY . .\nEXPOSE 3000\nCMD [\"node\", \".\"]\n", "package.json": "{}",
            "compose.yaml": "services:\n  web:\n    build:\n      context: .\n      args: {NODE_VERSION: 22, TOKEN: '${TOKEN}'}\n    ports: ['80:3000']\n",
        },
        port=3000, arguments={"NODE_VERSION": "22"},
    ),
}  # fmt: skip
