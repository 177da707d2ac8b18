"""More of what init finds in unusual places: stages, hosts, profiles, and the settings of frameworks."""

# ruff: noqa: E501 - a line of a source is a line

import pytest

from ecsctl.discovery.files.tree import Tree
from ecsctl.discovery.image import observed
from tests.config.test_evidence import NODE, doubts, of
from tests.config.test_from_sources import needs
from tests.config.test_named_elsewhere import GO, SPRING

SEVERAL = "FROM golang AS build\nCOPY . .\nFROM scratch AS main\nCOPY --from=build /a /a\nEXPOSE 3000\nCMD [\"/a\"]\nFROM scratch AS {0}\nEXPOSE 3001\nCMD [\"{1}\"]\n"  # fmt: skip


@pytest.mark.parametrize(("name", "command", "told"), [("usage", "/b", True), ("main2", "/a", False)])
def test_other_stages_that_serve_are_named(tmp_path, name, command, told):
    said = doubts(of(tmp_path, Dockerfile=SEVERAL.format(name, command)))
    assert (f"other stages of the Dockerfile serve too: main; the stage {name} is built" in said) == told


def test_the_variable_by_which_another_platform_sets_the_port_is_set_too(tmp_path):
    fly = '[env]\nPORT = "8080"\n[http_service]\ninternal_port = 8080\n'
    image = of(tmp_path, Dockerfile="FROM elixir\nCOPY . .\nCMD /app/bin/server\n", fly_dot_toml=fly)
    assert (image.port, image.environment) == (8080, (("PORT", "8080"),))


RAILS = {"Dockerfile": 'FROM ruby\nWORKDIR /rails\nCOPY . .\nEXPOSE 80\nCMD ["./bin/thrust", "./bin/rails", "server"]\n',
         "Gemfile": "gem 'rails'\n", "bin__rails": "#!/usr/bin/env ruby\n"}  # fmt: skip


@pytest.mark.parametrize(("more", "told"), [
    ({}, True),
    ({"bin__thrust": "#!/usr/bin/env ruby\n"}, False),
    ({"Dockerfile": RAILS["Dockerfile"].replace("EXPOSE", "RUN bundle binstubs thruster\nEXPOSE")}, False),
])  # fmt: skip
def test_a_program_in_bin_that_nothing_creates_is_a_warning(tmp_path, more, told):
    image = of(tmp_path, **RAILS | more)
    assert ("the command starts bin/thrust, which git does not have" in doubts(image)) == told


@pytest.mark.parametrize(("text", "told"), [
    ("config.hosts << ENV['HOST_NAME']\n", True),
    ("config.hosts = ['shop.example.com']\n", True),
    ("# config.hosts = ['shop.example.com']\n", False),
    ("config.hosts << 'x'\nconfig.host_authorization = { exclude: ->(r) { r.path == '/up' } }\n", False),
    ("config.hosts = nil\n", False),
])  # fmt: skip
def test_rails_that_answers_certain_hosts_only_refuses_the_load_balancers_check(tmp_path, text, told):
    image = of(tmp_path, **RAILS, config__environments__production_dot_rb=text)
    assert ("has config.hosts: Rails answers 403" in doubts(image)) == told


def test_an_image_of_the_owner_that_begins_with_the_repositorys_name_is_the_apps(tmp_path):
    text = "services:\n  api:\n    image: acme/shop-repo:1\n    environment:\n      Mail__Password: x\n  db:\n    image: acme/shop-postgres\n    environment: [PGHOST=x]\n"  # fmt: skip
    (tmp_path / "shop").mkdir()
    of(tmp_path / "shop", Dockerfile=GO, compose_dot_yml=text)
    found = needs(observed(Tree.of(tmp_path / "shop"), called="Acme/shop"))
    assert "Mail__Password (api in compose.yml)" in found
    assert "PGHOST" not in found


