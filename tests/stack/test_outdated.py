"""A secret that has changed since the tasks read it is reported, until new ones run."""

from __future__ import annotations

from ecsctl.operations.outdated import outdated
from ecsctl.releases.release import restart
from tests.stack.conftest import World, desired_stack

IMAGE = "public.ecr.aws/docker/library/nginx:1.27"


def test_tasks_that_are_older_than_a_secret_are_reported_until_they_are_replaced(world: World) -> None:
    secrets, parameters = world.boto("secretsmanager"), world.boto("ssm")
    secrets.create_secret(Name="shop/db", SecretString="one")
    parameters.put_parameter(Name="/shop/key", Value="one", Type="SecureString")
    service = {"desired_count": 2, "secrets": {"DB": "shop/db", "KEY": "/shop/key"}}
    said = desired_stack(domain=None, github=None, service=service, workers={"mailer": {"command": ["./work"]}})
    world.up(said, image=IMAGE)
    world.clock.sleep(600)
    assert outdated(world.aws(), "hello") == ()
    secrets.put_secret_value(SecretId="shop/db", SecretString="two")
    world.clock.sleep(60)
    [found] = outdated(world.aws(), "hello")
    assert (found.name, found.tasks, found.processes) == ("shop/db", 3, ("web", "mailer"))
    assert found.sentence.startswith("3 tasks of web and mailer are older than the last change of shop/db")
    parameters.put_parameter(Name="/shop/key", Value="two", Type="SecureString", Overwrite=True)
    assert [one.name for one in outdated(world.aws(), "hello")] == ["shop/db", "/shop/key"]
    session = world.open(said)
    restart(session.aws, session.state, say=print)
    world.clock.sleep(300)
    assert outdated(world.aws(), "hello") == ()
