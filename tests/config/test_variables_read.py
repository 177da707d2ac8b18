"""Variables that sources read with no default, and stores that are only shown: small trees, each with one kind."""

# ruff: noqa: E501 - a line of a source is a line

import pytest

from tests.config.test_evidence import NODE, of
from tests.config.test_from_sources import PYTHON, needs

GO = 'FROM golang\nCOPY . .\nEXPOSE 8080\nCMD ["/shop"]\n'
RUBY = "FROM ruby\nCOPY . .\nEXPOSE 3000\nCMD puma\n"
COMPOSE = "services:\n  app:\n    build: .\n    ports: ['3000:3000']\n"


@pytest.mark.parametrize(("dockerfile", "file", "text"), [
    (GO, "main_dot_go", 'where := os.Getenv("SHOP_QUEUE")\nif where == "" {\n\tlog.Fatal("no queue")\n}\n'),
    (GO, "shop__queue_dot_go", 'where, ok := os.LookupEnv("SHOP_QUEUE")\nif !ok {\n\tpanic("no queue")\n}\n'),
    (GO, "shop__config_dot_go", 'where := os.Getenv("SHOP_QUEUE")\nif where == "" {\n\treturn nil, errors.New("no queue")\n}\n'),
    (GO, "shop__queue_dot_go", 'where := mustGetenv("SHOP_QUEUE")\n'),
    (NODE, "src__queue_dot_ts", "const where = process.env.SHOP_QUEUE;\nif (!where) {\n  throw new Error('no queue');\n}\n"),
    (NODE, "src__queue_dot_js", "  if (!process.env.SHOP_QUEUE) {\n    console.error('no queue');\n    process.exit(1);\n  }\n"),
    (NODE, "src__queue_dot_ts", "const where = requireEnv('SHOP_QUEUE');\n"),
    (NODE, "src__queue_dot_ts", "where: config.getOrThrow<string>('SHOP_QUEUE'),\n"),
    (NODE, "src__config_dot_ts", "export const where = process.env.SHOP_QUEUE!;\n"),
    (NODE, "src__checks_dot_ts", "Joi.object({\n  SHOP_QUEUE: Joi.string().uri().required(),\n})\n"),
    (PYTHON, "shop__bot_dot_py", 'where = os.getenv("SHOP_QUEUE")\nif not where:\n    raise SystemExit(1)\n'),
    (PYTHON, "shop__queue_dot_py", 'where = require_env("SHOP_QUEUE")\n'),
    ('FROM elixir\nCOPY . .\nEXPOSE 4000\nCMD ["start"]\n', "config__runtime_dot_exs", 'where = System.get_env("SHOP_QUEUE") || raise "no queue"\n'),
])  # fmt: skip
def test_a_variable_without_which_a_program_ends_is_required(tmp_path, dockerfile, file, text):
    name = file.replace("__", "/").replace("_dot_", ".")
    assert f"SHOP_QUEUE: required by {name}" in needs(of(tmp_path, Dockerfile=dockerfile, **{file: text}))


@pytest.mark.parametrize(("dockerfile", "file", "text"), [
    (GO, "shop__storage_dot_go", 'where := os.Getenv("SHOP_QUEUE")\nif where == "" {\n\treturn nil, errors.New("no queue")\n}\n'),
    (GO, "main_dot_go", 'where := os.Getenv("SHOP_QUEUE")\nif where == "" {\n\twhere = "here"\n}\n'),
    (NODE, "src__queue_dot_ts", "function send() {\n  const where = process.env.SHOP_QUEUE;\n  if (!where) {\n    throw new Error('no queue');\n  }\n}\n"),
    (NODE, "src__slack_dot_ts", "const where = process.env.SHOP_QUEUE!;\n"),
    (NODE, "src__config_dot_ts", "const a = process.env.SHOP_QUEUE ? send(process.env.SHOP_QUEUE!) : null;\n"),
    (NODE, "scripts__seed_dot_ts", "const where = requireEnv('SHOP_QUEUE');\n"),
    (PYTHON, "shop__queue_dot_py", 'def require_env("SHOP_QUEUE"): ...\n# where = require_env("SHOP_QUEUE")\n'),
])  # fmt: skip
def test_a_variable_that_only_a_part_of_it_wants_is_not_required(tmp_path, dockerfile, file, text):
    assert "SHOP_QUEUE" not in needs(of(tmp_path, Dockerfile=dockerfile, **{file: text}))


