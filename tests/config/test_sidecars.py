"""Sidecars that could not run beside the app are refused by the key to fix."""

import pytest

AGENT = '[sidecars.agent]\nimage = "agent:1"\n'
REFUSED = [
    (f'{AGENT}port = 8000', "sidecars.agent.port = 8000 is service.port too"),
    (f'{AGENT}port = 9\n[sidecars.other]\nimage = "a:1"\nport = 9',
     "sidecars.other.port = 9 is sidecars.agent.port too"),
    ('[sidecars.shop]\nimage = "a:1"', "sidecars.shop: has the app's own name"),
    (f'{AGENT}depends_on = {{ db = "START" }}',
     "sidecars.agent.depends_on.db: is no container of the task; the others are: shop"),
    (f'{AGENT}depends_on = {{ agent = "START" }}', "sidecars.agent.depends_on.agent: is the container itself"),
    (f'{AGENT}depends_on = {{ shop = "HEALTHY" }}',
     'sidecars.agent.depends_on.shop = "HEALTHY" needs a check inside that container: expected '
     "service.health.container"),
    ('[service]\ndepends_on = { agent = "SUCCESS" }\n' + AGENT,
     'service.depends_on.agent = "SUCCESS" waits for the end of an essential container, with which the task '
     "ends: expected sidecars.agent.essential = false"),
    ('[service]\ndepends_on = { agent = "HEALTHY" }\n' + AGENT,
     'service.depends_on.agent = "HEALTHY" needs a check inside that container: expected sidecars.agent.health'),
    ('[service]\ndepends_on = { agent = "READY" }\n' + AGENT, "service.depends_on.agent: expected one of"),
    ('[service]\ndepends_on = { agent = "START" }\n' + AGENT + 'depends_on = { shop = "START" }',
     "service.depends_on: goes in a circle: shop waits for agent waits for shop"),
    (f'{AGENT}cpu = 256', "sidecars.agent.cpu: is 256 CPU units with the other sidecars', and service.cpu is 256"),
    (f'{AGENT}memory = 512', "sidecars.agent.memory: is 512 MiB with the other sidecars', and service.memory is 512"),
    (f'{AGENT}restart_ignores = [1]', "sidecars.agent.restart_ignores: cannot be used without restart = true"),
    (f'{AGENT}restart_after_seconds = 5', "sidecars.agent.restart_after_seconds: expected an integer from 60 to 1800"),
    (f'{AGENT}start_timeout_seconds = 121', "sidecars.agent.start_timeout_seconds: expected an integer from 2 to 120"),
    (f'{AGENT}environment = {{ A = "1" }}\nsecrets = {{ A = "b" }}', "sidecars.agent.secrets.A: is in its environment"),
    ('[sidecars.agent]\nimage = "https://agent"', "sidecars.agent.image: expected an image such as"),
    ("[sidecars.agent]\nport = 1", "sidecars.agent.image is missing"),
    ("".join(f'[sidecars.s{n}]\nimage = "a:1"\n' for n in range(10)), "sidecars: expected a table"),
    (f'{AGENT}comand = ["a"]', "sidecars.agent.comand: no such key; did you mean sidecars.agent.command?"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_cannot_run_beside_the_app_is_reported_at_its_key(mistakes, text, message):
    found = mistakes(f'name = "shop"\n{text}\n')
    assert any(message in one for one in found), found


def test_a_variable_of_the_environment_reaches_into_a_sidecar(load):
    loaded = load(f'name = "shop"\n{AGENT}', ECSCTL_SIDECARS__AGENT__IMAGE="agent:2")
    assert loaded.config.sidecars["agent"].image == "agent:2"
    assert loaded.origins["sidecars.agent.image"] == "ECSCTL_SIDECARS__AGENT__IMAGE"


def test_a_secret_in_plain_text_is_warned_of(load):
    loaded = load(f'name = "shop"\n{AGENT}environment = {{ API_KEY = "x" }}\n')
    assert any("sidecars.agent.environment.API_KEY seems to be a secret" in one for one in loaded.warnings)
