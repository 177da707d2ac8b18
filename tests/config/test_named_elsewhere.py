"""What init finds although it is named in an unusual place: each row is a small tree with one kind of thing."""

# ruff: noqa: E501 - a line of a source is a line

import pytest

from ecsctl.discovery.needs.stores import kind_of_variable
from tests.config.test_evidence import NODE, doubts, of
from tests.config.test_from_sources import needs

GO = 'FROM golang:1.25\nCOPY . .\nEXPOSE 8080\nCMD ["shop"]\n'
LARAVEL = 'FROM php:8.4-apache\nCOPY . .\nEXPOSE 80\nCMD ["apache2-foreground"]\n'
TABLE = "database__migrations__2024_01_01_make_dot_php"


def test_the_sources_count_if_the_image_installs_the_repositorys_own_package(tmp_path):
    settings = "class Settings(BaseSettings):\n    queue_name: str\n"
    image = of(
        tmp_path / "shop",
        docker__Dockerfile="FROM python:3.13\nRUN pip install shop-server==1.2\nCOPY run.conf /etc/run.conf\nEXPOSE 8000\nCMD shop\n",
        docker__run_dot_conf="[shop]\n",
        shop__settings_dot_py=settings,
        shop__app_dot_py='@app.get("/healthz")\ndef healthz():\n    return {"status": "ok"}\n',
    )
    assert (image.context, image.path) == ("docker", "/healthz")
    assert "QUEUE_NAME: required by shop/settings.py" in needs(image)


def test_sources_deep_in_the_build_context_are_its_own_though_the_build_downloads_a_tool(tmp_path):
    image = of(
        tmp_path,
        backend__Dockerfile="FROM eclipse-temurin:21\nRUN curl -L https://example.com/tool.tar.xz | tar -xJ\nCOPY src src\nEXPOSE 8080\nCMD run\n",
        backend__src__main__java__com__acme__Shop_dot_java='@GetMapping("/orders")\nList<Order> orders() {}\n',
        ai__app_dot_py='@app.get("/health")\ndef health():\n    return {"status": "ok"}\n',
    )
    assert image.path != "/health"


@pytest.mark.parametrize(("source", "names"), [
    ("const s = z.object({\n  baseUrl: z.string().url(),\n  theme: z.string().default('red'),\n});\ns.parse({\n  baseUrl: process.env.SHOP_URL,\n  theme: process.env.SHOP_THEME,\n});\n", ["SHOP_URL"]),
    ("const s = z.object({\n  url: z\n    .string()\n    .optional(),\n});\ns.parse({\n  url: process.env.SHOP_URL,\n});\n", []),
    ("const s = z.discriminatedUnion('kind', [z.object({\n  url: z.string(),\n})]);\ns.parse({\n  url: process.env.SHOP_URL,\n});\n", []),
])  # fmt: skip
def test_a_schema_may_have_other_names_than_the_variables(tmp_path, source, names):
    found = needs(of(tmp_path, Dockerfile=NODE, src__app_dot_config_dot_ts=source))
    assert [one for one in ("SHOP_URL", "SHOP_THEME") if one in found] == names


def test_of_several_tables_of_options_only_the_largest_is_the_apps(tmp_path):
    row = "  {0}: {{\n    env: '{1}',\n    help: 'x',\n    required: true,\n  }},\n"
    table = "module.exports.Limits = {\n" + row.format("path", "SHOP_LIMIT_PATH") + "};\n"
    table += "module.exports.Options = {\n" + row.format("key", "SHOP_KEY") + row.format("url", "SHOP_URL") + "};\n"
    found = needs(of(tmp_path, Dockerfile=NODE, src__Definitions_dot_js=table))
    assert "SHOP_KEY, SHOP_URL: required by" in found
    assert "SHOP_LIMIT_PATH" not in found


