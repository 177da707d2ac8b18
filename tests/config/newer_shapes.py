"""Public repositories that `init` misread once, cut down as shapes.py has them."""

# ruff: noqa: E501 - a line of a Dockerfile is a line

from __future__ import annotations

from tests.config.shapes import Shape

NEWER = {
    "docker/getting-started": Shape(
        {
            "Dockerfile": "FROM python:alpine AS base\nCOPY requirements.txt .\nFROM node:18-alpine AS app-base\nCOPY app/package.json app/yarn.lock ./\nFROM base AS dev\nCMD [\"mkdocs\", \"serve\", \"-a\", \"0.0.0.0:8000\"]\n"
            "FROM base AS build\nCOPY . .\nRUN mkdocs build\nFROM nginx:alpine\nCOPY --from=build /app/site /usr/share/nginx/html\n",
            "requirements.txt": "", "app/package.json": "{}", "app/yarn.lock": "",
            "docker-compose.yml": "services:\n  docs:\n    build: {context: ., target: dev}\n    command: mkdocs serve\n    ports: ['8000:8000']\n",
        },
        port=80,
    ),
    "khoj-ai/khoj": Shape(
        {
            "Dockerfile": "FROM ubuntu:jammy\nCOPY pyproject.toml .\nCOPY . .\nARG PORT\nEXPOSE ${PORT}\nENTRYPOINT [\"python3\", \"src/khoj/main.py\"]\n",
            "prod.Dockerfile": "FROM ubuntu:jammy\nCOPY pyproject.toml .\nCOPY . .\nEXPOSE 42110\nENTRYPOINT [\"gunicorn\", \"-c\", \"gunicorn-config.py\", \"src.khoj.main:app\"]\n",
            "pyproject.toml": "", "gunicorn-config.py": "bind = \"0.0.0.0:42110\"\n", "src/khoj/main.py": "",
            "docker-compose.yml": "services:\n  database: {image: docker.io/pgvector/pgvector:pg15}\n  server:\n    image: ghcr.io/khoj-ai/khoj:latest\n    command: --host=\"0.0.0.0\" --port=42110 --anonymous-mode\n    ports: ['42110:42110']\n",
        },
        "prod.Dockerfile", port=42110, asked=("several Dockerfiles",), needs=("a database",),
    ),
    "paperless-ngx/paperless-ngx": Shape(
        {
            "Dockerfile": "FROM ghcr.io/astral-sh/uv:0.7-python3.12-bookworm-slim\nCOPY ./pyproject.toml ./\nCOPY ./src ./\nENTRYPOINT [\"/init\"]\nEXPOSE 8000\n"
            "HEALTHCHECK --interval=30s CMD [ \"curl\", \"-fs\", \"-S\", \"-L\", \"--max-time\", \"2\", \"http://localhost:8000\" ]\n",
            "pyproject.toml": "", "src/manage.py": "",
        },
        port=8000, codes="200-399",
    ),
    "requarks/wiki": Shape(
        {
            "dev/build-arm/Dockerfile": "FROM node:24-alpine\nCOPY assets ./assets\nCOPY server ./server\nCOPY package.json ./\nEXPOSE 3000\nEXPOSE 3443\nCMD [\"node\", \"server\"]\n",
            "dev/build/Dockerfile": "FROM node:24-alpine AS assets\nCOPY ./client ./client\nCOPY ./package.json ./\nFROM node:24-alpine\nCOPY --from=assets /wiki/assets ./assets\nCOPY ./server ./server\nEXPOSE 3000\nEXPOSE 3443\nCMD [\"node\", \"server\"]\n",
            "dev/helm/values.yaml": "livenessProbe:\n  httpGet:\n    path: /healthz\n    port: http\n", "client/index.js": "", "server/index.js": "", "package.json": "{}",
        },
        "dev/build/Dockerfile", ".", 3000, path="/healthz",
    ),
    "BookStackApp/BookStack": Shape(
        {
            "dev/docker/Dockerfile": "FROM php:8.3-apache\nRUN docker-php-ext-install pdo_mysql\nCOPY --from=composer:2 /usr/bin/composer /usr/bin/composer\n", "composer.json": "{}",
            "docker-compose.yml": "services:\n  db: {image: 'mysql:8.4'}\n  app:\n    build: {context: ., dockerfile: ./dev/docker/Dockerfile}\n    volumes: ['./:/app']\n    ports: ['8080:80']\n",
        },
        "dev/docker/Dockerfile", port=80, needs=("a database",), notes=("brings the repository's sources into the image",),
    ),
    "an app on the port that others keep for metrics": Shape(
        {"Dockerfile": "FROM python:3.11\nENV PORT=9090\nCOPY . .\nEXPOSE 9090\nCMD gunicorn --bind :$PORT _wsgi:app\n", "requirements.txt": ""},
        port=9090,
    ),
    "go-vikunja/vikunja": Shape(
        {
            "Dockerfile": "FROM golang:1.25-alpine AS build\nCOPY go.mod go.sum ./\nCOPY . .\nFROM scratch\nCOPY --from=build /app/vikunja .\nEXPOSE 3456\nENTRYPOINT [\"/app/vikunja\"]\n", "go.mod": "", "go.sum": "",
            "pkg/routes/routes.go": "func register(e *echo.Echo, a *echo.Group) {\n\t// e.GET(\"/ping\", old)\n\ta.GET(\"/up\", inner)\n\te.GET(\"/health\", HealthcheckHandler)\n}\n",
        },
        port=3456, path="/health",
    ),
    "a check that is a file of Next.js": Shape(
        {"web/Dockerfile": "FROM node:22\nCOPY package.json ./\nEXPOSE 3000\nCMD [\"npm\", \"start\"]\n", "web/package.json": "{}", "web/src/app/api/health/route.ts": ""},
        "web/Dockerfile", "web", 3000, path="/api/health",
    ),
    "of many services the one that people open": Shape(
        {f"src/{name}/{file}": text for name in ("adservice", "cartservice", "frontend") for file, text in
         {"Dockerfile": "FROM golang AS build\nCOPY go.mod ./\nFROM scratch\nCOPY --from=build /a /a\nEXPOSE 8080\nENTRYPOINT [\"/a\"]\n", "go.mod": ""}.items()},
        "src/frontend/Dockerfile", "src/frontend", 8080, asked=("several Dockerfiles",),
    ),
    "a check of another app, and one for development": Shape(
        {
            "Dockerfile": "FROM python:3.12\nCOPY api ./api\nEXPOSE 8000\nCMD [\"python\", \"-m\", \"api\"]\n", "api/main.py": "", "web/server.js": "app.get('/health', (q, r) => r.end());\n",
            "api/dev-routes.js": "app.get('/ping', (q, r) => r.end());\n",
        },
        port=8000,
    ),
}  # fmt: skip