def test_an_entry_point_that_runs_php_fpm_alone_speaks_no_http(tmp_path):
    dockerfile = (
        'FROM php:8.4-fpm\nWORKDIR /app\nCOPY . .\nRUN chmod +x entrypoint.sh\nENTRYPOINT ["/app/entrypoint.sh"]\n'
    )
    image = of(tmp_path, Dockerfile=dockerfile, entrypoint_dot_sh="#!/bin/sh\nmkdir -p /app/work\nphp-fpm\n")
    assert "PHP-FPM speaks FastCGI" in doubts(image)


def test_a_variable_that_skips_migrations_does_not_decide_that_they_run(tmp_path):
    script = '#!/bin/sh\n[ "${SKIP_AUTO_MIGRATE:-false}" = "true" ] || python manage.py migrate\nexec gunicorn -b 0.0.0.0:8000 shop\n'
    dockerfile = 'FROM python:3.13\nCOPY . .\nRUN chmod +x run.sh\nEXPOSE 8000\nCMD ["./run.sh"]\n'
    image = of(tmp_path, Dockerfile=dockerfile, run_dot_sh=script, shop__migrations__0001_initial_dot_py="")
    assert "migrations" not in needs(image)


def test_rocket_names_the_key_and_the_databases_that_a_release_needs(tmp_path):
    found = needs(of(tmp_path, Dockerfile="FROM rust\nCOPY . .\nEXPOSE 8000\nCMD shop\n",
                     Cargo_dot_toml='[dependencies]\nrocket = { version = "0.5", features = ["json", "secrets"] }\n',
                     Rocket_dot_toml="[default.databases.shop]\npool_size = 5\n"))  # fmt: skip
    assert "a database: ROCKET_DATABASES (Rocket.toml)" in found
    assert "ROCKET_SECRET_KEY (Cargo.toml)" in found


def test_the_address_of_a_local_service_of_aws_in_a_source_is_a_warning(tmp_path):
    said = doubts(of(tmp_path, Dockerfile=GO, app_dot_py="ddb = s.resource('dynamodb',\n    endpoint_url='http://dynamodb-local:8000')\n"))  # fmt: skip
    assert "app.py has the address of a store in it, dynamodb-local" in said


@pytest.mark.parametrize(
    ("build", "required"), [("id 'org.springframework.boot'\n", True), ("id 'io.quarkus'\n", False)]
)
def test_spring_reads_the_settings_for_production_only_if_their_profile_is_active(tmp_path, build, required):
    production = {"src__main__resources__application-prod_dot_yml": "a: ${PROD_KEY}\n"}
    found = needs(of(tmp_path, Dockerfile=SPRING["Dockerfile"], build_dot_gradle=build, **production))
    assert ("SPRING_PROFILES_ACTIVE" in found) == required
    assert "PROD_KEY" in found


def test_the_port_of_another_app_in_the_repository_is_not_this_ones(tmp_path):
    image = of(tmp_path, apps__web__Dockerfile="FROM node:22\nCOPY apps/web apps/web\nCMD npm start\n", turbo_dot_json="{}",
               apps__web__package_dot_json="{}", apps__api__package_dot_json="{}",
               apps__api__src__main_dot_ts="app.listen(process.env.PORT ?? 4000);\n")  # fmt: skip
    assert image.port != 4000


def test_a_schema_of_prisma_shows_that_the_app_uses_a_database(tmp_path):
    schema = 'datasource db {\n  provider = "postgresql"\n}\n'
    assert "a database: prisma/schema.prisma has postgresql" in needs(of(tmp_path, Dockerfile=NODE, prisma__schema_dot_prisma=schema))  # fmt: skip


def test_the_port_in_phoenix_settings_is_proposed(tmp_path):
    image = of(tmp_path, Dockerfile="FROM elixir\nCOPY . .\nCMD bin/start.sh\n", config__config_dot_exs="config :shop, ShopWeb.Endpoint,\n  http: [port: 4002]\n")  # fmt: skip
    assert (image.port, "port 4002 is a proposal" in doubts(image)) == (4002, True)


