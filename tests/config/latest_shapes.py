"""The latest public repositories, cut down to what `init` needs of them, as shapes.py has them."""

# ruff: noqa: E501 - a line of a Dockerfile is a line

from __future__ import annotations

from tests.config.shapes import Shape

LATEST = {
    "wagtail/bakerydemo": Shape(
        {
            "Dockerfile": "ARG UV=0.11\nFROM ghcr.io/astral-sh/uv:${UV} AS uv\nFROM python:3.12-slim\nCOPY --from=uv /uv /bin/\nADD requirements/ /requirements/\nADD . /code/\nENV PORT=8000\n"
            "EXPOSE 8000\nVOLUME [\"/code/media/images\"]\nENTRYPOINT [\"/code/docker-entrypoint.sh\"]\nCMD [\"uwsgi\", \"/code/etc/uwsgi.ini\"]\n",
            "requirements/base.txt": "", "manage.py": "", "docker-entrypoint.sh": "exec \"$@\"\n", "etc/uwsgi.ini": "", "Procfile": "release: python manage.py migrate\nweb: uwsgi ./etc/uwsgi.ini\n",
            "docker-compose.yml": "services:\n  db: {image: 'postgres:18'}\n  app:\n    build: {context: .}\n    environment: {DJANGO_SECRET_KEY: x, DATABASE_URL: x}\n    volumes: ['./media:/code/media']\n    ports: ['8000:8000']\n",
            "media/kept.txt": "",
        },
        port=8000, needs=("a database: ", "DATABASE_URL", "DJANGO_SECRET_KEY (app in", "/code/media/images (VOLUME", "python manage.py migrate"),
    ),
    "basecamp/once-campfire": Shape(
        {
            "Dockerfile": "FROM docker.io/library/ruby:3.4-slim AS base\nFROM base AS build\nCOPY Gemfile Gemfile.lock vendor ./\nCOPY . .\nFROM base\nEXPOSE 80 443\nCMD [\"bin/boot\"]\n",
            "Gemfile": "", "Gemfile.lock": "", "vendor/x": "", "bin/boot": "", "config/routes.rb": "  get \"up\" => \"rails/health#show\"\n",
            "Procfile": "web: bundle exec thrust bin/start-app\nredis: redis-server config/redis.conf\nworkers: FORK_PER_JOB=false bundle exec resque-pool\n",
        },
        port=80, path="/up", needs=("Redis: Procfile runs redis-server", "resque-pool"),
    ),
    "C4illin/ConvertX": Shape(
        {
            "Dockerfile": "FROM debian:testing-slim AS base\nFROM base AS install\nCOPY package.json bun.lock /temp/\nFROM base AS prerelease\nCOPY . .\nFROM base AS release\nCOPY --from=prerelease /app/dist /app/dist\n"
            "EXPOSE 3000/tcp\nENTRYPOINT [ \"bun\", \"run\", \"dist/src/index.js\" ]\n",
            "package.json": "{}", "bun.lock": "", "src/healthcheck.tsx": "export const healthcheck = new Elysia().use(userService).get(\n  \"/healthcheck\",\n  () => ({ status: \"ok\" }),\n);\n",
            "compose.yaml": "services:\n  convertx:\n    build: .\n    environment: [JWT_SECRET=x]\n    volumes: ['./data:/app/data']\n    ports: ['3000:3000']\n",
        },
        port=3000, path="/healthcheck", needs=("JWT_SECRET (convertx in", "/app/data (a volume of convertx"),
    ),
    "LukeMathWalker/zero-to-production": Shape(
        {
            "Dockerfile": "FROM lukemathwalker/cargo-chef:latest AS chef\nFROM chef AS builder\nCOPY . .\nFROM debian:bookworm-slim AS runtime\nCOPY --from=builder /app/zero2prod zero2prod\nCOPY configuration configuration\nENTRYPOINT [\"./zero2prod\"]\n",
            "Cargo.toml": "", "configuration/base.yaml": "application:\n  host: 0.0.0.0\n  port: 8000\ndatabase:\n  port: 5432\n",
            "src/startup.rs": "App::new()\n  .wrap(Sessions::new(store.clone()))\n  .service(\n    web::scope(\"/admin\")\n      .route(\"/ping\", web::get().to(inner)),\n  )\n  .route(\"/health_check\", web::get().to(health_check))\n",
        },
        port=8000, path="/health_check",
    ),
    "CTFd/CTFd": Shape(
        {
            "Dockerfile": "FROM python:3.11 AS build\nCOPY . /opt\nFROM python:3.11 AS release\nCOPY . /opt\nEXPOSE 8000\nENTRYPOINT [\"/opt/docker-entrypoint.sh\"]\n", "requirements.txt": "", "docker-entrypoint.sh": "",
            "CTFd/__init__.py": "def create_app():\n    app.register_blueprint(views)\n    app.register_blueprint(api, url_prefix=\"/api\")\n",
            "CTFd/views.py": "views = Blueprint(\n    \"views\", __name__\n)\n\n\n@views.route(\"/healthcheck\")\ndef healthcheck():\n    return \"OK\"\n",
            "CTFd/api.py": "api = Blueprint(\"api\", __name__)\n\n\n@api.route(\"/health\")\ndef health(): ...\n",
        },
        port=8000, path="/healthcheck",
    ),
    "maybe-finance/maybe": Shape(
        {
            "Dockerfile": "FROM ruby:3.4-slim AS base\nFROM base AS build\nCOPY .ruby-version Gemfile Gemfile.lock ./\nCOPY . .\nFROM base\nENTRYPOINT [\"/rails/bin/docker-entrypoint\"]\nEXPOSE 3000\nCMD [\"./bin/rails\", \"server\"]\n",
            ".ruby-version": "", "Gemfile": "", "Gemfile.lock": "", "config/credentials.yml.enc": "", "config/routes.rb": "  get \"up\" => \"rails/health#show\", as: :rails_health_check\n",
            "compose.example.yml": "services:\n  web:\n    image: ghcr.io/maybe-finance/maybe:latest\n    ports: ['3000:3000']\n    environment: {SECRET_KEY_BASE: x, DB_HOST: db}\n    volumes: ['app-storage:/rails/storage']\n"
            "  worker:\n    image: ghcr.io/maybe-finance/maybe:latest\n    command: bundle exec sidekiq\n  db: {image: 'postgres:16'}\n",
        },
        port=3000, path="/up", needs=("SECRET_KEY_BASE (web in", "/rails/storage", "DB_HOST", "bundle exec sidekiq"),
    ),
    "karakeep-app/karakeep": Shape(
        {
            "docker/Dockerfile": "FROM node:24-slim AS base\nCOPY package.json pnpm-lock.yaml ./\nCOPY . .\nFROM node:24-slim AS aio_builder\nEXPOSE 3000\nENTRYPOINT [\"/init\"]\n"
            "FROM aio_builder AS aio\nHEALTHCHECK CMD wget --spider \"http://127.0.0.1:${PORT:-3000}/api/health\" || exit 1\nFROM aio_builder AS web\nHEALTHCHECK CMD wget --spider http://127.0.0.1:3000/api/health\n"
            "FROM aio_builder AS workers\nFROM node:24-slim AS mcp\nENTRYPOINT [\"node\", \"index.js\"]\n",
            "docker/docker-compose.build.yml": "services:\n  web:\n    build: {dockerfile: docker/Dockerfile, context: .., target: aio}\n    ports: ['3000:3000']\n  meilisearch: {image: 'getmeili/meilisearch:v1'}\n",
            "package.json": "{}", "pnpm-lock.yaml": "",
        },
        "docker/Dockerfile", port=3000, path="/api/health", target="aio", needs=("a search engine: ",),
    ),
    "coollabsio/coolify": Shape(
        {
            "docker/coolify-helper/Dockerfile": "FROM alpine AS base\nENTRYPOINT [\"/sbin/tini\", \"--\"]\nCMD [\"tail\", \"-f\", \"/dev/null\"]\n",
            "docker/coolify-realtime/Dockerfile": "FROM quay.io/soketi/soketi:1\nCOPY docker/coolify-realtime/soketi.sh /soketi.sh\nENTRYPOINT [\"/bin/sh\", \"/soketi.sh\"]\n", "docker/coolify-realtime/soketi.sh": "",
            "docker/production/Dockerfile": "ARG PHP=8.4-fpm-nginx-alpine\nFROM serversideup/php:${PHP} AS base\nCOPY composer.json composer.lock ./\nFROM serversideup/php:${PHP}\nCOPY --from=base /var/www/html/vendor ./vendor\nCOPY . .\n",
            "composer.json": "{}", "composer.lock": "{}", "artisan": "",
        },
        "docker/production/Dockerfile", port=8080, asked=("several Dockerfiles",),
    ),
    "hoppscotch/hoppscotch": Shape(
        {
            "prod.Dockerfile": "FROM alpine AS base\nCOPY pnpm-lock.yaml .\nCOPY . .\nFROM base AS backend\nEXPOSE 3170\nCMD [\"node\", \"prod_run.mjs\"]\nFROM base AS aio\nEXPOSE 3170\nCMD [\"node\", \"aio_run.mjs\"]\n", "pnpm-lock.yaml": "",
            "docker-compose.deploy.yml": "services:\n  hoppscotch-aio:\n    build: {context: ., dockerfile: prod.Dockerfile, target: aio}\n    command: sh -c 'pnpm exec prisma migrate deploy && node aio_run.mjs'\n    ports: ['3170:3170']\n",
        },
        "prod.Dockerfile", port=3170, needs=("runs pnpm exec prisma migrate deploy",),
    ),
    "lobsters/lobsters": Shape(
        {"Dockerfile.dev": "FROM ruby:3.4\nCOPY Gemfile .ruby-version ./\nEXPOSE 3000\nCMD [\"bin/rails\", \"server\"]\n", "Gemfile": "", ".ruby-version": ""},
        "Dockerfile.dev", port=3000, notes=("seems to be for development, tests or examples",),
    ),
    "DefectDojo/django-DefectDojo": Shape(
        {
            "Dockerfile.django-alpine": "FROM python:3.13-alpine AS base\nFROM base AS release\nCOPY requirements.txt docker/entrypoint-uwsgi.sh ./\nENV DD_UWSGI_MODE=\"socket\" DD_UWSGI_ENDPOINT=\"0.0.0.0:3031\"\nENTRYPOINT [\"/entrypoint-uwsgi.sh\"]\n",
            "requirements.txt": "", "docker/entrypoint-uwsgi.sh": "exec uwsgi \\\n  \"--${DD_UWSGI_MODE}\" \"${DD_UWSGI_ENDPOINT}\" \\\n  --http 0.0.0.0:8081 --http-to \"${DD_UWSGI_ENDPOINT}\"\n",
            "helm/templates/deployment.yaml": "livenessProbe:\n  httpGet:\n    path: /metrics\n---\nlivenessProbe:\n  httpGet:\n    path: /login\n",
        },
        "Dockerfile.django-alpine", port=8081, path="/login",
    ),
    "thomaspoignant/go-feature-flag": Shape(
        {"cmd/cli/Dockerfile": "FROM gcr.io/distroless/static\nARG TARGETPLATFORM\nEXPOSE 1031\nENTRYPOINT [\"/cli\"]\nCOPY $TARGETPLATFORM/cli /\n", "go.mod": ""},
        "cmd/cli/Dockerfile", ".", 1031, notes=("linux/arm64/cli, which git does not have",),
    ),
    "a Django app with a check at its root": Shape(
        {
            "Dockerfile": "FROM python:3.12\nCOPY . .\nEXPOSE 8000\nCMD [\"gunicorn\", \"shop.wsgi\"]\n", "manage.py": "", "shop/settings/base.py": "ROOT_URLCONF = \"shop.urls\"\n",
            "shop/urls.py": "urlpatterns = [\n    path(\"admin/\", admin.site.urls),\n    path(\"api/\", include(\"shop.api.urls\")),\n    path(\"healthz/\", healthz),\n]\n", "shop/api/urls.py": "urlpatterns = [path(\"ping/\", ping)]\n",
        },
        port=8000, path="/healthz/",
    ),
}  # fmt: skip
