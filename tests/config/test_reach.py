"""What keeps an app from answering on its port is said, or set right where one variable does it."""

# ruff: noqa: E501 - a line of a Dockerfile is a line

import pytest

from ecsctl.discovery.image import observed
from tests.config.test_apps import laid

NODE = 'FROM node:22\nCOPY . .\nEXPOSE 3000\nCMD ["node", "server.js"]\n'


def run(command, *, base="scratch", port=3000, more=""):
    return f"FROM {base}\n{more}COPY . .\nEXPOSE {port}\nCMD {command}\n"


@pytest.mark.parametrize(("dockerfile", "file", "text", "alone"), [
    (NODE, "server.js", "app.listen(3000, 'localhost')\n", True),
    (NODE, "server.js", "app.listen(3000)\n", False),
    (NODE, "server.js", "const fastify = require('fastify')()\nfastify.listen({ port: 3000 })\n", True),
    (NODE, "server.js", "const fastify = require('fastify')()\nfastify.listen({ port: 3000, host })\n", False),
    (NODE, "src/proxy.js", "inner.listen(0, '127.0.0.1')\n", False),
    (run("python run.py"), "run.py", "app.run(port=3000)\n", True),
    (run("python run.py"), "run.py", "app.run(host='0.0.0.0', port=3000)\n", False),
    (run("gunicorn -b 0.0.0.0:3000 run:app"), "run.py", "app.run(port=3000)\n", False),
    (run("/shop"), "main.go", 'log.Fatal(http.ListenAndServe("127.0.0.1:3000", mux))\n', True),
    (run("/shop"), "main.go", 'log.Fatal(http.ListenAndServe(":3000", mux))\n', False),
    (run("/shop"), "src/main.rs", 'HttpServer::new(app).bind(("127.0.0.1", 3000))?\n', True),
    (run("php artisan serve --port=3000"), "artisan", "", True),
])  # fmt: skip
def test_an_app_that_only_its_own_machine_reaches_is_said(tmp_path, dockerfile, file, text, alone):
    image = observed(laid(tmp_path, {"Dockerfile": dockerfile, file: text}))
    assert any("127.0.0.1 only" in one for one in image.doubts) == alone, image.doubts


@pytest.mark.parametrize(("dockerfile", "forbidden"), [
    (run("serve", port=80, more="USER app\n"), True),
    (run("serve", port=8080, more="USER app\n"), False),
    (run("serve", port=80, more="USER root\n"), False),
    (run("serve", port=80, more="RUN setcap cap_net_bind_service=+ep /serve\nUSER app\n"), False),
])  # fmt: skip
def test_a_user_who_may_not_open_the_port_is_said(tmp_path, dockerfile, forbidden):
    image = observed(laid(tmp_path, {"Dockerfile": dockerfile}))
    assert any("may not open port 80 on Fargate" in one for one in image.doubts) == forbidden


def test_a_script_that_no_container_starts_is_said(tmp_path):
    tree = laid(tmp_path, {"Dockerfile": run('["./bin/start"]'), "bin/start": ""})
    start = tmp_path / "bin" / "start"
    start.write_bytes(b"#!/bin/sh\r\nexec serve\r\n")
    said = " ".join(observed(tree).doubts)
    assert "bin/start has Windows line endings" in said
    assert "bin/start is not executable" in said
    start.write_bytes(b"#!/bin/sh\nexec serve\n")
    start.chmod(0o755)
    assert "bin/start" not in " ".join(observed(tree).doubts)
    start.chmod(0o644)
    (tmp_path / "Dockerfile").write_text(run('["./bin/start"]', more="RUN chmod +x bin/*\n"))
    assert "bin/start" not in " ".join(observed(laid(tmp_path, {})).doubts)


def test_a_script_that_says_its_usage_without_a_word_is_said_with_the_words(tmp_path):
    script = '#!/bin/sh\ncase "$1" in\n  serve)\n    exec puma\n    ;;\n  work)\n    exec sidekiq\n    ;;\n  *)\n    echo "usage: shop WORD"\nesac\n'
    files = {"Dockerfile": run('["shop"]', more="RUN chmod +x bin/shop\n"), "bin/shop": script}
    assert any("to one of serve, work" in one for one in observed(laid(tmp_path, files)).doubts)
    files["Dockerfile"] = files["Dockerfile"].replace('["shop"]', '["shop", "serve"]')
    assert not any("usage" in one for one in observed(laid(tmp_path, files)).doubts)


