"""What is checked of an app without a route for a health check: its home page, or pages that its framework has."""

# ruff: noqa: E501 - a line of a source is a line

import pytest

from tests.config.test_evidence import NODE, doubts, of

PYTHON = 'FROM python:3.13\nCOPY . .\nEXPOSE 8000\nCMD ["gunicorn", "-b", "0.0.0.0:8000", "shop:app"]\n'
GO = 'FROM golang\nCOPY . .\nEXPOSE 8080\nCMD ["/shop"]\n'
JAVA = 'FROM eclipse-temurin:21\nCOPY . .\nEXPOSE 8080\nCMD ["java", "-jar", "shop.jar"]\n'
ASPNET = 'FROM mcr.microsoft.com/dotnet/aspnet:9.0\nCOPY . .\nEXPOSE 8080\nENTRYPOINT ["dotnet", "Shop.dll"]\n'
PHP = "FROM php:8.3-apache\nCOPY . .\n"
POM = "<artifactId>spring-boot-starter-web</artifactId>"


@pytest.mark.parametrize(("files", "path"), [
    ({"Dockerfile": PYTHON, "shop_dot_py": "app = FastAPI()\n\n@app.get('/items')\ndef items():\n    return db.all()\n"}, "/docs"),
    ({"Dockerfile": PYTHON, "shop_dot_py": "app = FastAPI(title='x', docs_url='/api/docs')\n"}, "/api/docs"),
    ({"Dockerfile": PYTHON, "shop_dot_py": "@app.route('/')\ndef home():\n    return 'Hello'\n"}, "/"),
    ({"Dockerfile": NODE, "server_dot_js": "const app = express();\napp.get('/', (req, res) => { res.send('Hello'); });\n"}, "/"),
    ({"Dockerfile": GO, "main_dot_go": 'r := gin.Default() // github.com/gin-gonic/gin\nr.GET("/", func(c *gin.Context) { c.JSON(200, "hello") })\n'}, "/"),
    ({"Dockerfile": ASPNET, "Program_dot_cs": 'app.MapGet("/", () => "Hello");\n'}, "/"),
    ({"Dockerfile": PHP, "routes__web_dot_php": "Route::get('/', function () {\n    return view('welcome');\n});\n"}, "/"),
    ({"Dockerfile": JAVA, "pom_dot_xml": POM + "<artifactId>springdoc-openapi-starter-webmvc-ui</artifactId>",
      "src__main__resources__application_dot_properties": "server.servlet.context-path=/shop\n"}, "/shop/v3/api-docs"),
    ({"Dockerfile": JAVA, "pom_dot_xml": "<artifactId>quarkus-smallrye-openapi</artifactId>"}, "/q/openapi"),
])  # fmt: skip
def test_a_page_that_needs_neither_a_login_nor_a_database_is_checked_and_nothing_is_left_to_check(
    tmp_path, files, path
):
    image = of(tmp_path, **files)
    assert (image.path, "health path" in doubts(image), "a guess" in doubts(image)) == (path, False, False)


@pytest.mark.parametrize(("files", "path"), [
    ({"Dockerfile": PYTHON, "shop_dot_py": "@app.route('/')\ndef home():\n    return render(Order.query.all())\n"}, "/"),
    ({"Dockerfile": NODE, "app__page_dot_tsx": "export default function Home() {}\n", "server_dot_js": ""}, "/"),
    ({"Dockerfile": NODE, "server_dot_js": "const app = express();\nconst r = require('./orders');\napp.use('/api/orders', r);\n",
      "orders_dot_js": "const r = express.Router();\nr.get('/', list);\nmodule.exports = r;\n"}, "/api/orders"),
    ({"Dockerfile": JAVA, "pom_dot_xml": POM,
      "src__main__java__A_dot_java": '@RestController\n@RequestMapping("/api")\npublic class A {\n  @GetMapping("/auth/logout")\n  public X out() {}\n  @GetMapping("/{id}")\n  public X one(@PathVariable int id) {}\n  @GetMapping("/orders")\n  public List<X> all() {}\n}\n'}, "/api/orders"),
    ({"Dockerfile": "FROM ruby\nCOPY . .\nEXPOSE 3000\nCMD puma\n", "config__routes_dot_rb": "Rails.application.routes.draw do\n  root 'shop#index'\nend\n"}, "/"),
    ({"Dockerfile": "FROM elixir\nCOPY . .\nEXPOSE 4000\nCMD start\n", "lib__shop__router_dot_ex": '  scope "/" do\n    live "/", HomeLive\n  end\n'}, "/"),
    ({"Dockerfile": ASPNET, "Program_dot_cs": 'app.MapControllerRoute("default", "{controller=Home}/{action=Index}");\n'}, "/"),
])  # fmt: skip
def test_a_page_that_may_ask_for_more_is_a_proposal(tmp_path, files, path):
    image = of(tmp_path, **files)
    assert (image.path, f"health path {path} is a proposal" in doubts(image)) == (path, True)