@pytest.mark.parametrize(("dockerfile", "file", "text", "names"), [
    (NODE, "utils_dot_ts", "jwtSecret: process.env.JWT_SECRET,\n", "JWT_SECRET"),
    (PYTHON, "shop__app_dot_py", 'app.secret_key = os.getenv("SESSION_SECRET")\n', "SESSION_SECRET"),
    (RUBY, "config__application_dot_rb", 'a.primary_key = ENV["ENCRYPTION_PRIMARY_KEY"] || ENV["SHOP_ENCRYPTION_PRIMARY_KEY"]\nb = ENV["SIGNING_KEY"]\n', "ENCRYPTION_PRIMARY_KEY, SIGNING_KEY"),
])  # fmt: skip
def test_a_secret_of_its_own_that_a_source_reads_with_nothing_in_its_place_is_listed(
    tmp_path, dockerfile, file, text, names
):
    assert f"{names} (" in needs(of(tmp_path, Dockerfile=dockerfile, **{file: text}))


@pytest.mark.parametrize("text", [
    "a: process.env.JWT_SECRET || makeOne(),\n", "if (process.env.JWT_SECRET && on) {\n", "a: process.env.JWT_SECRET ?? 'x',\n",
    "// a: process.env.JWT_SECRET,\n",
])  # fmt: skip
def test_a_secret_that_has_a_default_or_may_be_absent_is_not_listed(tmp_path, text):
    assert "JWT_SECRET" not in needs(of(tmp_path, Dockerfile=NODE, utils_dot_ts=text))


def test_a_configuration_file_of_several_lines_in_one_variable_is_pointed_out(tmp_path):
    text = (
        COMPOSE
        + "    environment:\n      SHOP_CONFIG: |\n        db:\n          host: db\n        key: x\n      TITLE: shop\n"
    )
    found = needs(of(tmp_path, Dockerfile=NODE, **{"docker-compose_dot_yml": text}))
    assert "SHOP_CONFIG: a whole configuration file as one variable, in app in docker-compose.yml" in found
    assert "TITLE" not in found


@pytest.mark.parametrize(("dockerfile", "file", "text"), [
    (NODE, "package_dot_json", '{"dependencies": {"@temporalio/worker": "^1"}}'),
    (PYTHON, "requirements_dot_txt", "temporalio==1.8\n"),
    (GO, "go_dot_mod", "require (\n\tgo.temporal.io/sdk v1.30\n)\n"),
])  # fmt: skip
def test_an_app_with_a_client_of_temporal_needs_its_server(tmp_path, dockerfile, file, text):
    assert "a workflow server: " in needs(of(tmp_path, Dockerfile=dockerfile, **{file: text}))


def test_the_address_of_temporal_and_the_image_that_serves_it_stand_in_one_line(tmp_path):
    text = (
        COMPOSE
        + "    environment:\n      TEMPORAL_ADDRESS: temporal:7233\n  temporal:\n    image: temporalio/auto-setup:1.28\n  ui:\n    image: temporalio/ui:2\n"
    )
    found = needs(of(tmp_path, Dockerfile=NODE, **{"docker-compose_dot_yml": text}))
    assert (
        "a workflow server: TEMPORAL_ADDRESS (app in docker-compose.yml); docker-compose.yml runs temporalio/auto-setup\n"
        in found + "\n"
    )


@pytest.mark.parametrize(("file", "perhaps"), [
    ("docker-compose_dot_yml", False), ("docker-compose.example_dot_yml", True), ("tools__k6__docker-compose_dot_yml", True),
])  # fmt: skip
def test_a_store_that_only_an_example_runs_is_not_sure(tmp_path, file, perhaps):
    text = COMPOSE + "  db:\n    image: postgres:17\n"
    package = '{"dependencies": {"pg": "8"}}'
    found = needs(of(tmp_path, Dockerfile=NODE, package_dot_json=package, **{file: text}))
    assert ("perhaps: a database (" in found) is perhaps
    assert ("a database: package.json has pg; the app may need one" in found) is perhaps