@pytest.mark.parametrize(("file", "source", "value"), [
    ("src__server_dot_js", "app.listen(port, process.env.HOST || '127.0.0.1');\n", 'HOST = "0.0.0.0"'),
    ("src__config_dot_ts", "z.string().default('127.0.0.1').describe('SHOP_BIND_IP'),\n", 'SHOP_BIND_IP = "0.0.0.0"'),
    ("main_dot_go", 'addr := getEnv("LISTEN_ADDR", "127.0.0.1:8080")\n', 'LISTEN_ADDR = "0.0.0.0:8080"'),
    ("settings_dot_py", 'BIND_HOST = os.environ.get("BIND_HOST", "localhost")\n', 'BIND_HOST = "0.0.0.0"'),
    ("db_dot_py", 'HOST = os.environ.get("HOST", "localhost")\n', ""),  # may be another server
    ("db_dot_go", 'host := getEnv("DB_HOST", "localhost")\n', ""),
])  # fmt: skip
def test_an_address_to_listen_on_that_is_127_0_0_1_by_default_is_a_warning(tmp_path, file, source, value):
    said = doubts(of(tmp_path, Dockerfile=GO, **{file: source}))
    assert (f"set {value} in [service.environment]" if value else "127.0.0.1") in said or not value
    assert bool(value) == ("127.0.0.1" in said)


@pytest.mark.parametrize(("files", "unrun"), [
    ({"_dot_cloud__deploy_dot_sh": "php artisan migrate --force\n"}, True),  # of another platform
    ({"deploy_dot_sh": "php artisan migrate --force\n"}, True),
    ({"Makefile": "setup:\n\tphp artisan migrate\n"}, True),
    ({"docker__start_dot_sh": "php artisan migrate --force\n"}, False),
])  # fmt: skip
def test_what_people_and_other_platforms_run_does_not_migrate_here(tmp_path, files, unrun):
    image = of(tmp_path, Dockerfile=LARAVEL, **{TABLE: "<?php\n"}, **files)
    assert ("nothing runs those of Laravel" in needs(image)) == unrun


def test_a_command_of_the_apps_own_may_run_the_migrations(tmp_path):
    script = "#!/bin/sh\npython -m shop database migrate\nexec uvicorn shop:app --host 0.0.0.0\n"
    dockerfile = "FROM python:3.13\nCOPY . .\nEXPOSE 8000\nRUN chmod +x start.sh\nCMD ./start.sh\n"
    files = {"alembic_dot_ini": "[alembic]\n", "start_dot_sh": script}
    assert "migrations" not in needs(of(tmp_path, Dockerfile=dockerfile, **files))


@pytest.mark.parametrize(("file", "text"), [
    ("config__deploy_dot_yml", 'service: shop\nvolumes:\n  - "/srv/uploads:/rails/uploads"\n  - "/etc/ca.pem:/rails/ca.pem:ro"\n'),
    ("fly_dot_toml", '[mounts]\nsource = "shop"\ndestination = "/rails/uploads"\n'),
    ("docker-compose_dot_yml", "services:\n  api:\n    image: ghcr.io/acme/shop/api:1\n    volumes: [uploads:/rails/uploads]\n"),
])  # fmt: skip
def test_volumes_of_other_platforms_are_folders_to_keep(tmp_path, file, text):
    beside = {} if "compose" in file else {"Dockerfile": NODE}
    found = needs(of(tmp_path / "shop", api__docker__Dockerfile=NODE, **beside, **{file: text}))
    assert "what the app keeps in /rails/uploads (a volume of" in found
    assert "ca.pem" not in found


def test_settings_of_another_program_in_the_solution_are_not_the_apps(tmp_path):
    found = needs(of(
        tmp_path,
        src__Shop_dot_Api__Dockerfile='FROM mcr.microsoft.com/dotnet/aspnet:10.0\nCOPY ["Shop.Api/Shop.Api.csproj", "Shop.Api/"]\nCOPY . .\nEXPOSE 8080\nENTRYPOINT ["dotnet", "Shop.Api.dll"]\n',
        src__Shop_dot_Api__Program_dot_cs="var app = builder.Build();\n",
        src__Shop_dot_Api__Shop_dot_Api_dot_csproj="<Project/>",
        src__Shop_dot_Api__appsettings_dot_json='{"Jwt": {"Key": ""}}',
        src__Shop_dot_Admin__Program_dot_cs="var app = builder.Build();\n",
        src__Shop_dot_Admin__Shop_dot_Admin_dot_csproj="<Project/>",
        src__Shop_dot_Admin__appsettings_dot_json='{"Mail": {"Password": ""}}',
    ))  # fmt: skip
    assert "Jwt__Key" in found
    assert "Mail__Password" not in found