def test_a_blueprint_is_found_though_its_import_is_broken_over_lines(tmp_path):
    image = of(
        tmp_path, Dockerfile='FROM python:3.13\nCOPY . .\nEXPOSE 8000\nCMD ["gunicorn", "-b", "0.0.0.0:8000", "shop"]\n',
        shop__app_dot_py="from flask import Flask\n\ndef create_app():\n    app = Flask(__name__)\n    from shop.views. \\\n        checks \\\n            import api as checks\n    app.register_blueprint(checks)\n    return app\n",
        shop__views__checks_dot_py="api = Blueprint('checks', __name__, url_prefix='/api')\n\n@api.route('/health')\ndef health():\n    return jsonify(ok=True)\n",
    )  # fmt: skip
    assert image.path == "/api/health"


def test_a_group_of_gin_may_be_the_path_of_the_check(tmp_path):
    source = 'r := gin.Default()\nchecks := r.Group("/api/health-check")\nchecks.GET("", func(c *gin.Context) {\n  c.String(200, "ok")\n})\n'
    image = of(tmp_path, Dockerfile=GO, main_dot_go=source.replace("health-check", "health"))
    assert image.path == "/api/health"


@pytest.mark.parametrize(("text", "required"), [('key: {:system, "SHOP_KEY"}\n', True), ('key: {:system, "SHOP_KEY", "x"}\n', False)])  # fmt: skip
def test_what_elixir_reads_by_a_system_tuple_is_required(tmp_path, text, required):
    found = needs(of(tmp_path, Dockerfile=GO, config__runtime_dot_exs=f"import Config\nconfig :shop, {text}"))
    assert ("SHOP_KEY: required by config/runtime.exs" in found) == required


PHOENIX = '# PHX_SERVER=true bin/shop start\nif System.get_env("PHX_SERVER") do\n  config :shop, ShopWeb.Endpoint, server: true\nend\n'  # fmt: skip


@pytest.mark.parametrize(("production", "environment"), [("", (("PHX_SERVER", "true"),)), ("config :shop, ShopWeb.Endpoint, server: true\n", ())])  # fmt: skip
def test_a_release_of_phoenix_serves_if_its_settings_or_a_variable_say_so(tmp_path, production, environment):
    image = of(tmp_path, Dockerfile="FROM elixir\nCOPY . .\nEXPOSE 4000\nCMD /app/entry start\n",
               config__runtime_dot_exs=PHOENIX, config__prod_dot_exs=production)  # fmt: skip
    assert image.environment == environment


@pytest.mark.parametrize(("copies", "told"), [
    ("COPY package.json /app/\nCOPY src /app/src\n", True),
    ("COPY package.json /app/\nCOPY bin /app/bin\n", False),
    ("COPY bin/begin bin/\n", False),
    ("COPY . .\n", False),
    ("COPY package.json /app/\nRUN touch bin/begin\n", False),
    ("COPY --from=x /out /app\n", False),
])  # fmt: skip
def test_a_script_that_no_copy_brings_into_the_image_is_a_warning(tmp_path, copies, told):
    image = of(tmp_path, Dockerfile=f'FROM node:22\nWORKDIR /app\n{copies}EXPOSE 3000\nENTRYPOINT ["/app/bin/begin", "--"]\n',
               bin__begin="#!/bin/sh\nnode src/a.js\n", package_dot_json="{}", src__a_dot_js="")  # fmt: skip
    assert ("/app/bin/begin, which no COPY brings into it" in doubts(image)) == told


@pytest.mark.parametrize(("begin", "listed"), [("", True), ("DB_PORT=${DB_PORT:-5432}\n", False)])
def test_a_script_that_waits_for_a_server_needs_its_variables(tmp_path, begin, listed):
    script = (
        f"#!/bin/sh\n{begin}while ! nc -z $DB_HOST $DB_PORT; do sleep 1; done\nexec gunicorn -b 0.0.0.0:8000 shop\n"
    )
    dockerfile = (
        'FROM python:3.13\nWORKDIR /app\nCOPY . .\nRUN chmod +x run.sh\nEXPOSE 8000\nENTRYPOINT ["/app/run.sh"]\n'
    )
    found = needs(of(tmp_path, Dockerfile=dockerfile, run_dot_sh=script))
    assert ("DB_PORT: required by run.sh" in found or "DB_HOST, DB_PORT: required by run.sh" in found) == listed