def test_secrets_that_a_build_mounts_are_said_if_the_stage_is_built(tmp_path):
    text = "FROM a AS private\nRUN --mount=type=secret,id=never true\nFROM a AS base\nRUN --mount=type=secret,id=npm,required=true npm ci\nFROM base\nEXPOSE 80\nCMD serve\n"
    said = [one for one in observed(laid(tmp_path, {"Dockerfile": text})).doubts if "build.secrets" in one]
    assert said == ["the build mounts the secrets npm: set them in [build.secrets], with the same ids"]


def test_a_file_that_git_has_only_deeper_than_the_image_starts_it_is_said(tmp_path):
    files = {
        "Dockerfile": 'FROM python:3.12 AS pip\nFROM python:3.12\nWORKDIR /app\nCOPY --from=pip /x /x\nCOPY . /app\nCMD ["python", "app.py"]\n',
        "main/app.py": "",
    }
    assert any(
        "starts app.py in /app, and git only has it in a folder below" in one
        for one in observed(laid(tmp_path, files)).doubts
    )
    assert not any("starts app.py" in one for one in observed(laid(tmp_path, {"app.py": ""})).doubts)


@pytest.mark.parametrize(("line", "said"), [
    ("mongoose.connect('mongodb://db:27017/shop')", True),
    ("mongoose.connect(process.env.MONGO_URL || 'mongodb://db:27017/shop')", False),
    ("// mongoose.connect('mongodb://db:27017/shop')", False),
    ("redis.connect(`redis://${host}:6379`)", False),
])  # fmt: skip
def test_the_address_of_a_store_that_is_written_into_a_source_is_said(tmp_path, line, said):
    image = observed(laid(tmp_path, {"Dockerfile": NODE, "server.js": f"{line}\n"}))
    assert any("address of a store in it, db" in one for one in image.doubts) == said


ASPNET = 'FROM mcr.microsoft.com/dotnet/aspnet:8.0\nCOPY . .\nEXPOSE {}\nCMD ["dotnet", "Shop.dll"]\n'


def test_aspnet_listens_where_its_image_does_unless_something_says_otherwise(tmp_path):
    image = observed(laid(tmp_path, {"Dockerfile": ASPNET.format(80), "Program.cs": "app.Run();\n"}))
    assert (image.port, image.environment) == (8080, ())
    assert any("80 (EXPOSE of the Dockerfile)" in one for one in image.doubts)
    compose = "services:\n  shop:\n    build: .\n    ports: ['80:5001']\n    environment: ['ASPNETCORE_URLS=http://+:5001', PORT=9]\n"
    image = observed(laid(tmp_path, {"Dockerfile": ASPNET.format(5001), "compose.yaml": compose}))
    assert (image.port, image.environment) == (5001, (("ASPNETCORE_URLS", "http://+:5001"),))
    image = observed(
        laid(tmp_path, {"Dockerfile": ASPNET.format(80), "compose.yaml": "", "Program.cs": 'app.Run("http://*:80");\n'})
    )
    assert image.port == 80


@pytest.mark.parametrize(("files", "pair"), [
    ({"Dockerfile": run("bundle exec rails server"), "Gemfile": "gem 'rails'\n"}, ("RAILS_ENV", "production")),
    ({"Dockerfile": run("bundle exec rails server", more="ENV RAILS_ENV=production\n"), "Gemfile": "gem 'rails'\n"}, None),
    ({"Dockerfile": run("bundle exec puma"), "Gemfile": "gem 'sinatra'\n"}, None),
    ({"Dockerfile": run("/shop"), "Cargo.toml": "[dependencies]\nrocket = '0.5'\n"}, ("ROCKET_ADDRESS", "0.0.0.0")),  # noqa: S104
    ({"Dockerfile": run("/shop"), "Cargo.toml": "[dependencies]\nrocket = '0.5'\n", "Rocket.toml": "address = '0.0.0.0'\n"}, None),
    ({"Dockerfile": run("/app/bin/shop start"), "config/runtime.exs": 'if System.get_env("PHX_SERVER") do\n'}, ("PHX_SERVER", "true")),
    ({"Dockerfile": run("python app.py"), "requirements.txt": "gradio==5\n", "app.py": "demo.launch()\n"}, ("GRADIO_SERVER_NAME", "0.0.0.0")),  # noqa: S104
    ({"Dockerfile": run("frankenphp run"), "composer.json": '{"require": {"symfony/framework-bundle": "7"}}'}, ("APP_ENV", "prod")),
])  # fmt: skip
def test_a_variable_that_a_framework_needs_in_a_container_is_set(tmp_path, files, pair):
    image = observed(laid(tmp_path, files))
    assert image.environment == ((pair,) if pair else ())