@pytest.mark.parametrize("source", [
    "app = FastAPI(docs_url=None)\n",
    "app = FastAPI(openapi_url=None)\n",
    "app = FastAPI(**settings)\n",
])  # fmt: skip
def test_documentation_that_may_be_turned_off_is_not_checked(tmp_path, source):
    assert "/ is a guess" in doubts(of(tmp_path, Dockerfile=PYTHON, shop_dot_py=source))


def test_the_login_of_djangos_admin_site_is_checked_where_it_is_below_the_root(tmp_path):
    settings = "ROOT_URLCONF = 'shop.urls'\n"
    urls = "urlpatterns = [path('staff/', admin.site.urls)]\n"
    image = of(tmp_path, Dockerfile=PYTHON, shop__settings_dot_py=settings, shop__urls_dot_py=urls)
    assert (image.path, image.codes, "health path" in doubts(image)) == ("/staff/login/", "200-399", False)


def test_a_page_for_development_is_none(tmp_path):
    source = "if (app.Environment.IsDevelopment())\n{\n    app.UseSwagger();\n    app.UseSwaggerUI();\n}\n"
    assert "/ is a guess" in doubts(of(tmp_path, Dockerfile=ASPNET, Program_dot_cs=source))
    image = of(tmp_path, Program_dot_cs="app.UseSwagger();\napp.UseSwaggerUI();\n")
    assert (image.path, "health path" in doubts(image)) == ("/swagger/index.html", False)


@pytest.mark.parametrize("script", [
    'curl --fail "http${s}://${addr}:${APP_PORT}${base}/alive"\n',
    'url = f"http://localhost:3000{site.path}/alive"\nurlopen(url)\n',
])  # fmt: skip
def test_the_path_of_a_check_whose_address_is_put_together_is_read(tmp_path, script):
    name = "check.sh" if "curl" in script else "check.py"
    image = of(tmp_path, Dockerfile=NODE + f"HEALTHCHECK CMD ./{name}\n", **{name.replace(".", "_dot_"): script})
    assert image.path == "/alive"


def test_a_dockerfile_that_only_configures_a_database_is_no_app(tmp_path):
    compose = "services:\n  web:\n    build: web\n    depends_on: [store]\n  store:\n    build: store\n"
    image = of(
        tmp_path, web__Dockerfile=NODE, store__Dockerfile="FROM redis:alpine\nEXPOSE 6379\n", compose_dot_yml=compose
    )
    assert image.dockerfile == "web/Dockerfile"


@pytest.mark.parametrize(("name", "text"), [
    ("application_dot_yml", "quarkus:\n  http:\n    port: 8091\n"),
    ("application_dot_properties", "server.port=${PORT:8091}\n"),
])  # fmt: skip
def test_the_port_in_a_frameworks_settings_wins_over_expose_and_both_are_named(tmp_path, name, text):
    image = of(tmp_path, Dockerfile=JAVA, pom_dot_xml=POM + "quarkus", **{f"src__main__resources__{name}": text})
    assert (image.port, "or 8080 (EXPOSE of the Dockerfile)" in doubts(image)) == (8091, True)


def test_what_an_app_gives_its_own_settings_is_not_required(tmp_path):
    text = "class Settings(BaseSettings):\n    KEY_A: str\n    KEY_B: str\n    KEY_C: str\n\nkept = {'KEY_A': made()}\nsettings = Settings(**kept, KEY_B='x')\n"
    image = of(tmp_path, Dockerfile=PYTHON, settings_dot_py=text)
    assert [one.line for one in image.needs if "required by" in one.line] == ["KEY_C: required by settings.py"]