def test_a_sample_app_in_the_repository_is_not_the_app(tmp_path):
    image = of(tmp_path, Dockerfile=GO, cmd__api__main_dot_go='r := gin.New()\nr.GET("/health", func(c *gin.Context) { c.Status(200) })\n',
               **{"go-sample-app__main_dot_go": 'http.HandleFunc("/livez", ok)\n'})  # fmt: skip
    assert image.path == "/health"


@pytest.mark.parametrize(("text", "kinds"), [
    ("CACHE_STORE=database\nMAIL_MAILER=log\nFILESYSTEM_DISK=local\n", set()),
    ("CACHE_STORE=redis\nMAIL_MAILER=smtp\nFILESYSTEM_DISK=s3\n", {"Redis", "object storage", "a mail server"}),
    ("CACHE_STORE=memcached\nMAIL_MAILER=log\nFILESYSTEM_DISK=local\n", {"a cache"}),
])  # fmt: skip
def test_of_laravels_own_example_only_what_is_switched_on_counts(tmp_path, text, kinds):
    example = f"APP_KEY=\n{text}DB_HOST=127.0.0.1\nMEMCACHED_HOST=127.0.0.1\nREDIS_HOST=127.0.0.1\nMAIL_HOST=127.0.0.1\nAWS_BUCKET=\n"
    image = of(tmp_path, Dockerfile="FROM php:8.4-apache\nCOPY . .\n", artisan="", _dot_env_dot_example=example)
    assert {one.kind for one in image.needs} - {"secrets"} == kinds | {"a database"}


def test_a_static_sites_own_server_is_for_developers(tmp_path):
    image = of(tmp_path, Dockerfile='FROM hugo\nWORKDIR /app\nCOPY . .\nCMD ["/app/bin/begin"]\n', bin__begin="#!/bin/sh\nhugo server --bind 0.0.0.0 --port 4490\n")  # fmt: skip
    assert "starts a development server, hugo server" in doubts(image)


def test_what_another_stage_puts_under_the_name_is_not_started(tmp_path):
    dockerfile = "FROM php:8.4-apache AS base\nFROM base AS dev\nCOPY dev.sh /bin/begin\nCMD begin\nFROM base AS prod\nCOPY prod.sh /bin/begin\nCMD begin\n"
    image = of(
        tmp_path,
        Dockerfile=dockerfile,
        dev_dot_sh="#!/bin/sh\nvite\n",
        prod_dot_sh="#!/bin/sh\nexec apache2-foreground\n",
    )
    assert "development server" not in doubts(image)


def test_an_app_on_127_0_0_1_behind_a_web_server_in_its_image_is_reached(tmp_path):
    dockerfile = "FROM debian\nRUN apt-get install -y caddy\nCOPY . .\nEXPOSE 80\nCMD bash start.sh\n"
    said = doubts(of(tmp_path, Dockerfile=dockerfile, src__main_dot_rs='let a = env::var("IP_BIND_ADDRESS").unwrap_or("127.0.0.1".to_string());\nserver.bind(a);\n'))  # fmt: skip
    assert "127.0.0.1" not in said


def test_an_entry_point_of_rails_may_migrate_for_a_command_of_the_apps_own(tmp_path):
    entry = '#!/bin/bash\nif [ "${@: -2:1}" == "./bin/rails" ] && [ "${@: -1:1}" == "server" ]; then\n  ./bin/rails db:prepare\nfi\n'
    more = 'if [ "${1}" == "./bin/begin" ]; then\n  ./bin/rails db:prepare\nfi\nexec "${@}"\n'
    files = RAILS | {"Dockerfile": 'FROM ruby\nWORKDIR /rails\nCOPY . .\nEXPOSE 80\nENTRYPOINT ["/rails/bin/docker-entrypoint"]\nCMD ["./bin/begin"]\n',
                     "bin__begin": "#!/bin/sh\n./bin/rails server\n", "db__migrate__20240101_a_dot_rb": ""}  # fmt: skip
    for text, unrun in ((entry, True), (entry + more, False)):
        image = of(tmp_path, **files, **{"bin__docker-entrypoint": text})
        assert ("nothing runs those of Rails" in needs(image)) == unrun


