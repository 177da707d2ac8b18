"""What init reads in sources, settings classes and Kubernetes manifests: small trees, each with one kind of thing."""

# ruff: noqa: E501 - a line of a source is a line

import pytest

from ecsctl.discovery.serving.frameworks import EVERY
from tests.config.test_evidence import NODE, doubts, of

PYTHON = 'FROM python:3.13\nCOPY . .\nEXPOSE 8000\nCMD ["gunicorn", "-b", "0.0.0.0:8000", "shop.wsgi"]\n'
ASPNET = 'FROM mcr.microsoft.com/dotnet/aspnet:9.0\nCOPY . .\nENTRYPOINT ["dotnet", "Shop.dll"]\n'


def needs(image):
    return "\n".join(one.line for one in image.needs)


@pytest.mark.parametrize(("body", "name"), [
    ("    queue_name: str\n", "SHOP_QUEUE_NAME"),
    ("    queue_name: str = Field(description='where (all) orders wait')\n", "SHOP_QUEUE_NAME"),
    ("    queue_name: str = Field(...)\n", "SHOP_QUEUE_NAME"),
    ("    queue: AnyUrl = Field(validation_alias='QUEUE_ADDRESS')\n", "QUEUE_ADDRESS"),
])  # fmt: skip
def test_a_field_of_pydantic_settings_without_a_default_is_a_required_variable(tmp_path, body, name):
    text = f"class Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='shop_')\n{body}"
    assert f"{name}: required by shop/settings.py" in needs(of(tmp_path, Dockerfile=PYTHON, shop__settings_dot_py=text))


@pytest.mark.parametrize("body", [
    "    queue_name: str = 'orders'\n",
    "    queue_name: str | None\n",
    "    queue_name: str = Field(default='orders')\n",
    "    queue_name: str = Field('orders', description='x')\n",
    "    queue: QueueSettings\n",
])  # fmt: skip
def test_a_field_with_a_default_or_of_another_class_is_none(tmp_path, body):
    text = f"class Settings(BaseSettings):\n{body}\nclass Other:\n    queue_name: str\n"
    assert "required by" not in needs(of(tmp_path, Dockerfile=PYTHON, settings_dot_py=text))


def test_a_settings_class_of_the_apps_own_may_be_the_base_of_another(tmp_path):
    text = "from shop.base import Base\n\nclass Mail(Base, env_prefix='mail_'):\n    sender: str\n"
    base = "class Base(BaseSettings, extra='ignore'):\n    pass\n"
    image = of(tmp_path, Dockerfile=PYTHON, shop__mail_dot_py=text, shop__base_dot_py=base)
    assert "MAIL_SENDER: required by shop/mail.py" in needs(image)


def test_what_settings_raise_for_is_required_though_the_sentence_begins_a_line(tmp_path):
    text = 'HOSTS = os.environ.get("SHOP_CLIENTS")\nif not HOSTS:\n    raise ImproperlyConfigured(\n        "SHOP_CLIENTS environment variable must be set."\n    )\n'
    assert "SHOP_CLIENTS: required by settings.py" in needs(of(tmp_path, Dockerfile=PYTHON, settings_dot_py=text))


@pytest.mark.parametrize(("source", "required"), [
    ("key = ENV.fetch('PANEL_PASS')\n", True),
    ("if !ENV['PANEL_PASS'].to_s.empty?\n  key = ENV.fetch('PANEL_PASS')\nend\n", False),
])  # fmt: skip
def test_a_variable_that_ruby_asks_for_before_it_fetches_it_is_not_required(tmp_path, source, required):
    image = of(
        tmp_path, Dockerfile="FROM ruby\nCOPY . .\nEXPOSE 3000\nCMD puma\n", config__initializers__panel_dot_rb=source
    )
    assert ("PANEL_PASS: required by" in needs(image)) is required


def test_migrations_that_an_initializer_of_rails_runs_are_run(tmp_path):
    made = {"Dockerfile": "FROM ruby\nCOPY . .\nEXPOSE 3000\nCMD puma\n", "db__migrate__2020_orders_dot_rb": "x"}
    assert "nothing runs those of Rails" in needs(of(tmp_path, **made))
    run = "ActiveRecord::Tasks::DatabaseTasks.migrate\n"
    assert "migrations" not in needs(of(tmp_path, config__initializers__migrate_dot_rb=run, **made))


