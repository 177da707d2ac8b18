"""Of several apps in a repository the one that the others depend on is taken, and what it needs of them is reported."""

# ruff: noqa: E501 - a line of a Dockerfile is a line

import pytest

from ecsctl.discovery.files.tree import Tree
from ecsctl.discovery.image import observed
from tests.config.test_evidence import of

API = 'FROM python:3.12\nCOPY . .\nEXPOSE 8000\nCMD ["gunicorn", "-b", "0.0.0.0:8000", "shop:app"]\n'
NODE = 'FROM node:22\nCOPY . .\nEXPOSE 3000\nCMD ["node", "server.js"]\n'
PAGES = "FROM node:22 AS build\nCOPY . .\nRUN npm run build\nFROM nginx\nCOPY --from=build /dist /usr/share/nginx/html\nEXPOSE 80\n"
COMPOSE = """services:
  web:
    build: ./web
    ports: ['3000:3000']
    environment: [API=http://core:8000]
  core:
    build: ./core
    environment: {CORS_ORIGINS: 'http://web:3000', DATABASE_URL: x}
    depends_on: {db: {condition: service_healthy}, job: {condition: service_completed_successfully}}
  job: {build: ./job, depends_on: [db]}
  db: {image: 'postgres:17'}
"""


def laid(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Tree.of(folder)


def test_the_app_that_keeps_data_and_is_called_by_the_others_is_taken_and_they_are_named(tmp_path):
    image = observed(laid(tmp_path, {"web/Dockerfile": NODE, "web/server.js": "", "core/Dockerfile": API, "job/Dockerfile": NODE,
                                     "compose.yaml": COMPOSE}))  # fmt: skip
    said = " ".join(image.doubts)
    assert image.dockerfile == "core/Dockerfile"
    assert (
        "core/Dockerfile is used, the likeliest: it keeps data, and the others call it (ecsctl init --dockerfile"
        in said
    )
    assert "web (web/Dockerfile) calls it, and is deployed separately" in said
    assert "it calls" not in said


def test_an_app_that_calls_another_says_so(tmp_path):
    tree = laid(tmp_path, {"web/Dockerfile": NODE, "core/Dockerfile": API, "compose.yaml": COMPOSE})
    assert "it calls core (core/Dockerfile), which has to run too" in observed(tree, dockerfile="web/Dockerfile").doubts


def test_an_app_that_all_others_wait_for_is_taken_though_it_keeps_nothing(tmp_path):
    lines = "".join(f"  {name}: {{build: ./{name}, depends_on: [core]}}\n" for name in ("site", "admin", "builder"))
    files = {f"{name}/Dockerfile": NODE for name in ("site", "admin", "builder")}
    image = observed(
        laid(
            tmp_path,
            {**files, "core/Dockerfile": API, "compose.yaml": f"services:\n  core: {{build: ./core}}\n{lines}"},
        )
    )
    assert image.dockerfile == "core/Dockerfile"


def test_where_services_call_each_other_what_people_open_is_taken(tmp_path):
    names = ("frontend", "cart", "orders", "stock")
    lines = "".join(
        f"  {name}: {{build: ./{name}, depends_on: [{other}, db]}}\n"
        for name, other in zip(names, (*names[1:], "cart"), strict=True)
    )
    files = {f"{name}/Dockerfile": NODE for name in names}
    image = observed(laid(tmp_path, files | {"compose.yaml": f"services:\n{lines}  db: {{image: mysql}}\n"}))
    assert image.dockerfile == "frontend/Dockerfile"


@pytest.mark.parametrize(
    "front",
    [
        PAGES,
        "FROM node:22\nCOPY . .\nEXPOSE 5173\n",
        'FROM node:22\nCOPY . .\nEXPOSE 5173\nCMD ["npx", "vite", "preview"]\n',
    ],
)
def test_pages_that_a_browser_runs_come_after_a_server(tmp_path, front):
    image = observed(laid(tmp_path, {"web/Dockerfile": front, "src/host/shop/Dockerfile": API}))
    assert image.dockerfile == "src/host/shop/Dockerfile"
    assert any("uses another: web/Dockerfile)" in one for one in image.doubts)


def test_an_image_made_from_one_that_somebody_has_to_name_comes_last(tmp_path):
    image = observed(
        laid(
            tmp_path,
            {
                "build/all.dockerfile": f"ARG BASE\n{API.replace('python:3.12', '$BASE')}",
                "build/server.dockerfile": API,
            },
        )
    )
    assert image.dockerfile == "build/server.dockerfile"


def test_a_stage_that_a_variable_names_is_said_to_be_a_choice(tmp_path):
    stages = "".join(f'FROM php:8.3-{name} AS {name}-runtime\nCOPY . .\nCMD ["serve"]\n' for name in ("apache", "fpm"))
    image = observed(
        laid(
            tmp_path,
            {
                "Dockerfile": stages,
                "compose.yaml": "services:\n  web:\n    build: {context: ., target: '${KIND}-runtime'}\n    ports: ['80:80']\n",
            },
        )
    )
    assert any("set target in [build] for another of apache-runtime, fpm-runtime" in one for one in image.doubts)


def test_a_store_that_only_a_file_for_development_runs_is_no_more_than_perhaps_needed(tmp_path):
    dev = "services:\n  app:\n    build: .\n    volumes: ['.:/app']\n  cache: {image: 'redis:8'}\n  tool: {image: 'redis/redisinsight'}\n  db: {image: postgres}\n"
    tree = laid(tmp_path, {"Dockerfile": API, "compose.dev.yaml": dev, "requirements.txt": "psycopg\n"})
    assert [(one.kind, one.line) for one in observed(tree).needs] == [
        ("a database", "a database: compose.dev.yaml runs postgres"),
        ("what may only be for development", "perhaps: Redis (compose.dev.yaml runs redis)"),
    ]


@pytest.mark.parametrize(("file", "text", "line"), [
    ("src/appsettings.json", '{"ConnectionStrings": {"Main": "Host=db;Database=x", "Redis": "cache:6379"}}', "a database: ConnectionStrings__Main"),
    ("src/appsettings.json", '{"ConnectionStrings": {"Main": "Data Source=shop.db"}}', ""),
    ("src/main/resources/application.yml", "spring:\n  datasource:\n    url: jdbc:postgresql://${DB_HOST:localhost}/x\n", "a database: DB_HOST"),
    ("src/main/resources/application.properties", "spring.rabbitmq.host=localhost\n", "a queue: SPRING_RABBITMQ_HOST"),
    ("src/main/resources/application.properties", "spring.datasource.url=jdbc:h2:mem:x\n", ""),
])  # fmt: skip
def test_what_settings_say_of_a_store_is_named_by_the_variable_that_overrides_it(tmp_path, file, text, line):
    tree = laid(tmp_path, {"Dockerfile": "FROM scratch\nCOPY . .\nEXPOSE 80\nCMD serve\n", file: text})
    assert [one.line for one in observed(tree).needs][:1] == ([f"{line} ({file})"] if line else [])


@pytest.mark.parametrize(("files", "name"), [
    ({"artisan": ""}, "APP_KEY (Laravel)"),
    ({"config/environments/production.rb": "", "Gemfile": ""}, "SECRET_KEY_BASE (Rails in production)"),
    ({"settings.py": 'from decouple import config\nKEY = config("TILL_KEY")\nOTHER = config("OTHER", default=1)\n'}, "TILL_KEY: required by settings.py"),
    ({"main.go": 'Url string `long:"url" env:"SHOP_URL" required:"true"`\nPort int `env:"SHOP_PORT" default:"1" required:"true"`\n'}, "SHOP_URL: required by main.go"),
])  # fmt: skip
def test_what_a_framework_does_not_start_without_is_listed(tmp_path, files, name):
    tree = laid(tmp_path, {"Dockerfile": "FROM scratch\nCOPY . .\nEXPOSE 80\nCMD serve\n"} | files)
    assert [one.line for one in observed(tree).needs if one.line.startswith(name)]
    assert not any("OTHER" in one.line or "SHOP_PORT" in one.line for one in observed(tree).needs)


def test_a_path_that_the_sources_do_not_have_is_a_proposal_whatever_a_compose_file_asks(tmp_path):
    check = (
        "services:\n  app:\n    build: .\n    ports: ['3000:3000']\n    healthcheck: {test: 'curl localhost:3000%s'}\n"
    )
    image = of(
        tmp_path,
        Dockerfile=NODE,
        compose_dot_yaml=check % "/api/health",
        server_dot_js="app.get('/health', (q, r) => r.send('ok'));\n",
    )
    assert "health path /api/health is a proposal" in " ".join(image.doubts)
    assert "the sources have /health (server.js)" in " ".join(image.doubts)
    image = of(tmp_path, compose_dot_yaml=check % "/health")
    assert (image.path, image.doubts) == ("/health", ())


def test_a_stage_that_a_compose_file_releases_is_taken_whatever_its_name_and_its_other_half_is_named(tmp_path):
    stages = 'FROM php:8.3-fpm AS build_php\nCMD ["php-fpm"]\nFROM httpd AS build_web\nCOPY httpd.conf /usr/local/apache2/conf/httpd.conf\nFROM build_php AS build_php_dev\n'
    compose = "services:\n" + "".join(
        f"  {name}: {{build: {{context: ., target: build_{name}}}}}\n" for name in ("php", "web")
    )
    image = observed(laid(tmp_path, {"Dockerfile": stages, "httpd.conf": "Listen 80\n", "compose.yaml": compose}))
    assert image.target == "build_web"
    assert any("php in compose.yaml runs the stage build_php beside this one" in one for one in image.doubts)
    image = observed(laid(tmp_path, {"compose.yaml": ""}))
    assert (
        image.target,
        [one for one in image.doubts if "build_php_dev, seems to be for development" in one] != [],
    ) == (
        "",
        True,
    )


@pytest.mark.parametrize(("file", "text"), [
    ("fly.toml", '[deploy]\nrelease_command = "bin/migrate"\n'),
    ("render.yaml", "services:\n  - {type: web, preDeployCommand: bin/migrate}\n"),
    ("railway.json", '{"deploy": {"preDeployCommand": ["bin/migrate"]}}'),
    ("heroku.yml", "release: {image: web, command: [bin/migrate]}\n"),
])  # fmt: skip
def test_what_other_platforms_run_before_a_release_is_proposed_as_the_release_command(tmp_path, file, text):
    image = observed(laid(tmp_path, {"Dockerfile": API, file: text}))
    assert [(one.name, one.command, one.where) for one in image.processes] == [("", "bin/migrate", file)]


def test_a_schema_of_envalid_requires_what_has_no_default_in_production(tmp_path):
    text = 'export const config = cleanEnv(process.env, {\n  SHOP_URL: url(),\n  SHOP_ID: str({ devDefault: "x" }),\n  SHOP_MODE: str({\n    default: "a",\n  }),\n});\n'
    image = observed(laid(tmp_path, {"Dockerfile": NODE, "server.js": "", "src/config/index.ts": text}))
    assert [one.line for one in image.needs] == ["SHOP_URL, SHOP_ID: required by src/config/index.ts"]


def test_a_committed_environment_names_the_store_and_composers_packages_do_where_nothing_else_does(tmp_path):
    files = {
        "Dockerfile": API,
        "composer.json": '{"require": {"ext-mongodb": "*"}}',
        ".env": "MONGODB_URL=mongodb://127.0.0.1\n",
    }
    assert [one.line for one in observed(laid(tmp_path, files)).needs] == ["a database: MONGODB_URL (.env)"]
    (tmp_path / ".env").unlink()
    assert [one.line for one in observed(laid(tmp_path, {})).needs] == [
        "a database: composer.json has ext-mongodb; the app may need one"
    ]


def test_what_the_packages_of_an_app_require_stands_in_one_line_after_its_own(tmp_path):
    files = {
        f"{place}/env.ts": f"z.object({{\n  {place[-2:].upper()}_KEY: z.string(),\n}})\n"
        for place in ("apps/api", "apps/web", "packages/db", "packages/ui")
    }
    files["apps/api/Dockerfile"] = (
        'FROM node:22\nCOPY apps/api apps/api\nCOPY packages packages\nEXPOSE 3000\nCMD ["node", "a.js"]\n'
    )
    assert [one.line for one in observed(laid(tmp_path, files)).needs] == [
        "PI_KEY: required by apps/api/env.ts",
        "DB_KEY, UI_KEY: required by packages/db/env.ts and 1 more",
    ]


@pytest.mark.parametrize(("file", "text", "line"), [
    ("app.json", '{"addons": ["cloudamqp:lemur", {"plan": "memcachier"}]}', ["a cache: app.json has memcachier", "a queue: app.json has cloudamqp"]),
    ("render.yaml", "databases: [{name: x}]\nservices: [{type: keyvalue, name: y}]\n", ["a database: render.yaml has postgres", "Redis: render.yaml has redis"]),
    (".do/app.yaml", "databases: [{engine: MYSQL}]\n", ["a database: .do/app.yaml has mysql"]),
])  # fmt: skip
def test_what_another_platform_puts_beside_the_app_is_listed(tmp_path, file, text, line):
    assert [one.line for one in observed(laid(tmp_path, {"Dockerfile": API, file: text})).needs] == line


@pytest.mark.parametrize(("file", "text", "required"), [
    ("config.py", 'KEY = os.getenv("SHOP_KEY")\nif not KEY:\n    raise ValueError("SHOP_KEY not set in the environment")\n', True),
    ("server.js", "if (!process.env.SHOP_KEY) throw new Error('SHOP_KEY is required')\n", True),
    ("main.go", 'if os.Getenv("SHOP_KEY") == "" {\n  log.Fatal("SHOP_KEY must be set")\n}\n', True),
    ("server.js", "// throw new Error('SHOP_KEY is required')\nconst key = process.env.SHOP_KEY\n", False),
    ("server.js", "throw new Error('SHOP_KEY is required')\n", False),
])  # fmt: skip
def test_a_variable_without_which_a_program_ends_by_its_own_words_is_required(tmp_path, file, text, required):
    image = observed(laid(tmp_path, {"Dockerfile": "FROM scratch\nCOPY . .\nEXPOSE 80\nCMD serve\n", file: text}))
    assert [one.line for one in image.needs] == ([f"SHOP_KEY: required by {file}"] if required else [])


def test_an_image_of_another_repositorys_app_is_known_in_a_repository_called_docker(tmp_path):
    compose = "services:\n  shop:\n    image: acme/acme\n    environment: [DB_HOST=db]\n    ports: ['8000:8000']\n  db: {image: mariadb}\n"
    tree = laid(tmp_path, {"Dockerfile": API, "examples/web/compose.yml": compose})
    assert [one.kind for one in observed(tree, called="acme/docker").needs] == ["a database"]
    assert observed(tree, called="acme/other").needs == ()