def test_of_several_aspnet_projects_the_health_check_of_the_one_in_the_image_is_taken(tmp_path):
    web = 'FROM mcr.microsoft.com/dotnet/aspnet:9.0\nCOPY . .\nENTRYPOINT ["dotnet", "Web.dll"]\n'
    image = of(
        tmp_path,
        Dockerfile=web,
        src__Api__Api_dot_csproj="",
        src__Api__Program_dot_cs='app.MapHealthChecks("/api/health");\n',
        src__Web__Web_dot_csproj="",
        src__Web__Program_dot_cs='app.UseHealthChecks("/status");\n',
    )
    assert image.path == "/status"


def test_the_last_stage_is_built_if_its_name_says_production_though_another_exposes_a_port(tmp_path):
    built = "FROM ruby AS fly\nEXPOSE 3000\nCMD puma\nFROM ruby AS development\nCMD dev\nFROM ruby AS render-production\nCMD puma\n"
    image = of(
        tmp_path, Dockerfile=built, compose_dot_yml="services:\n  web:\n    build: {context: ., target: development}\n"
    )
    assert image.target == ""


@pytest.mark.parametrize(("final", "required"), [
    ("COPY --from=build /app/dist ./dist\n", True), ("COPY --from=build /app .\n", False), ("COPY . .\n", False),
])  # fmt: skip
def test_a_committed_env_file_gives_its_variables_only_if_the_image_gets_it(tmp_path, final, required):
    built = f"FROM node AS build\nCOPY . .\nFROM node\n{final}EXPOSE 3000\nCMD node dist/main.js\n"
    source = 'export const ORIGINS = process.env.SHOP_ORIGINS.split(",");\n'
    image = of(tmp_path, Dockerfile=built, _dot_env="SHOP_ORIGINS=x\n", src__constants_dot_ts=source)
    assert any("SHOP_ORIGINS: required by" in one.line for one in image.needs) is required


def test_a_variable_without_which_rust_panics_is_required(tmp_path):
    source = 'fn key() -> String {\n  env::var("SHOP_KEY").expect("SHOP_KEY is not set");\n  env::var("SHOP_MODE").unwrap_or_default()\n}\n'
    image = of(tmp_path, Dockerfile=GO, src__keys_dot_rs=source)
    lines = [one.line for one in image.needs if "required by" in one.line]
    assert lines == ["SHOP_KEY: required by src/keys.rs"]


def test_an_identity_provider_and_stores_of_rust_are_listed(tmp_path):
    image = of(
        tmp_path,
        Dockerfile=GO,
        Cargo_dot_toml='[dependencies]\nredis = "0.27"\n',
        compose_dot_yml="services:\n  web: {build: ., depends_on: [sso]}\n  sso: {image: quay.io/keycloak/keycloak}\n",
    )
    needed = "; ".join(one.line for one in image.needs)
    assert "an identity provider: compose.yml runs quay.io/keycloak/keycloak" in needed
    assert "Redis: Cargo.toml has redis" in needed


RUBY = "FROM ruby\nCOPY . .\nEXPOSE 3000\nCMD puma\n"


def needed(image):
    return "; ".join(one.line for one in image.needs)


def test_of_the_services_of_one_image_what_builds_files_for_developers_comes_last(tmp_path):
    compose = (
        "services:\n  webpack:\n    build: .\n    ports: ['3035:3035']\n    command: ./bin/shakapacker-dev-server\n"
        "    healthcheck: {test: curl -f http://localhost:3035/webpack-dev-server}\n"
        "  web:\n    build: .\n    ports: ['3000:3000']\n    command: bundle exec rails s -b 0.0.0.0 -p 3000\n"
    )
    image = of(tmp_path, Dockerfile="FROM ruby\nCOPY . .\n", compose_dot_yml=compose)
    assert (image.port, "rails s" in " ".join(image.command)) == (3000, True)


