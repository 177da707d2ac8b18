"""What init finds although it is named in an unusual place: each row is a small tree with one kind of thing."""

# ruff: noqa: E501 - a line of a source is a line

import pytest

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