def test_of_phoenix_only_secrets_without_which_it_raises_are_listed(tmp_path):
    text = 'a = System.get_env("SECRET_KEY_BASE") ||\n  raise "no key"\nb = System.get_env("CAPTCHA_SECRET_KEY")\nc = System.fetch_env!("SIGNING_SALT")\n'
    image = of(tmp_path, Dockerfile='FROM elixir\nCOPY . .\nEXPOSE 4000\nCMD ["start"]\n', config__runtime_dot_exs=text)
    assert {name: name in needs(image) for name in ("SECRET_KEY_BASE", "SIGNING_SALT", "CAPTCHA_SECRET_KEY")} == {
        "SECRET_KEY_BASE": True, "SIGNING_SALT": True, "CAPTCHA_SECRET_KEY": False}  # fmt: skip


def test_a_page_of_files_alone_is_the_health_check_and_nothing_is_left_to_check(tmp_path):
    image = of(tmp_path, Dockerfile="FROM node AS b\nFROM nginx\nCOPY --from=b /app/dist/ /usr/share/nginx/html/\n")
    assert (image.port, image.path, image.codes, image.doubts) == (80, "/", "", ())


@pytest.mark.parametrize("setting", [
    "auth_basic 'staff';", "location / { proxy_pass http://api:3000; }", "location / { return 404; }",
])  # fmt: skip
def test_a_web_server_that_asks_for_a_login_or_forwards_is_no_page_of_files(tmp_path, setting):
    built = "FROM node AS b\nFROM nginx\nCOPY --from=b /dist /usr/share/nginx/html\nCOPY x.conf /etc/nginx/conf.d/\n"
    image = of(tmp_path, Dockerfile=built, x_dot_conf=f"server {{ listen 80; {setting} }}\n")
    assert "/ is a guess" in doubts(image)


@pytest.mark.parametrize(("file", "text"), [
    ("Program_dot_cs", 'builder.WebHost.UseUrls("http://*:5100");'),
    ("Program_dot_cs", 'app.Run("http://0.0.0.0:5100");'),
    ("Program_dot_cs", "builder.WebHost.ConfigureKestrel(o => o.ListenAnyIP(5100));"),
    ("appsettings_dot_json", '{"Kestrel": {"Endpoints": {"Http": {"Url": "http://+:5100"}}}}'),
])  # fmt: skip
def test_where_an_aspnet_app_sets_its_own_port_that_one_is_taken(tmp_path, file, text):
    assert of(tmp_path, Dockerfile=ASPNET, **{file: text}).port == 5100


def test_an_aspnet_app_that_sets_an_address_that_cannot_be_read_is_to_be_checked(tmp_path):
    image = of(tmp_path, Dockerfile=ASPNET, Startup_dot_cs="kestrel.Listen(bindAddress, bindPort);")
    assert "port 8080 is ASP.NET's default, but Startup.cs sets where the app listens" in doubts(image)
    (tmp_path / "Startup.cs").unlink()
    assert "ASP.NET's default" not in doubts(of(tmp_path, Dockerfile=ASPNET))


def test_a_folder_that_a_variable_of_the_image_names_as_the_place_of_data_is_kept(tmp_path):
    said = "ENV SHOP_DB_PATH=/var/lib/shop UPLOADS_DIR=/data/up DATA_DIR=/var/cache/x\n"
    image = of(tmp_path, Dockerfile=NODE + said, server_dot_js="")
    assert (
        "what the app keeps in /var/lib/shop (ENV SHOP_DB_PATH of the Dockerfile), /data/up (ENV UPLOADS_DIR"
        in needs(image)
    )
    assert "/var/cache" not in needs(image)


def test_a_bot_is_known_by_what_its_sources_import_where_another_package_brings_the_library(tmp_path):
    made = {"Dockerfile": 'FROM python:3.13\nCOPY . .\nCMD ["python", "-m", "robot"]\n',
            "requirements_dot_txt": "our-core[all]\naiohttp\n", "robot__client_dot_py": "import discord\n"}  # fmt: skip
    assert of(tmp_path, **made).web is False
    image = of(tmp_path, **(made | {"robot__site_dot_py": "web.run_app(app)\n"}))
    assert image.web is True


