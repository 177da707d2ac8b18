"""Repositories that need what no compose file of the app says: variables, a command, a path of a check.

As in shapes.py: facts, in text of our own; no more of each than the kind of thing needs.
"""

# ruff: noqa: E501 - a line of a Dockerfile is a line

from __future__ import annotations

from tests.config.shapes import Shape

REQUIRED = {
    "getfider/fider": Shape(  # a field's tag in Go says that a variable is required
        {
            "Dockerfile": "FROM golang AS builder\nCOPY go.mod ./\nFROM debian\nEXPOSE 3000\nCMD ./fider\n",
            "go.mod": "",
            "app/env.go": 'type config struct {\n\tSender string `env:"EMAIL_NOREPLY,required"`\n\tIdle string `env:"IDLE,default=5s,strict"`\n}\n',
        },
        port=3000,
        needs=("EMAIL_NOREPLY: required by app/env.go",),
    ),
    "spliit-app/spliit": Shape(  # a schema in TypeScript does, and Prisma's names on Vercel are a database's
        {
            "Dockerfile": 'FROM node:24-alpine\nCOPY package.json ./\nEXPOSE 3000\nENTRYPOINT ["sh", "start.sh"]\n',
            "package.json": "{}",
            ".env.example": "POSTGRES_PRISMA_URL=\n",
            "src/lib/env.ts": "const schema = z\n  .object({\n    SIGNING: z.string().min(9),\n    BASE_URL: z.string()\n      .url()\n      .optional(),\n  })\n",
        },
        port=3000,
        needs=("a database: POSTGRES_PRISMA_URL", "SIGNING: required by src/lib/env.ts"),
    ),
    "errbit/errbit": Shape(  # Heroku's file does
        {
            "Dockerfile": 'FROM ruby:3.4-slim\nCOPY Gemfile ./\nEXPOSE 80\nCMD ["./bin/thrust"]\n',
            "Gemfile": "",
            "app.json": '{"env": {"MONGODB_URI": {"required": true}, "LEVEL": "info", "NOTE": {"required": false}}}',
            "config/routes.rb": 'get "up" => "rails/health#show"\n',
        },
        port=80,
        path="/up",
        needs=("MONGODB_URI: required by app.json",),
    ),
    "Freika/dawarich": Shape(  # an entry point that starts only what it is given; a worker that two files name
        {
            "docker/Dockerfile": 'FROM ruby:3.4-slim\nCOPY Gemfile ./\nEXPOSE 3000\nENTRYPOINT ["bundle", "exec"]\n',
            "Gemfile": "",
            "Procfile": "web: puma -p 3000\nworker: bundle exec sidekiq\n",
            "docker/docker-compose.yml": "services:\n  app:\n    image: freikin/dawarich:latest\n    entrypoint: web.sh\n    command: [bin/rails, server]\n    environment: {DATABASE_HOST: db}\n"
            "    ports: ['3000:3000']\n    volumes: ['kept:/var/app/storage/']\n",
        },
        "docker/Dockerfile",
        ".",
        3000,
        command=("puma", "-p", "3000"),
        needs=("worker in Procfile",),
    ),
    "Unleash/unleash": Shape(  # published under a name that ends with what it is
        {
            "Dockerfile": 'FROM node:22\nCOPY . .\nEXPOSE 4242\nCMD ["node", "dist/server.js"]\nRUN make\n',
            "package.json": "{}",
            "docker-compose.yml": "services:\n  web:\n    image: unleashorg/unleash-server:latest\n    ports: ['4242:4242']\n    environment: {DATABASE_URL: x}\n    healthcheck: {test: 'wget --spider http://localhost:4242/health'}\n",
        },
        port=4242,
        path="/health",
        needs=("a database: DATABASE_URL",),
    ),
    "svix/svix-webhooks": Shape(  # the app's own program knows the path of its check; a second compose file adds a secret
        {
            "server/Dockerfile": 'FROM debian\nCOPY start ./\nEXPOSE 8071\nCMD ["./start"]\n',
            "server/start": "",
            "server/Cargo.toml": "",
            "server/docker-compose.yml": "services:\n  backend:\n    build: .\n    ports: ['8071:8071']\n    healthcheck: {test: 'svix-server healthcheck http://localhost:8071'}\n    environment: {SVIX_DB_DSN: x}\n",
            "server/docker-compose.override.yml": "services:\n  backend:\n    environment: {SVIX_JWT_SECRET: x}\n",
        },
        "server/Dockerfile",
        "server",
        8071,
        needs=("a database: SVIX_DB_DSN", "SVIX_JWT_SECRET"),
    ),
    "bytebase/dbhub": Shape(  # it listens only if it is asked to
        {
            "Dockerfile": 'FROM node:22-alpine\nCOPY package.json ./\nEXPOSE 8080\nENTRYPOINT ["node", "dist/index.js"]\nRUN make\n',
            "package.json": '{"dependencies": {"@modelcontextprotocol/sdk": "1"}}',
            ".env.example": "DSN=\n",
            "src/server.ts": "const transport = new StdioServerTransport();\n",
        },
        port=8080,
        needs=("a database: DSN",),
        notes=("may only use standard input",),
    ),
    "atuinsh/atuin": Shape(  # only manifests name the variables
        {
            "Dockerfile": 'FROM debian\nCOPY vendor vendor\nHEALTHCHECK CMD curl -f http://localhost:8888/healthz\nENTRYPOINT ["/usr/bin/till-server"]\n',
            "vendor/x": "",
            "Cargo.toml": "",
            "k8s/app.yaml": "env:\n  - name: ATUIN_DB_URI\n    valueFrom: {}\n",
        },
        port=8888,
        path="/healthz",
        needs=("a database: ATUIN_DB_URI",),
    ),
    "logto-io/logto": Shape(  # a second port, which a load balancer does not forward
        {
            "Dockerfile": 'FROM node:22\nCOPY . .\nEXPOSE 3001\nCMD ["npm", "start"]\nRUN make\n',
            "package.json": "{}",
            "compose.yml": "services:\n  app:\n    build: .\n    ports: ['3001:3001', '3002:3002']\n",
        },
        port=3001,
        needs=("port 3002, which app in compose.yml publishes too",),
    ),
    "microcks/microcks": Shape(  # drivers say what nothing else does
        {
            "Dockerfile": 'FROM eclipse-temurin:25\nCOPY pom.xml ./\nEXPOSE 8080\nENTRYPOINT ["run"]\n',
            "pom.xml": "<artifactId>spring-boot-starter-data-mongodb</artifactId> <artifactId>spring-kafka</artifactId>",
        },
        port=8080,
        needs=("a database: pom.xml has spring-boot-starter-data-mongodb", "a queue: pom.xml has spring-kafka"),
    ),
    "hexpm/hexpm": Shape(  # Elixir's fetch_env! too
        {
            "Dockerfile": 'FROM elixir\nCOPY mix.exs ./\nEXPOSE 4000\nCMD ["bin/hexpm", "start"]\n',
            "mix.exs": "",
            "config/runtime.exs": 'config :hexpm, bucket: System.fetch_env!("REPO_BUCKET")\n# System.fetch_env!("OLD")\n',
        },
        port=4000,
        needs=("REPO_BUCKET: required by config/runtime.exs",),
    ),
    "Dokploy/dokploy": Shape(  # another app's routes and requirements are none of this one's; several beside you are a choice
        {
            "Dockerfile.server": 'FROM node:24\nCOPY . .\nRUN pnpm --filter=./apps/api build\nEXPOSE 3000\nCMD ["node", "server.js"]\n',
            "Dockerfile.cloud": 'FROM node:24\nCOPY . .\nRUN pnpm --filter=./apps/web build\nEXPOSE 3000\nCMD ["node", "server.js"]\n',
            "package.json": "{}",
            "apps/api/package.json": '{"dependencies": {"ioredis": "5"}}',
            "apps/web/package.json": '{"dependencies": {"pg": "8"}}',
            "apps/monitoring/main.go": 'app.Get("/health", func(c *Ctx) error { return c.SendString("ok") })\n',
        },
        "Dockerfile.server",
        port=3000,
        path="/health",
        needs=("Redis: apps/api/package.json has ioredis",),
        notes=("Dockerfile.server is used, the likeliest", "which may belong to another app"),
    ),
    "tubearchivist/tubearchivist": Shape(  # a search engine's address, a password, and migrations with an image of their own
        {
            "Dockerfile": 'FROM python:3.12\nCOPY backend /app\nEXPOSE 8000\nCMD ["/app/run.sh"]\n',
            "backend/run.sh": "",
            "db-migrate/Dockerfile": 'FROM python:3.12\nCOPY backend /app\nCMD ["up"]\n',
            "docker-compose.yml": "services:\n  web:\n    build: .\n    ports: ['8000:8000']\n    environment: {ES_URL: x, TA_PASSWORD: x}\n",
        },
        port=8000,
        needs=(
            "a search engine: ES_URL",
            "TA_PASSWORD (web in docker-compose.yml)",
            "migrations: db-migrate/Dockerfile builds",
        ),
    ),
}
