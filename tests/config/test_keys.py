"""The keys of tables that users name themselves: what the loader refuses, the schema refuses too, in every editor."""

import json
import re

import pytest

from ecsctl import config
from ecsctl.errors import ConfigError

SCHEMA = json.loads(config.schema())
TABLES = {
    "tags": SCHEMA["properties"]["tags"],
    "service.environment": SCHEMA["$defs"]["Service"]["properties"]["environment"],
    "service.secrets": SCHEMA["$defs"]["Service"]["properties"]["secrets"],
    "service.depends_on": SCHEMA["$defs"]["Service"]["properties"]["depends_on"],
    "sidecars": SCHEMA["properties"]["sidecars"],
    "volumes": SCHEMA["properties"]["volumes"],
    "sidecar.volumes": SCHEMA["$defs"]["Sidecar"]["properties"]["volumes"],
    "sidecar.environment": SCHEMA["$defs"]["Sidecar"]["properties"]["environment"],
    "sidecar.secrets": SCHEMA["$defs"]["Sidecar"]["properties"]["secrets"],
    "sidecar.depends_on": SCHEMA["$defs"]["Sidecar"]["properties"]["depends_on"],
    "workers": SCHEMA["properties"]["workers"],
    "worker.environment": SCHEMA["$defs"]["Worker"]["properties"]["environment"],
    "worker.secrets": SCHEMA["$defs"]["Worker"]["properties"]["secrets"],
    "jobs": SCHEMA["properties"]["jobs"],
    "job.environment": SCHEMA["$defs"]["Job"]["properties"]["environment"],
    "job.secrets": SCHEMA["$defs"]["Job"]["properties"]["secrets"],
    "autoscaling.schedules": SCHEMA["$defs"]["Autoscaling"]["properties"]["schedules"],
    "build.environment": SCHEMA["$defs"]["Build"]["properties"]["environment"],
    "build.secrets": SCHEMA["$defs"]["Build"]["properties"]["secrets"],
    "build.logins": SCHEMA["$defs"]["Build"]["properties"]["logins"],
    "build.args": SCHEMA["$defs"]["Build"]["properties"]["args"],
}
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf"  # noqa: S105 - the ARN of one
KEYS = [
    "A", "_a1", "a b", "team", "Team", "", " a", "a ", "a;b", "1a", "é", "aws:team", "AWS:team", "ecsctl:app",
    "ECSCTL:x", "owner", "OWNER", "Name", "name", "k" * 127, "k" * 128, "CODEBUILD_SRC_DIR", "CODEBUILD",
    "REPOSITORY_URI", "REPOSITORY_URIS", "GITHUB_AUTH_TOKEN", "AWS_ACCOUNT_ID", "CONTAINER_NAME",
    "docker.io", "ghcr.io", "public.ecr.aws", "registry.example.com:5000", "Docker.io", "docker.io/", "BUILD_CONTEXT",
    "ECS_AGENT_URI", "AWS_EXECUTION_ENV", "ECS_CONTAINER_METADATA_URI_V4", "AWS_REGION", "mail-er", "web",
    "k" * 20, "k" * 21,
]  # fmt: skip


def by_schema(table, key):
    """Whether a JSON schema's rules for the names of properties let a key in."""
    forbidden = table.get("propertyNames", {}).get("not", {}).get("pattern", r"(?!)")
    known = any(re.search(pattern, key) for pattern in table["patternProperties"])
    return (known or table.get("additionalProperties", True) is not False) and not re.search(forbidden, key)


def by_loader(load, table, key):
    if table == "sidecars":
        text = f'name = "shop"\n[sidecars.{json.dumps(key)}]\nimage = "a:1"\n'
    elif table == "workers":
        text = f'name = "shop"\n[workers.{json.dumps(key)}]\ncommand = ["a"]\n'
    elif table == "jobs":
        text = f'name = "shop"\n[jobs.{json.dumps(key)}]\ncommand = ["a"]\nschedule = "rate(1 day)"\n'
    elif table == "volumes":
        text = f'name = "shop"\n[volumes.{json.dumps(key)}]\npath = "/a"\n'
    elif table == "sidecar.volumes":  # a volume of that name is there, as far as there can be
        text = f'name = "shop"\n[volumes.{json.dumps(key)}]\npath = "/a"\n[sidecars.other]\nimage = "a:1"\n'
        text += f'[sidecars.other.volumes]\n{json.dumps(key)} = "/b"\n'
    elif table == "autoscaling.schedules":
        text = f'name = "shop"\n[service.autoscaling]\nmin = 1\nmax = 2\n[service.{table}.{json.dumps(key)}]\n'
        text += 'at = "cron(0 20 * * ? *)"\nmin = 0\n'
    elif table.endswith("depends_on"):  # a container of that name is there, as far as there can be
        text = f'name = "shop"\n[sidecars.{json.dumps(key)}]\nimage = "a:1"\n[sidecars.other]\nimage = "a:1"\n'
        text += f'[{table.replace("sidecar.", "sidecars.other.")}]\n{json.dumps(key)} = "START"\n'
    else:
        text = _pair(table, key)
    try:
        load(text)
    except ConfigError:
        return False
    return True


def _pair(table, key):
    value = SECRET if table.endswith(("secrets", "logins")) else "x"
    github = '[github]\nrepository = "acme/shop"\n' if table.startswith("build") else ""
    head = '[sidecars.other]\nimage = "a:1"\n' if table.startswith("sidecar.") else ""
    head = '[workers.other]\ncommand = ["a"]\n' if table.startswith("worker.") else head
    head = '[jobs.other]\ncommand = ["a"]\nschedule = "rate(1 day)"\n' if table.startswith("job.") else head
    for one, those in (("sidecar", "sidecars"), ("worker", "workers"), ("job", "jobs")):
        table = table.replace(f"{one}.", f"{those}.other.")
    return f'name = "shop"\n{github}{head}[{table}]\n{json.dumps(key)} = "{value}"\n'


@pytest.mark.parametrize("table", TABLES)
def test_the_schema_refuses_the_keys_that_the_loader_refuses_and_no_others(load, table):
    taken = {key for key in KEYS if by_loader(load, table, key)}
    assert {key for key in KEYS if by_schema(TABLES[table], key)} == taken
    assert 3 < len(taken) < len(KEYS)


def test_every_table_of_names_is_here():
    found = {
        f"{where}{name}"
        for where, node in (("", SCHEMA), *((f"{at.lower()}.", node) for at, node in SCHEMA["$defs"].items()))
        for name, one in node["properties"].items()
        if one.get("type") == "object" and "patternProperties" in one
    }
    assert found == TABLES.keys()