POD = """
kind: Deployment
spec:
  template:
    spec:
      containers:
        - {image: ghcr.io/acme/shop:1, args: [serve], ports: [{containerPort: 9000}],
           env: [{name: SHOP_HOST, value: 0.0.0.0}, {name: SHOP_KEY, valueFrom: {}}]}
        - {image: exporter, args: [run], ports: [{containerPort: 9100}]}
"""


def test_a_manifest_of_kubernetes_gives_the_command_and_the_address_to_listen_on(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    image = of(folder, Dockerfile='FROM debian\nCOPY . .\nEXPOSE 9000\nENTRYPOINT ["/shop"]\n', k8s__shop_dot_yml=POD)
    assert image.command == ("serve",)
    assert dict(image.environment) == {"SHOP_HOST": EVERY}


def test_a_manifest_of_another_image_gives_nothing(tmp_path):
    folder = tmp_path / "till"
    folder.mkdir()
    image = of(folder, Dockerfile='FROM debian\nCOPY . .\nEXPOSE 9000\nENTRYPOINT ["/till"]\n', k8s__shop_dot_yml=POD)
    assert (image.command, image.environment) == ((), ())


@pytest.mark.parametrize("check", [
    "curl -f -X POST http://localhost:3000/graphql", "curl -f -d '{}' http://localhost:3000/graphql",
    "wget --post-data=x http://localhost:3000/graphql",
])  # fmt: skip
def test_a_path_to_which_a_check_sends_something_is_none_for_a_load_balancer_that_only_gets(tmp_path, check):
    image = of(tmp_path, Dockerfile=f"{NODE}HEALTHCHECK CMD {check}\n", server_dot_js="")
    assert (image.port, image.path, image.codes) == (3000, "/", "200-399")
    assert "sends something to another path" in doubts(image)


def test_a_group_of_routes_of_aspnet_is_put_together(tmp_path):
    text = 'var group = app.MapGroup("/health");\ngroup.MapGet("/live", () => Results.Ok("alive"));\n'
    assert of(tmp_path, Dockerfile=ASPNET, Endpoints_dot_cs=text).path == "/health/live"
    image = of(tmp_path, Endpoints_dot_cs='app.MapGet("/healthz", () => Results.Ok());\n')
    assert (image.path, image.codes) == ("/healthz", "")


OTHERS = """
services:
  web: {build: {context: .}, ports: ['8000:8000']}
  celery_worker: {build: {context: ., args: {PART: celery}}, command: start}
  beat: {build: {context: ., target: beat}, command: start}
  queue-worker: {build: {context: .}, command: work}
"""


def test_a_worker_that_is_built_with_other_arguments_or_another_stage_is_another_image(tmp_path):
    image = of(tmp_path, Dockerfile=PYTHON + "FROM python AS beat\nCMD beat\n", compose_dot_yml=OTHERS)
    assert [one.name for one in image.processes] == ["queue-worker"]
    assert "a worker: celery_worker in compose.yml is another image, built with PART=celery" in needs(image)
    assert "a worker: beat in compose.yml is another image, built with stage beat" in needs(image)


def test_what_tests_the_load_of_an_app_is_taken_after_the_app(tmp_path):
    served = "FROM golang\nCOPY . .\nCMD serve\n"
    image = of(tmp_path, build__loadtest_dot_dockerfile=served, build__server_dot_dockerfile=served, main_dot_go="")
    assert image.dockerfile == "build/server.dockerfile"


def test_an_option_in_javascript_that_is_required_names_its_variable(tmp_path):
    text = "module.exports = {\n  id: {env: 'SHOP_ID', help: 'x', required: true},\n  level: {env: 'LEVEL', help: 'x'},\n  key: {env: 'SHOP_KEY', required: true, default: 'k'},\n};\n"
    found = needs(of(tmp_path, Dockerfile=NODE, src__Options__Definitions_dot_js=text, server_dot_js=""))
    assert "SHOP_ID: required by src/Options/Definitions.js" in found
    assert "LEVEL" not in found
    assert "SHOP_KEY" not in found


def test_folders_that_outlive_a_task_stand_in_one_line(tmp_path):
    image = of(tmp_path, Dockerfile=NODE + "VOLUME /data /config\n", server_dot_js="")
    assert [one.line for one in image.needs] == [
        "what the app keeps in /data (VOLUME of the Dockerfile), /config (VOLUME of the Dockerfile): "
        "a task's disk is deleted with the task, and a volume is not"]  # fmt: skip


def test_the_address_of_a_store_that_tests_use_is_not_the_apps(tmp_path):
    compose = "services: {web: {build: ., environment: {TEST_DATABASE_URL: x, DATABASE__URL: x}}}\n"
    found = needs(of(tmp_path, Dockerfile=NODE, server_dot_js="", compose_dot_yml=compose))
    assert "a database: DATABASE__URL (web in compose.yml)" in found
    assert "TEST_" not in found


def test_a_command_of_a_compose_file_is_taken_without_what_only_a_developer_wants(tmp_path):
    compose = "services: {web: {build: ., command: 'uvicorn shop:app --host 0.0.0.0 --port 8000 --reload'}}\n"
    image = of(tmp_path, Dockerfile="FROM python:3.13\nCOPY . .\n", compose_dot_yml=compose)
    assert image.command == ("uvicorn", "shop:app", "--host", EVERY, "--port", "8000")
    assert "development server" not in doubts(image)


@pytest.mark.parametrize(("file", "text"), [
    ("shop__config_dot_py", "class Settings(BaseSettings):\n    REDIS_URL: str = 'redis://localhost:6379/0'\n"),
    ("src__main_dot_rs", 'fn main() {}\n#[cfg(test)]\nmod tests { let x = "redis://localhost:6379/0"; }\n'),
])  # fmt: skip
def test_an_address_of_a_store_that_is_a_default_or_a_tests_is_none_of_the_app(tmp_path, file, text):
    assert "address of a store" not in doubts(of(tmp_path, Dockerfile=PYTHON, **{file: text}))
    plain = of(tmp_path, Dockerfile=PYTHON, shop__db_dot_py="client = connect('redis://localhost:6379/0')\n")
    assert "shop/db.py has the address of a store in it" in doubts(plain)


def test_a_program_in_rust_that_requires_a_subcommand_starts_nothing_without(tmp_path):
    made = {f"src__{name}__cli_dot_rs": "" for name in "abcdef"}
    text = 'Command::new("shop").subcommand(run()).subcommand_required(true)\n'
    image = of(tmp_path, Dockerfile='FROM debian\nCOPY . .\nEXPOSE 80\nENTRYPOINT ["shopd"]\n',
               deep__down__shopd__cli_dot_rs=text, **made)  # fmt: skip
    assert "shopd needs a subcommand (deep/down/shopd/cli.rs)" in doubts(image)


def test_of_two_apps_the_one_that_keeps_data_is_taken_rather_than_what_only_helps_it(tmp_path):
    compose = "services:\n  api: {build: ./api, depends_on: [browser, redis], environment: {REDIS_URL: x}}\n  browser: {build: ./browser}\n  redis: {image: redis}\n"
    image = of(tmp_path, api__Dockerfile=NODE, api__server_dot_js="", browser__Dockerfile=NODE,
               browser__server_dot_js="", compose_dot_yml=compose)  # fmt: skip
    assert image.dockerfile == "api/Dockerfile"


def test_a_compose_file_takes_its_ports_from_the_example_of_an_env_beside_it(tmp_path):
    compose = "services: {web: {build: ., command: 'gunicorn -b 0.0.0.0:${WEB_PORT} shop', ports: ['${WEB_PORT}:${WEB_PORT}'], environment: {KEY: '${WEB_KEY}'}}}\n"
    image = of(tmp_path, Dockerfile="FROM python:3.13\nCOPY . .\n", infra__compose_dot_yml=compose.replace("build: .", "build: .."),
               _dot_env_dot_example="WEB_PORT=8100\nWEB_KEY=1234\n")  # fmt: skip
    assert image.port == 8100
    assert image.command == ("gunicorn", "-b", f"{EVERY}:8100", "shop")


def test_a_server_that_a_compose_file_calls_a_worker_is_none(tmp_path):
    compose = "services:\n  web: {build: ., ports: ['8000:8000']}\n  job-api: {build: ., command: uvicorn jobs:app}\n  job: {build: ., command: python job.py}\n"
    image = of(tmp_path, Dockerfile=PYTHON, compose_dot_yml=compose)
    assert [one.name for one in image.processes] == ["job"]


def test_the_compose_file_that_says_least_of_a_special_case_comes_first(tmp_path):
    for name, image in (("compose.prod.ai.yml", "ollama/ollama"), ("compose.prod.yml", "redis")):
        text = f"services: {{web: {{build: ., ports: ['3000:3000']}}, other: {{image: {image}}}}}\n"
        (tmp_path / name).write_text(text)
    found = of(tmp_path, Dockerfile=NODE, server_dot_js="")
    assert found.needs[0].kind == "Redis"


SPRING = "FROM maven AS b\nCOPY pom.xml .\nCOPY src src\nFROM eclipse-temurin:21-jre\nCOPY --from=b /app.jar app.jar\nEXPOSE 8080\nCMD java -jar app.jar\n"


def test_what_spring_settings_leave_open_is_required_and_the_port_among_it_is_set(tmp_path):
    text = "server:\n  port: ${SHOP_PORT}\nqueue: ${SHOP_QUEUE}\nlevel: ${SHOP_LEVEL:info}\n"
    image = of(tmp_path, Dockerfile=SPRING, pom_dot_xml="spring-boot", src__main__resources__application_dot_yml=text)
    assert (image.port, dict(image.environment)) == (8080, {"SHOP_PORT": "8080"})
    assert "SHOP_QUEUE: required by src/main/resources/application.yml" in needs(image)
    assert "SHOP_LEVEL" not in needs(image)


def test_folders_of_tests_as_dotnet_names_them_are_no_apps(tmp_path):
    image = of(tmp_path, Shop_dot_Tests__Dockerfile=NODE, Shop__Dockerfile=NODE, Shop__server_dot_js="")
    assert image.dockerfile == "Shop/Dockerfile"
    assert "Shop.Tests" not in doubts(image)


def test_where_a_compose_file_serves_by_another_command_than_the_images_own_that_is_to_be_checked(tmp_path):
    built = 'FROM python:3.13\nCOPY . .\nCMD ["python", "-m", "bot"]\n'
    compose = "services:\n  bot: {build: .}\n  api: {build: ., command: 'uvicorn api:app --host 0.0.0.0', ports: ['8000:8000']}\n"
    image = of(tmp_path, Dockerfile=built, compose_dot_yml=compose, api_dot_py="")
    assert "the image's own command is python -m bot, as bot in compose.yml runs it; api in compose.yml" in doubts(
        image
    )
    image = of(tmp_path, compose_dot_yml="services: {api: {build: ., ports: ['8000:8000']}}\n")
    assert "own command" not in doubts(image)


def test_a_variable_that_has_its_default_in_the_scheme_of_django_environ_is_not_required(tmp_path):
    text = "import environ\nenv = environ.Env(\n    DEBUG=(bool, False),\n    SHOP_TOKEN=(str, None),\n)\nA = env('SHOP_TOKEN')\nB = env('SHOP_KEY')\n"
    found = needs(of(tmp_path, Dockerfile=PYTHON, shop__settings_dot_py=text))
    assert "SHOP_KEY: required by shop/settings.py" in found
    assert "SHOP_TOKEN" not in found


def test_a_folder_for_data_at_the_root_that_the_build_makes_is_kept(tmp_path):
    image = of(tmp_path, Dockerfile=NODE + "RUN mkdir -p /data && chown node /data\n", server_dot_js="")
    assert "what the app keeps in /data (RUN of the Dockerfile)" in needs(image)
    image = of(tmp_path, Dockerfile=NODE + "RUN mkdir /database /srv/data\n")
    assert "RUN of the Dockerfile" not in needs(image)


def test_an_image_whose_server_another_program_starts_does_not_contradict_expose(tmp_path):
    octane = "FROM dunglas/frankenphp:1\nCOPY . .\nEXPOSE 8000\n"
    assert "EXPOSE" not in doubts(of(tmp_path, Dockerfile=octane + 'ENTRYPOINT ["start-container"]\n'))
    assert "the port is not certain: 8000 (EXPOSE of the Dockerfile)" in doubts(of(tmp_path, Dockerfile=octane))


def test_migrations_that_flask_migrate_runs_as_the_app_starts_are_run(tmp_path):
    made = {"Dockerfile": PYTHON, "shop__migrations__alembic_dot_ini": "x", "shop__run_dot_py": "import flask\n"}
    assert "nothing runs those of Alembic" in needs(of(tmp_path, **made))
    made["shop__run_dot_py"] = "from flask_migrate import Migrate, upgrade\n"
    assert "migrations" not in needs(of(tmp_path, **made))