def test_a_script_for_a_package_of_the_system_is_not_what_the_image_starts(tmp_path):
    script = '#!/bin/sh\ncase "$1" in\n  start) run ;;\n  *) echo usage; exit 2 ;;\nesac\n'
    built = 'FROM alpine\nCOPY --from=build /shop /usr/bin/shopd\nEXPOSE 8080\nCMD ["/usr/bin/shopd"]\n'
    assert "usage" not in doubts(of(tmp_path, Dockerfile=built, contrib__init_dot_d__shopd=script))


def test_what_the_settings_of_production_fetch_from_the_environment_is_required(tmp_path):
    text = "test:\n  url: <%= ENV.fetch('TEST_PLACE') %>\nproduction:\n  url: <%= ENV.fetch('SHOP_PLACE') %>\n  pool: <%= ENV.fetch('SHOP_POOL') { 5 } %>\n"
    image = of(tmp_path, Dockerfile=RUBY, config__database_dot_yml=text)
    assert [one.line for one in image.needs if "required by" in one.line] == [
        "SHOP_PLACE: required by config/database.yml"
    ]


@pytest.mark.parametrize(("value", "said"), [("development", True), ("production", False)])
def test_an_image_that_sets_a_framework_up_for_development_is_named(tmp_path, value, said):
    image = of(tmp_path, Dockerfile=RUBY + f"ENV RAILS_ENV={value}\n")
    assert (f"ENV of the Dockerfile sets RAILS_ENV to {value}" in doubts(image)) is said


@pytest.mark.parametrize(("env", "listed"), [("APP_SECRET=\n", True), ("APP_SECRET=abc\n", False)])
def test_symfonys_secret_is_needed_unless_the_committed_file_has_one(tmp_path, env, listed):
    image = of(tmp_path, Dockerfile=PHP, symfony_dot_lock="{}", _dot_env=env)
    assert ("APP_SECRET (Symfony in production)" in needed(image)) is listed


def test_a_route_in_an_attribute_of_php_is_found_below_that_of_its_class(tmp_path):
    source = "<?php\n#[Route('/api')]\nfinal class CheckController\n{\n    #[Route('/ping', methods: ['GET'])]\n    public function ping() { return new Response('ok'); }\n}\n"
    assert of(tmp_path, Dockerfile=PHP, src__CheckController_dot_php=source).path == "/api/ping"


def test_the_variable_by_which_the_command_is_told_its_port_is_set_if_nothing_else_does(tmp_path):
    built = 'FROM python\nARG SHOP_PORT\nENV SHOP_PORT=${SHOP_PORT}\nCOPY . .\nEXPOSE 8000\nCMD ["sh", "-c", "./run 0.0.0.0:${SHOP_PORT}"]\n'
    assert dict(of(tmp_path, Dockerfile=built).environment) == {"SHOP_PORT": "8000"}


def test_stores_that_only_settings_of_quarkus_name_are_listed_with_their_variables(tmp_path):
    text = "quarkus.datasource.jdbc.url=jdbc:postgresql://x/y\nquarkus.oidc.auth-server-url=http://sso/realms/x\nmp.messaging.incoming.orders.host=broker\n"
    said = needed(of(tmp_path, Dockerfile=JAVA, src__main__resources__application_dot_properties=text))
    assert "a database: QUARKUS_DATASOURCE_JDBC_URL" in said
    assert "an identity provider: QUARKUS_OIDC_AUTH_SERVER_URL" in said


def test_the_variable_that_decides_on_migrations_at_the_start_is_named(tmp_path):
    image = of(tmp_path, Dockerfile=GO, main_dot_go='if os.Getenv("RUN_MIGRATIONS") == "1" { migrate() }\n')
    assert "migrations: RUN_MIGRATIONS decides whether the app runs them when it starts (main.go)" in needed(image)


def test_a_spring_app_without_a_web_starter_takes_no_requests(tmp_path):
    built = 'FROM eclipse-temurin:21\nCOPY . .\nCMD ["java", "-jar", "shop.jar"]\n'
    image = of(tmp_path, Dockerfile=built, pom_dot_xml="<artifactId>spring-boot-starter-kafka</artifactId>")
    assert (image.web, image.port) == (False, None)
    image = of(tmp_path, pom_dot_xml="<artifactId>spring-boot-starter-webflux</artifactId>")
    assert (image.web, image.port) == (True, 8080)