def test_djangos_hosts_are_opened_as_a_compose_file_does_and_else_the_variable_is_named(tmp_path):
    settings = "ALLOWED_HOSTS = env.list('SHOP_HOSTS', default=[])\n"
    files = {
        "Dockerfile": run("gunicorn shop.wsgi"),
        "manage.py": "",
        "shop/settings.py": settings,
        "shop/settings_local.py": "ALLOWED_HOSTS = ['*']\n",
    }
    assert any("SHOP_HOSTS in [service.environment] sets them" in one for one in observed(laid(tmp_path, files)).doubts)
    compose = (
        "services:\n  app:\n    build: .\n    ports: ['3000:3000']\n    environment: {DJANGO_ALLOWED_HOSTS: '*'}\n"
    )
    image = observed(laid(tmp_path, {"compose.yaml": compose}))
    assert ("DJANGO_ALLOWED_HOSTS", "*") in image.environment
    assert not any("ALLOWED_HOSTS" in one for one in image.doubts)


@pytest.mark.parametrize(("files", "size"), [
    ({"Dockerfile": run("java -jar shop.jar")}, (512, 1024)),
    ({"Dockerfile": run("java -Xmx2g -jar shop.jar")}, (512, 3072)),
    ({"Dockerfile": run("node a.js"), "package.json": '{"scripts": {"t": "playwright test"}, "dependencies": {"express": "^4"}}'}, (0, 0)),
    ({"Dockerfile": run("node a.js"), "package.json": '{"dependencies": {"puppeteer": "^24"}, "devDependencies": {}}'}, (512, 2048)),
    ({"Dockerfile": run("serve"), "requirements.txt": "torch==2.9\n"}, (512, 4096)),
    ({"Dockerfile": run("serve"), "compose.yaml": "services:\n  a:\n    build: .\n    deploy: {resources: {limits: {memory: 3G}}}\n"}, (512, 3072)),
    ({"Dockerfile": run("serve"), "compose.yaml": "services:\n  a: {build: ., mem_limit: 300m}\n"}, (0, 0)),
    ({"Dockerfile": run("serve"), "fly.toml": "[[vm]]\n  memory = '6gb'\n"}, (1024, 6144)),
])  # fmt: skip
def test_an_app_that_512_mebibytes_do_not_do_for_has_more(tmp_path, files, size):
    image = observed(laid(tmp_path, files))
    assert image.size == size
    assert (image.values["service"].get("cpu", 0), image.values["service"].get("memory", 0)) == size


def test_a_health_check_on_another_port_does_not_decide_which_one_serves(tmp_path):
    text = run("serve", port=8080, more="EXPOSE 9000\nHEALTHCHECK CMD curl -f http://localhost:9000/health\n")
    image = observed(laid(tmp_path, {"Dockerfile": text}))
    assert image.port == 8080
    assert any("asks /health on port 9000, but the load balancer checks 8080" in one for one in image.doubts)


def test_a_readme_that_shows_how_the_image_is_run_names_its_port_where_nothing_else_does(tmp_path):
    image = observed(
        laid(
            tmp_path,
            {
                "Dockerfile": 'FROM scratch\nCOPY shop /\nCMD ["/shop"]\n',
                "shop": "",
                "README.md": "    docker run --rm \\\n      -p 80:8088 acme/shop\n",
            },
        )
    )
    assert (image.port, "port 8088 is a proposal, from README.md alone" in image.doubts) == (8088, True)


def test_a_name_that_only_a_compose_file_gives_is_said_where_the_image_waits_for_it(tmp_path):
    compose = "services:\n  app: {build: ., ports: ['3000:3000']}\n  db: {image: postgres}\n"
    said = observed(laid(tmp_path, {"Dockerfile": run("wait-for-it db:5432 -- serve"), "compose.yaml": compose})).doubts
    assert any("what the image starts connects to db, a host that only exists in compose.yaml" in one for one in said)
    said = observed(laid(tmp_path, {"Dockerfile": run("wait-for-it $DB_HOST:5432 -- serve")})).doubts
    assert not any("asks for db" in one for one in said)