def test_volumes_of_a_role_of_kamal_are_kept_too(tmp_path):
    text = "service: shop\nservers:\n  web:\n    hosts: [192.0.2.1]\n    volumes:\n      - /var/repos:/var/repos\n"
    assert "/var/repos (a volume of config/deploy.yml)" in needs(of(tmp_path, **RAILS, config__deploy_dot_yml=text))


def test_an_address_that_only_stands_in_for_a_variable_is_no_warning(tmp_path):
    source = 'dsn := os.Getenv("DATABASE_URL")\nif dsn == "" {\n\tdsn = "postgres://postgres@localhost:6432/shop"\n}\n'
    assert "address of a store" not in doubts(of(tmp_path, Dockerfile=GO, db_dot_go=source))


def test_a_folder_for_development_is_known_by_the_end_of_its_name_too(tmp_path):
    image = of(
        tmp_path, **{"docker__back-dev__Dockerfile": NODE, "docker__back-prd__Dockerfile": NODE.replace("3000", "3001")}
    )
    assert image.dockerfile == "docker/back-prd/Dockerfile"


@pytest.mark.parametrize(("more", "required"), [
    ({}, True),
    ({"docker-compose_dot_yml": "services:\n  app:\n    image: other/image\n    environment: ['SPRING_PROFILES_ACTIVE=prod,jwt']\n"}, True),
    ({"src__main__resources__application_dot_yml": "spring:\n  profiles:\n    active: prod\n"}, False),
    ({"Dockerfile": SPRING["Dockerfile"].replace("java", "java -Dspring.profiles.active=prod")}, False),
])  # fmt: skip
def test_a_profile_that_only_another_file_selects_has_to_be_set(tmp_path, more, required):
    files = SPRING | {
        "build_dot_gradle": "id 'org.springframework.boot'\n",
        "src__main__resources__application_dot_yml": "a: b\n",
    }
    assert ("SPRING_PROFILES_ACTIVE" in needs(of(tmp_path, **files | more))) == required


@pytest.mark.parametrize("package", ["com/example/demo", "org/acme/samples"])
def test_sources_of_a_java_package_count_whatever_its_name_is(tmp_path, package):
    source = '@RestController\npublic class Health {\n  @GetMapping("/health")\n  public String health() {\n    return "ok";\n  }\n}\n'
    folder = f"src__main__java__{package.replace('/', '__')}__Health_dot_java"
    image = of(
        tmp_path,
        Dockerfile=SPRING["Dockerfile"],
        build_dot_gradle="id 'org.springframework.boot'\n",
        **{folder: source},
    )
    assert image.path == "/health"


@pytest.mark.parametrize(("source", "sure"), [
    ('r := chi.NewRouter()\nr.Get("/", func(w http.ResponseWriter, q *http.Request) {\n  w.Write([]byte("ok"))\n})\n', True),
    ('func routes(r chi.Router) {\n  r.Get("/", func(w http.ResponseWriter, q *http.Request) {\n    w.Write([]byte("ok"))\n  })\n}\n', False),
])  # fmt: skip
def test_the_root_of_a_part_of_the_app_may_not_be_the_apps(tmp_path, source, sure):
    said = doubts(
        of(
            tmp_path,
            Dockerfile=GO,
            internal__articles_dot_go=f'import "net/http"\nimport "github.com/go-chi/chi"\n{source}',
        )
    )
    assert ("health path / is a proposal" in said) != sure


def test_environment_files_of_nx_name_the_databases(tmp_path):
    found = needs(
        of(
            tmp_path,
            Dockerfile=NODE,
            apps__api__src__environments__environment_dot_prod_dot_ts="export const e = { url: process.env.NEO4J_URL };\n",
        )
    )
    assert "a database: NEO4J_URL" in found