def test_a_port_that_a_source_has_as_a_number_is_named_beside_what_expose_says(tmp_path):
    image = of(tmp_path, Dockerfile=NODE, server_dot_js="app.listen('8123', () => {});\n")
    assert "the port is not certain: 3000 (EXPOSE of the Dockerfile) or 8123 (server.js)" in doubts(image)
    assert "EXPOSE" not in doubts(of(tmp_path, server_dot_js="app.listen(process.env.PORT || 8123);\n"))


@pytest.mark.parametrize(("source", "required"), [
    ('raise ValueError("SHOP_SIZE must be a positive number")\nx = os.environ.get("SHOP_SIZE")\n', False),
    ('raise ValueError("SHOP_SIZE must be set")\nx = os.environ.get("SHOP_SIZE")\n', True),
])  # fmt: skip
def test_a_sentence_on_a_variables_value_does_not_make_it_required(tmp_path, source, required):
    image = of(tmp_path, Dockerfile=PYTHON, settings_dot_py=source)
    assert ("SHOP_SIZE: required by settings.py" in needed(image)) is required


def test_a_variable_whose_absence_is_an_error_of_go_is_required(tmp_path):
    source = 'c.Topic = os.Getenv("SHOP_TOPIC")\nif c.Topic == "" {\n  return fmt.Errorf("SHOP_TOPIC is required")\n}\n'
    assert "SHOP_TOPIC: required by config.go" in needed(of(tmp_path, Dockerfile=GO, config_dot_go=source))


@pytest.mark.parametrize(("profile", "set_"), [("prod", True), ("dev", False), ("other", False)])
def test_the_profile_of_a_compose_file_is_set_if_settings_are_for_it(tmp_path, profile, set_):
    made = {f"src__main__resources__application-{one}_dot_yml": "x: 1\n" for one in ("prod", "dev")}
    compose = f"services:\n  web:\n    build: .\n    environment:\n      SPRING_PROFILES_ACTIVE: {profile}\n"
    image = of(tmp_path, Dockerfile=JAVA, pom_dot_xml=POM, compose_dot_yml=compose, **made)
    assert (dict(image.environment).get("SPRING_PROFILES_ACTIVE") == profile) is set_


@pytest.mark.parametrize(("command", "run"), [
    ('["./bin/rails", "server"]', True), ('["bash", "-c", "bin/rails server -p 3000"]', False),
])  # fmt: skip
def test_rails_own_entry_point_migrates_only_if_the_command_ends_as_it_expects(tmp_path, command, run):
    entry = '#!/bin/bash -e\nif [ "${@: -2:1}" == "./bin/rails" ] && [ "${@: -1:1}" == "server" ]; then\n  ./bin/rails db:prepare\nfi\nexec "${@}"\n'
    built = f'FROM ruby\nCOPY . .\nENTRYPOINT ["/rails/bin/docker-entrypoint"]\nEXPOSE 3000\nCMD {command}\n'
    image = of(tmp_path, Dockerfile=built, **{"bin__docker-entrypoint": entry, "db__migrate__2020_x_dot_rb": "x"})
    assert ("nothing runs those of Rails" not in needed(image)) is run


def test_a_port_that_a_source_has_as_a_number_is_named_beside_what_a_compose_file_checks(tmp_path):
    compose = "services:\n  web:\n    build: .\n    healthcheck: {test: wget -qO- localhost:4100}\n"
    image = of(
        tmp_path,
        Dockerfile='FROM node\nCOPY . .\nCMD ["node", "main.js"]\n',
        main_dot_js="app.listen(3100);\n",
        compose_dot_yml=compose,
    )
    assert "the port is not certain: 4100 (the healthcheck of web in compose.yml) or 3100 (main.js)" in doubts(image)


def test_the_example_of_the_file_that_a_compose_file_gives_to_the_app_is_read(tmp_path):
    compose = "services:\n  web:\n    build: server\n    env_file: .env\n"
    image = of(
        tmp_path,
        server__Dockerfile=NODE,
        compose_dot_yml=compose,
        _dot_env_dot_example="DATABASE_URL=\nSESSION_SECRET=\n",
    )
    assert "a database: DATABASE_URL (.env.example)" in needed(image)
    assert "SESSION_SECRET (.env.example)" in needed(image)