def test_a_program_from_a_folder_for_x86_64_binds_the_image_to_it(tmp_path):
    run = "RUN curl -fsSL https://download.example.com/linux/static/x86_64/tool-1.tgz | tar -xz\n"
    assert of(tmp_path, Dockerfile=NODE.replace("EXPOSE", run + "EXPOSE")).architecture == "X86_64"


@pytest.mark.parametrize(
    "store", ["FROM ollama/ollama\nENTRYPOINT ['/start.sh']\n", "FROM postgres:17\nCMD ['postgres']\n"]
)
def test_a_store_with_settings_of_the_projects_own_is_not_the_app(tmp_path, store):
    image = of(tmp_path, infra__docker__models__Dockerfile=store, apps__api__Dockerfile="FROM node:22\nCOPY lost .\nCMD node a.js\n")  # fmt: skip
    assert image.dockerfile == "apps/api/Dockerfile"


def test_what_a_committed_virtual_environment_reads_is_not_the_apps(tmp_path):
    read = "import os\nPORT = os.environ['SERVER_PORT']\n"
    image = of(tmp_path, Dockerfile='FROM python:3.13\nCOPY . .\nEXPOSE 8000\nCMD ["python", "-m", "shop"]\n',
               venv__lib__site__main_dot_py=read)  # fmt: skip
    assert image.environment == ()


def test_supervisord_does_not_start_without_the_variables_in_its_settings(tmp_path):
    text = "[program:web]\n; %(ENV_OLD)s\ncommand=gunicorn -w %(ENV_WORKERS)s -b 0.0.0.0:8000 shop\n"
    files = {"supervisord_dot_conf": text, "local__supervisord_dot_conf": "[program:web]\ncommand=%(ENV_LOCAL)s\n"}
    dockerfile = "FROM python:3.13\nCOPY supervisord.conf /etc/\nCMD supervisord -c /etc/supervisord.conf\n"
    found = needs(of(tmp_path, Dockerfile=dockerfile, **files))
    assert "LOCAL" not in found
    assert "WORKERS: required by supervisord.conf" in found
    assert "OLD" not in found


@pytest.mark.parametrize(("files", "folder"), [
    ({"shop__settings_dot_py": "MEDIA_ROOT = BASE_DIR / 'media'\n", "shop__models_dot_py": "a = models.FileField()\n"}, "/app/media (MEDIA_ROOT of"),
    ({"shop__settings_dot_py": "MEDIA_ROOT = BASE_DIR / 'media'\n"}, ""),  # no model has a file
    ({"shop__settings_dot_py": "MEDIA_ROOT = BASE_DIR / 'media'\nDEFAULT_FILE_STORAGE = 'storages.backends.s3boto3.S3Boto3Storage'\n", "shop__models_dot_py": "a = models.FileField()\n"}, ""),
    ({"config__environments__production_dot_rb": "config.active_storage.service = :local\n", "app__models__user_dot_rb": "has_one_attached :photo\n"}, "/app/storage (Active Storage in"),
    ({"config__environments__production_dot_rb": "config.active_storage.service = :amazon\n", "app__models__user_dot_rb": "has_one_attached :photo\n"}, ""),
])  # fmt: skip
def test_what_users_upload_is_kept_in_the_frameworks_own_folder(tmp_path, files, folder):
    found = needs(of(tmp_path, Dockerfile=GO.replace("COPY", "WORKDIR /app\nCOPY"), **files))
    assert folder in found if folder else "what the app keeps" not in found


SPRING = {"Dockerfile": "FROM eclipse-temurin:21\nCOPY . .\nEXPOSE 8080\nCMD java -jar app.jar\n",
          "src__main__resources__application_dot_yml": "spring:\n  profiles:\n    active: ${SPRING_PROFILES_ACTIVE}\n",
          "src__main__resources__application-eks_dot_yml": "a: ${EKS_KEY}\n",
          "src__main__resources__application-prod_dot_yml": "a: ${PROD_KEY}\n"}  # fmt: skip