def test_a_file_that_only_a_compose_file_puts_into_the_container_is_said(tmp_path):
    compose = "services:\n  app:\n    build: .\n    ports: ['3000:3000']\n    volumes: ['./config.toml:/app/config.toml', './data:/app/data']\n"
    files = {
        "Dockerfile": 'FROM scratch\nCOPY --from=golang /shop /shop\nEXPOSE 3000\nCMD ["/shop"]\n',
        "config.toml": "",
        "compose.yaml": compose,
    }
    assert any(
        "app in compose.yaml mounts config.toml at /app/config.toml" in one
        for one in observed(laid(tmp_path, files)).doubts
    )
    files["Dockerfile"] = files["Dockerfile"].replace("EXPOSE", "COPY . /app\nEXPOSE")
    assert not any("config.toml" in one for one in observed(laid(tmp_path, files)).doubts)


@pytest.mark.parametrize("entry", ["yarn", "npm", "python", "dotnet"])
def test_an_entry_point_that_runs_what_it_is_given_starts_nothing_alone(tmp_path, entry):
    text = f'FROM node:22\nCOPY . .\nEXPOSE 3000\nENTRYPOINT ["{entry}"]\n'
    assert (
        "the image starts nothing by itself: set command in [service]"
        in observed(laid(tmp_path, {"Dockerfile": text})).doubts
    )
    tree = laid(tmp_path, {"Dockerfile": text + 'CMD ["start"]\n'})
    assert not any("starts nothing" in one for one in observed(tree).doubts)


@pytest.mark.parametrize(("command", "said"), [
    ('["serve", "--workers", "${WORKERS:-4}"]', True),
    ('["sh", "-c", "serve --workers ${WORKERS:-4}"]', False),
    ("serve --workers ${WORKERS:-4}", False),
])  # fmt: skip
def test_a_variable_in_a_list_of_words_is_said_to_stay_as_it_is(tmp_path, command, said):
    image = observed(laid(tmp_path, {"Dockerfile": run(command)}))
    assert any("in which ${WORKERS:-4} is not expanded" in one for one in image.doubts) == said


def test_what_a_build_copies_by_a_variable_or_from_an_earlier_stage_has_to_be_in_git(tmp_path):
    text = "FROM golang AS build\nWORKDIR /app\nCOPY . .\nFROM alpine\nARG VERSION\nCOPY shop-$VERSION.zip /\nCOPY --from=build /app/.env .\nEXPOSE 80\nCMD serve\n"
    said = " ".join(observed(laid(tmp_path, {"Dockerfile": text})).doubts)
    assert "copies shop-*.zip, which git does not have there" in said
    assert "copies /app/.env from an earlier stage, and git has no .env" in said
    said = " ".join(observed(laid(tmp_path, {"shop-1.zip": "", ".env": ""})).doubts)
    assert "git" not in said


def test_a_build_that_asks_whether_an_argument_is_set_does_without_it(tmp_path):
    text = 'FROM alpine\nARG TAG\nRUN if [ ! -z "$TAG" ]; then wget https://example.org/$TAG/shop; fi\nEXPOSE 80\nCMD shop\n'
    assert observed(laid(tmp_path, {"Dockerfile": text})).lacking == ()


def test_an_image_that_has_only_its_packages_beside_a_mounted_folder_has_no_sources(tmp_path):
    compose = "services:\n  app: {build: ./api, ports: ['3000:3000'], volumes: ['./api:/app']}\n"
    files = {
        "api/Dockerfile": "FROM python:3.12\nCOPY requirements.txt .\nEXPOSE 3000\nCMD serve\n",
        "api/requirements.txt": "",
        "compose.yaml": compose,
    }
    assert any(
        "brings the repository's sources into the image" in one for one in observed(laid(tmp_path, files)).doubts
    )


def test_the_port_that_a_compose_file_gives_the_app_holds_whatever_expose_says(tmp_path):
    compose = "services:\n  app:\n    build: .\n    ports: ['8001:8001']\n    environment: {PORT: 8001}\n"
    image = observed(laid(tmp_path, {"Dockerfile": run("serve", port=9999), "compose.yaml": compose}))
    assert (image.port, image.environment) == (8001, (("PORT", "8001"),))
    assert (
        "the port is not certain: 8001 (PORT of app in compose.yaml) or 9999 (EXPOSE of the Dockerfile)" in image.doubts
    )