@pytest.mark.parametrize(("profile", "port"), [("ENV ROCKET_PROFILE=debug\n", 8200), ("", 8300)])
def test_the_port_in_rockets_own_settings_is_that_of_the_profile_that_runs(tmp_path, profile, port):
    text = "[debug]\nport = 8200\n\n[release]\nport = 8300\n"
    image = of(
        tmp_path,
        Dockerfile=f"FROM rust\nCOPY . .\n{profile}CMD ./shop\n",
        Cargo_dot_toml='[dependencies]\nrocket = "0.5"\n',
        Rocket_dot_toml=text,
    )
    assert image.port == port


def test_a_database_in_a_file_that_only_a_source_of_python_names_is_kept(tmp_path):
    image = of(tmp_path, Dockerfile=PYTHON, database_dot_py='URL = "sqlite:///./shop.db"\n')
    assert "a database that is a file, if the app uses one (database.py has sqlite)" in needed(image)


def test_a_file_that_is_copied_under_the_name_that_the_command_starts_is_there(tmp_path):
    built = 'FROM eclipse-temurin:21\nCOPY target/shop-1.jar shop.jar\nEXPOSE 8080\nENTRYPOINT ["java", "-jar", "/shop.jar"]\n'
    image = of(tmp_path, Dockerfile=built, **{"target__shop-1_dot_jar": "x"})
    assert "which git does not have there" not in doubts(image)


def test_an_address_that_stands_below_the_variable_which_may_replace_it_is_not_fixed(tmp_path):
    source = 'URL = os.getenv(\n    "DATABASE_URL",\n    "postgresql://u:p@shop-db:5432/shop"\n)\n'
    assert "has the address of a store" not in doubts(of(tmp_path, Dockerfile=PYTHON, settings_dot_py=source))


def test_a_route_of_flask_without_a_home_page_is_checked_though_only_proposed(tmp_path):
    source = "@app.route('/login')\ndef login(): ...\n\n\n@app.route('/orders', methods=['POST'])\ndef add(): ...\n\n\n@app.route('/orders', methods=['GET'])\ndef all(): ...\n"
    image = of(tmp_path, Dockerfile=PYTHON, app_dot_py=source)
    assert (image.path, "health path /orders is a proposal" in doubts(image)) == ("/orders", True)


def test_what_render_is_told_by_hand_is_required_and_its_disk_is_kept(tmp_path):
    text = "services:\n  - type: web\n    disk:\n      name: d\n      mountPath: /srv/shop\n    envVars:\n      - key: SHOP_PAY\n        sync: false\n      - key: SHOP_MODE\n        value: x\n"
    said = needed(of(tmp_path, Dockerfile=PYTHON, render_dot_yaml=text))
    assert "SHOP_PAY: required by render.yaml" in said
    assert "SHOP_MODE" not in said
    assert "what the app keeps in /srv/shop (a disk of render.yaml)" in said


def test_a_folder_for_uploads_is_kept_though_the_repository_has_files_in_it(tmp_path):
    compose = "services:\n  web:\n    build: .\n    volumes: ['./uploads:/app/uploads', './pages:/app/pages']\n"
    image = of(tmp_path, Dockerfile=NODE, compose_dot_yml=compose, uploads__a_dot_png="x", pages__a_dot_html="x")
    assert "what the app keeps in /app/uploads (a volume of web in compose.yml):" in needed(image)


@pytest.mark.parametrize(("before", "sure"), [
    ("app.use('/api/auth', authRoutes);\n", True), ("app.use('/api', auth, orderRoutes);\n", False), ("app.use(requireAuth);\n", False),
])  # fmt: skip
def test_a_router_for_logins_below_a_path_of_its_own_guards_nothing_else(tmp_path, before, sure):
    source = f"const app = express();\n{before}app.get('/health', (q, r) => r.send('ok'));\n"
    image = of(tmp_path, Dockerfile=NODE, server_dot_js=source)
    assert (image.path, "health path" not in doubts(image)) == ("/health", sure)