@pytest.mark.parametrize(("files", "required"), [
    ({"helm__values_dot_yaml": "env:\n  - name: SPRING_PROFILES_ACTIVE\n    value: \"eks\"\n"}, "EKS_KEY"),
    ({"docker-compose_dot_yml": "services:\n  app:\n    build: .\n    environment:\n      SPRING_PROFILES_ACTIVE: eks\n"}, "EKS_KEY"),
    ({"docker-compose_dot_yml": "services:\n  app:\n    build: .\n    environment:\n      SPRING_PROFILES_ACTIVE: dev\n"}, "PROD_KEY"),
])  # fmt: skip
def test_the_settings_of_the_profile_that_is_selected_count(tmp_path, files, required):
    found = needs(of(tmp_path, **SPRING, **files))
    assert [one for one in ("EKS_KEY", "PROD_KEY") if one in found] == [required]


@pytest.mark.parametrize(("build", "line"), [
    ('implementation("io.quarkus:quarkus-jdbc-postgresql")', "quarkus-jdbc-postgresql, whose address QUARKUS_DATASOURCE_JDBC_URL sets"),
    ("implementation 'org.springframework.boot:spring-boot-starter-data-jpa'\nruntimeOnly 'com.mysql:mysql-connector-j'", "mysql-connector-j, whose address SPRING_DATASOURCE_URL sets"),
    ("implementation 'com.mysql:mysql-connector-j'", "mysql-connector-j; the app may need one"),
])  # fmt: skip
def test_a_driver_of_a_framework_is_listed_with_the_variable_for_its_address(tmp_path, build, line):
    assert line in needs(of(tmp_path, Dockerfile=SPRING["Dockerfile"], build_dot_gradle=build))


def test_the_actuator_on_a_port_of_its_own_is_no_path_for_the_app(tmp_path):
    image = of(tmp_path, **SPRING, src__main__resources__application_dot_properties="management.server.port=9102\n",
               k8s__app_dot_yaml="livenessProbe:\n  httpGet:\n    path: /actuator/health\n    port: 8080\n")  # fmt: skip
    assert image.path == "/"


def test_routes_that_are_chained_to_the_app_of_hono_count(tmp_path):
    source = "export const app = new Hono()\n  .use(logger())\n  .get('/healthz', (c) => c.text('ok'))\n"
    image = of(tmp_path, Dockerfile=NODE, src__index_dot_ts=source)
    assert (image.path, "proposal" in doubts(image)) == ("/healthz", False)


def test_a_kamal_file_for_one_of_several_apps_counts_for_its_dockerfile(tmp_path):
    text = "service: shop\nbuilder:\n  dockerfile: {0}\nproxy:\n  healthcheck:\n    path: /{1}\nenv:\n  secret: [DATABASE_URL, PAY_KEY]\n"
    image = of(tmp_path, apps__api__Dockerfile=NODE, config__deploy_dot_web_dot_yml=text.format("apps/web/Dockerfile", "web"),
               config__deploy_dot_api_dot_yml=text.format("apps/api/Dockerfile", "healthz"))  # fmt: skip
    assert image.path == "/healthz"
    assert "a database: DATABASE_URL (config/deploy.api.yml)" in needs(image)
    assert "PAY_KEY: required by config/deploy.api.yml" in needs(image)


def test_the_default_port_of_the_program_that_is_built_is_proposed(tmp_path):
    source = 'const defaultPort = {0}\nfunc main() {{ http.ListenAndServe(fmt.Sprintf(":%d", port), nil) }}\n'
    image = of(tmp_path, cmd__login__Dockerfile="FROM golang\nCOPY cmd/login/main.go .\nCMD /app\n",
               cmd__api__main_dot_go=source.format(8081), cmd__login__main_dot_go=source.format(8083))  # fmt: skip
    assert image.port == 8083
    assert "port 8083 is a proposal" in doubts(image)


