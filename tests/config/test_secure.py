"""`secure = true` turns on what a review asks for, and what the file says wins."""

import pytest

from ecsctl import config
from ecsctl.errors import UsageError

SHOP = 'name = "shop"\nsecure = true\n[domain]\nname = "shop.example.com"\n'


def loaded(folder, text):
    (folder / "ecsctl.toml").write_text(text)
    return config.read(folder, environ={}).config


def test_it_turns_on_what_a_review_asks_for(tmp_path):
    found = loaded(tmp_path, SHOP + '[sidecars.agent]\nimage = "public.ecr.aws/datadog/agent:7"\n')
    assert found.load_balancer.deletion_protection is True
    assert found.load_balancer.access_logs is not None
    assert found.service.read_only_root is True
    assert found.sidecars["agent"].read_only_root is True
    assert found.logs.retention_days == 365
    assert (found.vpc.flow_logs, found.vpc.close_default_group) == ("reject", True)


def test_what_the_file_says_wins(tmp_path):
    found = loaded(tmp_path, SHOP + "[service]\nread_only_root = false\n[logs]\nretention_days = 90\n"
                   "[load_balancer]\ndeletion_protection = false\n")  # fmt: skip
    assert (found.service.read_only_root, found.logs.retention_days) == (False, 90)
    assert found.load_balancer.deletion_protection is False


def test_a_network_of_ones_own_is_left_as_it_is(tmp_path):
    subnets = ", ".join(f'"subnet-{letter * 17}"' for letter in "ab")
    own = f'[vpc]\nid = "vpc-0a1b2c3d4e5f60718"\npublic_subnets = [{subnets}]\nprivate_subnets = [{subnets}]\n'
    found = loaded(tmp_path, SHOP + own)
    assert (found.vpc.flow_logs, found.vpc.close_default_group) == ("none", False)


def test_a_shell_in_the_tasks_needs_a_root_that_can_be_written(tmp_path):
    found = loaded(tmp_path, SHOP + "[service]\nexec = true\n")
    assert (found.service.exec, found.service.read_only_root) == (True, False)


def test_without_it_nothing_changes(tmp_path):
    found = loaded(tmp_path, SHOP.replace("secure = true", "secure = false"))
    assert found.load_balancer.deletion_protection is None
    assert (found.service.read_only_root, found.logs.retention_days) == (False, 30)
    assert (found.vpc.flow_logs, found.vpc.close_default_group) == ("none", False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('name = "shop"\nsecure = true\n', "secure: needs [domain]"),
        (SHOP + '[vpc]\negress = "public"\n', "secure: cannot be combined with tasks that have public addresses"),
        ('name = "shop"\nsecure = "yes"\n', "secure: expected true or false"),
        (SHOP + "[service]\nread_only_root = 1\n", "service.read_only_root: expected true or false"),
        (SHOP + 'logs = "long"\n', "domain.logs: no such key"),
    ],
)
def test_what_cannot_be_is_refused_by_the_key_that_says_it(tmp_path, text, expected):
    with pytest.raises(UsageError) as refused:
        loaded(tmp_path, text)
    assert expected in str(refused.value), refused.value


def test_only_reachable_from_inside_it_needs_no_certificate(tmp_path):
    found = loaded(tmp_path, 'name = "shop"\nsecure = true\n[load_balancer]\ninternal = true\n')
    assert found.service.read_only_root is True
