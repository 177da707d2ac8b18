"""Repositories of many kinds, each for a rule by which a person finds what is said only in passing.

As in shapes.py: facts, in text of our own; no more of each than the kind of thing needs.
"""

# ruff: noqa: E501 - a line of a Dockerfile is a line

from __future__ import annotations

from tests.config.shapes import Shape

VARIED = {
    "pglombardo/PasswordPusher": Shape(  # of several ports, the one that the server's settings begin from
        {
            "containers/docker/Dockerfile": "FROM ruby:3\nCOPY Gemfile Gemfile.lock ./\nEXPOSE 80 443 5100\nENTRYPOINT [\"entrypoint\"]\n",
            "config/puma.rb": "threads 5, 5\nport ENV.fetch(\"PORT\", 5100)\n", "Gemfile": "", "Gemfile.lock": "",
            "config/routes.rb": "Rails.application.routes.draw do\n  get \"/up\" => proc { [200, {}, []] }\nend\n",
        },
        "containers/docker/Dockerfile", ".", 5100, "/up", asked=("Several ports",),
    ),
    "polarsource/polar": Shape(  # the last stage is a function's; a router is taken under another name
        {
            "server/Dockerfile": "FROM python:3 AS production\nADD . /app/\nCMD [\"uvicorn\", \"polar.app:app\", \"--port\", \"10000\"]\nFROM public.ecr.aws/lambda/python:3 AS function\nADD . /app/\nCMD [\"polar.handler\"]\n",
            "server/pyproject.toml": "", "server/polar/app.py": "from polar.health.endpoints import router as health_router\n\napp.include_router(health_router)\n",
            "server/polar/health/endpoints.py": "router = APIRouter(tags=[\"health\"])\n\n@router.get(\"/healthz\")\nasync def healthz(): ...\n",
        },
        "server/Dockerfile", "server", 10000, "/healthz", target="production", notes=("the stage production",),
    ),
    "knadh/listmonk": Shape(  # the last group of that name has no path and asks nobody who he is
        {
            "Dockerfile": "FROM alpine\nCOPY listmonk .\nCOPY config.sample ./config\nEXPOSE 9000\nCMD [\"./listmonk\"]\n", "config.sample": "", "go.mod": "",
            "cmd/handlers.go": "g := e.Group(\"\", auth)\ng.GET(\"/api/health\", ok)\n{\n  g := e.Group(\"\")\n  g.GET(\"/health\", ok)\n}\n",
        },
        port=9000, path="/health", notes=("copies listmonk, which git does not have",),
    ),
    "redlib-org/redlib": Shape(  # the address of what is fetched has a hole; one behind a question mark may be empty
        {
            "Dockerfile": "FROM alpine\nARG TARGET\nARG TOKEN\nARG TARGETARCH\nRUN curl https://x.example/app-${TARGET}.tgz | tar x && curl https://x.example/d?t=${TOKEN} && curl https://x.example/$TARGETARCH\nEXPOSE 8080\nCMD [\"redlib\"]\n",
        },
        port=8080, lacking=("TARGET",), notes=("needs TARGET",),
    ),
    "papercups-io/papercups": Shape(
        {
            "Dockerfile": "FROM elixir\nCOPY lib lib\nEXPOSE 4000\nCMD [\"run\"]\n",
            "lib/web/router.ex": "scope \"/admin\", Web do\n  pipe_through(:ensure_admin)\n  get(\"/health\", A, :b)\nend\nscope \"/api\", Web do\n  pipe_through(:api)\n  get(\"/ping\", PingController, :ping)\nend\n",
        },
        port=4000, path="/api/ping",
    ),
    "rubygems/rubygems.org": Shape(
        {
            "Dockerfile": "FROM ruby\nCOPY Gemfile* ./\nEXPOSE 3000\nCMD [\"rails\", \"server\"]\n", "Gemfile": "",
            "config/routes.rb": "Rails.application.routes.draw do\n  resources :gems do\n    get 'up'\n  end\n  namespace :internal do\n    get 'ping' => 'ping#index'\n  end\nend\n",
        },
        port=3000, path="/internal/ping",
    ),
    "mermaid-js/mermaid-live-editor": Shape(  # what the server's own settings say, and not what its image usually does
        {
            "Dockerfile": "FROM node AS builder\nCOPY . ./\nFROM nginx:1.28 AS site\nCOPY ./nginx.conf /etc/nginx/conf.d/default.conf\nCOPY --from=builder /app /usr/share/nginx/html\n",
            "nginx.conf": "server {\n  listen 8443 ssl;\n  listen [::]:8080 default_server;\n}\n", "package.json": "{}",
        },
        port=8080,
    ),
    "midday-ai/midday": Shape(  # one package is taken out of the whole workspace
        {
            "apps/api/Dockerfile": "FROM oven/bun AS builder\nCOPY . .\nRUN turbo prune @midday/api --docker\nFROM oven/bun\nCOPY bunfig.toml .\nCOPY --from=builder /app/out .\nEXPOSE 8080\nCMD [\"bun\", \"src/index.ts\"]\n",
            "apps/api/bunfig.toml": "", "bunfig.toml": "", "turbo.json": "{}", "package.json": "{\"workspaces\": [\"apps/*\"]}", "apps/api/package.json": "{}",
            "apps/api/railway.json": "{\"build\": {\"dockerfilePath\": \"apps/api/Dockerfile\"}, \"deploy\": {\"healthcheckPath\": \"/health\"}}",
        },
        "apps/api/Dockerfile", ".", 8080, "/health", notes=("one package out of the workspace",),
    ),
    "navidrome/navidrome": Shape(
        {
            "Dockerfile": "FROM alpine AS final\nCOPY . .\nENV ND_PORT=4533\nVOLUME [\"/data\", \"/tmp\"]\nEXPOSE ${ND_PORT}\nENTRYPOINT [\"/app/navidrome\"]\n",
            "server/server.go": "r.Use(middleware.Heartbeat(\"/ping\"))\n",
        },
        port=4533, path="/ping", needs=("/data",),
    ),
    "mozilla-services/syncstorage-rs": Shape(  # it listens on its own machine alone, unless it is asked not to
        {
            "Dockerfile": "FROM debian\nCOPY . /app\nENTRYPOINT [\"/app/bin/syncserver\"]\n",
            "docker-compose.yml": "services:\n  syncserver:\n    build: .\n    ports: ['8000:8000']\n    environment: {SYNC_HOST: 0.0.0.0, SYNC_URL: mysql://x}\n",
        },
        port=8000, environment={"SYNC_HOST": "0.0.0.0"}, notes=("SYNC_HOST: it makes the app listen",),  # noqa: S104
    ),
    "mher/flower": Shape(  # published elsewhere by its own name; what a compose file puts in is an example
        {
            "Dockerfile": "FROM python\nRUN pip install redis flower\nEXPOSE 5555\nCMD [\"celery\", \"flower\"]\n",
            "flower/urls.py": "from tornado.web import url\nhandlers = [(r\"/healthcheck\", monitor.Healthcheck),]\n",
            "docker-compose.yml": "services:\n  worker: {build: ., entrypoint: celery, command: -A tasks worker, volumes: ['./examples:/data']}\n  flower: {build: ., command: celery flower, ports: ['5555:5555'], volumes: ['./examples:/data']}\n",
        },
        port=5555, path="/healthcheck", needs=("runs celery -A tasks worker",),
    ),
    "axllent/mailpit": Shape(  # of the ports that mail speaks, none serves people
        {"Dockerfile": "FROM alpine\nCOPY . /app\nEXPOSE 1025/tcp 1110/tcp 8025/tcp\nENTRYPOINT [\"/mailpit\"]\n"},
        port=8025,
    ),
    "TheHive-Project/Cortex": Shape(
        {
            "builds/docker/Dockerfile": "FROM debian\nADD opt /opt\nEXPOSE 9001\nENTRYPOINT [\"/opt/cortex/entrypoint\"]\n",
            "conf/routes": "# status\nGET   /api/health   controllers.Status.health\n", "build.sbt": "",
        },
        "builds/docker/Dockerfile", ".", 9001, "/api/health", notes=("copies opt, which git does not have",),
    ),
    "tolgee/tolgee-platform": Shape(  # an editor's is none, and one that starts nothing comes after all that do
        {
            "docker/app/Dockerfile": "FROM eclipse-temurin\nCOPY BOOT-INF/lib /app/lib\nCOPY cmd.sh /app\nEXPOSE 8080\nENTRYPOINT [\"/app/cmd.sh\"]\nHEALTHCHECK CMD wget -q http://127.0.0.1:8080/actuator/health\n",
            "docker/app/cmd.sh": "", "docker/gitpod.Dockerfile": "FROM gitpod/workspace-full\nRUN sdk install java\n", "docker/tools.Dockerfile": "FROM debian\nRUN apt-get install x\n", "build.gradle": "",
        },
        "docker/app/Dockerfile", "docker/app", 8080, "/actuator/health", notes=("BOOT-INF/lib, which git does not have",),
    ),
    "mattermost/focalboard": Shape(  # beside you is only what builds
        {
            "Dockerfile.build": "FROM golang\nCOPY go.mod ./\nCMD [\"make\"]\n", "go.mod": "",
            "docker/Dockerfile": "FROM golang AS build\nADD . /go\nFROM debian\nCOPY --from=build /go/x bin/\nEXPOSE 8000/tcp 9092/tcp\nCMD [\"bin/focalboard\"]\n",
        },
        "docker/Dockerfile", ".", 8000,
    ),
    "GoogleCloudPlatform/cloud-run-hello": Shape(  # only the code says that the platform gives it a port
        {
            "Dockerfile": "FROM golang AS builder\nCOPY . ./\nFROM scratch\nCOPY --from=builder /app/server /server\nENTRYPOINT [\"/server\"]\n",
            "hello.go": "port := os.Getenv(\"PORT\")\nif port == \"\" {\n  port = \"8081\"\n}\n", "go.mod": "",
        },
        port=8081, environment={"PORT": "8081"}, notes=("hello.go reads the port",),
    ),
    "mozilla/send": Shape(  # Mozilla's name of it
        {
            "Dockerfile": "FROM node\nCOPY . .\nENV PORT=1443\nEXPOSE ${PORT}\nCMD [\"node\", \"server.js\"]\n", "package.json": "{}",
            "server/routes.js": "app.get('/__lbheartbeat__', ok);\n",
        },
        port=1443, path="/__lbheartbeat__",
    ),
    "acme/till, led to TLS": Shape(
        {
            "Dockerfile": "FROM ruby\nCOPY . .\nEXPOSE 3000\nCMD [\"rails\", \"server\"]\n", "Gemfile": "",
            "config/routes.rb": "get \"up\" => \"rails/health#show\"\n", "config/environments/production.rb": "  # config.assume_ssl = true\n  config.force_ssl = true\n",
        },
        port=3000, path="/up", codes="200-399", notes=("redirects HTTP to HTTPS",),
    ),
    "acme/desk, which knows its names": Shape(
        {
            "Dockerfile": "FROM python\nCOPY . .\nEXPOSE 8000\nCMD [\"gunicorn\", \"desk.wsgi\"]\n", "manage.py": "",
            "desk/settings.py": "ALLOWED_HOSTS = env.list('HOSTS')\nDATABASES = {'default': dj(os.environ.get('DATABASE_URL'))}\nROOT_URLCONF = 'desk.urls'\n",
            "desk/urls.py": "urlpatterns = [path('healthz/', ok)]\n",
        },
        port=8000, path="/healthz/", notes=("desk/settings.py has ALLOWED_HOSTS",), needs=("a database: DATABASE_URL",),
    ),
    "rajnandan1/kener": Shape(  # a path before the check's that is empty, or not set at all
        {
            "Dockerfile": "FROM node\nARG BASE_PATH=\nARG PORT=3000\nENV PORT=$PORT BASE_PATH=$BASE_PATH\nCOPY . .\nEXPOSE $PORT\nHEALTHCHECK CMD curl -sf http://localhost:${PORT}${BASE_PATH}/healthcheck\nCMD [\"node\", \"main.js\"]\n", "package.json": "{}",
        },
        port=3000, path="/healthcheck",
    ),
    "pypi/warehouse": Shape(  # what a compose file runs is for its developers; of two that only build, the plainer one
        {
            "Dockerfile-docs-build": "FROM python\nCOPY . .\n",
            "Dockerfile-build": "FROM python\nCOPY . .\n", "setup.py": "", "Procfile": "web: gunicorn -b 0.0.0.0:8000 warehouse.wsgi\n",
            "docker-compose.yml": "services:\n  web: {build: {context: ., dockerfile: Dockerfile-build}, command: gunicorn --reload -b 0.0.0.0:8001 warehouse.wsgi, volumes: ['./warehouse:/src'], ports: ['80:8001']}\n",
        },
        "Dockerfile-build", ".", 8000, command=("gunicorn", "-b", "0.0.0.0:8000", "warehouse.wsgi"), notes=("Procfile runs: ",),
    ),
    "gotenberg/gotenberg": Shape(  # the last of many is a function's; of the others the one that is called as the app is
        {
            "build/Dockerfile": "FROM debian AS gotenberg\nCOPY go.mod ./\nEXPOSE 3000\nCMD [\"gotenberg\"]\nFROM gotenberg AS gotenberg-cloudrun\nCMD [\"gotenberg\", \"--x\"]\nFROM gotenberg AS gotenberg-aws-lambda\nCMD [\"gotenberg\"]\n", "go.mod": "",
        },
        "build/Dockerfile", ".", 3000, target="gotenberg",
    ),
    "papermerge/papermerge-core": Shape(  # EXPOSE is forgotten where settings change
        {
            "docker/oidc/Dockerfile": "FROM python\nCOPY docker/oidc/nginx.conf /etc/nginx/nginx.conf\nEXPOSE 8080\nCMD [\"server\"]\n",
            "docker/oidc/nginx.conf": "http { server {\n  listen 80;\n} }\n",
        },
        "docker/oidc/Dockerfile", ".", 80, notes=("has 8080, but docker/oidc/nginx.conf makes the web server listen on 80",),
    ),
    "alphagov/notifications-admin": Shape(
        {
            "docker/Dockerfile": "FROM python AS production\nCOPY app app\nCMD [\"gunicorn\", \"application\"]\nFROM production AS test\nCMD [\"pytest\"]\n", "app/x.py": "",
        },
        "docker/Dockerfile", ".", 8000, target="production", environment={"PORT": "8000"},
    ),
    "usefathom/fathom": Shape(
        {"Dockerfile": "FROM golang AS build\nARG GOARCH=amd64\nCOPY . /x\nRUN make\nFROM alpine\nCOPY --from=build /x/fathom .\nEXPOSE 8080\nHEALTHCHECK CMD [\"wget\", \"-qO-\", \"http://localhost:8080/health\"]\nCMD [\"./fathom\"]\n"},
        port=8080, path="/health", architecture="X86_64",
    ),
    "gothinkster/laravel-realworld-example-app": Shape(  # an extension that is called as the folder is no app
        {
            "docker/php/Dockerfile": "FROM php:7.1-fpm\nRUN docker-php-ext-install pdo_mysql && apt-get install -y php\n", "composer.json": "{}",
            "docker/docker-compose.yml": "services:\n  php: {build: {context: ./php}, volumes: ['../:/app'], ports: ['8000:8000']}\n",
        },
        "docker/php/Dockerfile", "docker/php", 8000, notes=("brings the repository's sources into the image", "PHP-FPM speaks FastCGI"),
    ),
    "LibrePhotos/librephotos-docker": Shape(  # one for a processor that few have comes after the others
        {
            "backend-gpu/Dockerfile": "FROM x/gpu\nCOPY entrypoint.sh /\nEXPOSE 8001\nCMD [\"/entrypoint.sh\"]\n", "backend-gpu/entrypoint.sh": "",
            "backend/Dockerfile": "FROM x\nCOPY entrypoint.sh /\nEXPOSE 8001\nCMD [\"/entrypoint.sh\"]\n", "backend/entrypoint.sh": "",
        },
        "backend/Dockerfile", "backend", 8001, notes=("is used, the likeliest",),
    ),
    "acme/notes, of NestJS": Shape(  # the app's path before the controller's, and its before the method's
        {
            "Dockerfile": "FROM node\nCOPY . .\nEXPOSE 3000\nCMD [\"node\", \"dist/main.js\"]\n", "package.json": "{}",
            "src/main.ts": "app.setGlobalPrefix('api');\nawait app.listen(3000);\n",
            "src/health/health.controller.ts": "@Controller('system')\nexport class Health {\n  @Get('health')\n  check() {}\n}\n",
        },
        port=3000, path="/api/system/health",
    ),
}  # fmt: skip