@pytest.mark.parametrize(("value", "listed"), [("${PAY_KEY}", True), ("$PAY_KEY", True), ("${PAY_KEY:?needed}", True), ("${PAY_KEY:-x}", False), ("x", False)])  # fmt: skip
def test_what_a_compose_file_takes_from_the_shell_has_to_be_provided(tmp_path, value, listed):
    text = f"services:\n  app:\n    build: .\n    environment:\n      - PAY_KEY={value}\n"
    found = needs(of(tmp_path, Dockerfile=NODE, compose_dot_yml=text))
    assert ("PAY_KEY: app in compose.yml passes them on" in found) == listed


def test_what_a_test_of_the_apps_reads_is_not_needed(tmp_path):
    found = needs(of(tmp_path, Dockerfile=GO, db__test_connection_dot_py="os.environ['POSTGRES_HOST']\n"))
    assert "POSTGRES_HOST" not in found


@pytest.mark.parametrize(("variable", "kind"), [("SUPABASE_URL", "a database"), ("COUCHDB_HOST", "a database"), ("DB_CONNECTION_STRING", "a database"), ("NEO4J_URI", "a database"), ("AZURE_STORAGE_CONNECTION_STRING", "")])  # fmt: skip
def test_hosted_and_less_common_databases_are_known_by_their_variables(variable, kind):
    assert kind_of_variable(variable) == kind


@pytest.mark.parametrize("files", [
    {"compose_dot_yml": "services:\n  app:\n    build: .\n    environment:\n      DATABASE_URL: /app/data/shop.db\n"},
    {"compose_dot_yml": "services:\n  app:\n    build: .\n    environment: ['DATABASE_URL=sqlite:///./data/app.db']\n"},
    {"_dot_env_dot_example": "DATABASE_URL=file:./shop.db\n"},
])  # fmt: skip
def test_the_path_of_a_database_file_is_no_databases_address(tmp_path, files):
    assert "a database: DATABASE_URL" not in needs(of(tmp_path, Dockerfile=GO, **files))


def test_a_mail_server_in_the_settings_does_not_hide_the_database_in_the_sources(tmp_path):
    found = needs(of(
        tmp_path, Dockerfile='FROM mcr.microsoft.com/dotnet/aspnet:9.0\nCOPY . .\nENTRYPOINT ["dotnet", "Shop.dll"]\n',
        appsettings_dot_json='{"Mail": {"SmtpServer": "smtp.example.com"}}',
        Program_dot_cs='var connection = configuration["CONNECTION_STRING"];\n',
    ))  # fmt: skip
    assert "a database: CONNECTION_STRING (Program.cs)" in found


@pytest.mark.parametrize(("default", "named"), [("false", True), ("true", False)])
def test_an_entry_point_that_is_renamed_is_read_and_may_migrate_on_demand(tmp_path, default, named):
    script = f'#!/bin/sh\nif [ "${{RUN_MIGRATIONS:-{default}}}" = "true" ]; then\n  php artisan migrate --force\nfi\nexec "$@"\n'
    dockerfile = LARAVEL.replace("CMD", 'COPY docker/entrypoint.sh /usr/local/bin/begin\nENTRYPOINT ["begin"]\nCMD')
    image = of(tmp_path, Dockerfile=dockerfile, docker__entrypoint_dot_sh=script, **{TABLE: "<?php\n"})
    assert ("RUN_MIGRATIONS decides whether docker/entrypoint.sh runs them" in needs(image)) == named


def test_functions_of_the_same_name_in_rust_are_told_apart_by_their_modules(tmp_path):
    routes = (
        'pub fn init(cfg: &mut ServiceConfig) {{\n    cfg.service(web::resource("/{0}").route(web::get().to(x)));\n}}\n'
    )
    image = of(
        tmp_path, Dockerfile="FROM rust\nCOPY src src\nEXPOSE 80\nCMD shop\n",
        src__main_dot_rs='#[cfg(test)]\nmod tests;\nfn main() {\n  App::new().service(web::scope("/api").configure(users::init).configure(health::init));\n}\n',
        src__users__routes_dot_rs='pub fn init(cfg: &mut ServiceConfig) {\n    cfg.service(web::scope("/users").configure(me::init));\n}\n',
        src__users__me_dot_rs=routes.format("me"), src__health__routes_dot_rs=routes.format("health"),
    )  # fmt: skip
    assert image.path == "/api/health"
