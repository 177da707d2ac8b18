"""Two apps build with the one token that CodeBuild keeps for an account: the last to go takes it along."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.config import Config
from ecsctl.github import creds
from ecsctl.session import open_app, open_stack
from tests.stack.conftest import World, desired_stack
from tests.stack.test_token import NEW, imported, keep

APPS = ("hello", "shop")
OTHER_SECRET = "shop/token"  # noqa: S105 - its name


class Apps:
    """Two apps in one account, each with its own state file."""

    def __init__(self, world: World, *, one_secret: bool) -> None:
        self.world, self.one_secret = world, one_secret

    def configured(self, app: str) -> dict[str, Any]:
        github = {} if self.one_secret or app == "hello" else {"token_secret": OTHER_SECRET}
        return desired_stack(
            name=app, domain=None, github=github, pipeline={"mode": "build-only"}, vpc={"egress": "public"}
        )

    def open(self, app: str) -> Any:
        config = Config.model_validate(self.configured(app))
        return open_stack(self.world.aws(), config, self.world.state_file.with_name(f"{app}.json"))

    def up(self, app: str) -> None:
        session = self.open(app)
        session.engine.up(session.desired_stack, agree=lambda plan: None)

    def both(self, first: str, second: str) -> None:
        def prepare() -> None:
            self.world.boto("secretsmanager").create_secret(Name=OTHER_SECRET, SecretString="ghp_another" + "1" * 29)
            self.up(first)
            self.up(second)

        self.world.once(f"{first}, then {second}, with one secret: {self.one_secret}", prepare)

    def settled(self, app: str) -> bool:
        session = self.open(app)
        return not session.engine.plan(session.desired_stack).work

    def down(self, app: str) -> None:
        session = open_app(self.world.aws(), app, self.world.state_file.with_name(f"{app}.json"))
        session.engine.down(agree=lambda plan: None)

    def says(self, app: str) -> creds.Place:
        return next(one for one in creds.status(self.open(app)).places if one.name == "github-credentials")


@pytest.mark.parametrize(
    ("one_secret", "first", "gone"),
    [
        pytest.param(True, "hello", "hello", id="one secret, its importer goes first"),
        pytest.param(True, "shop", "hello", id="one secret, its importer goes last"),
        pytest.param(False, "shop", "shop", id="two secrets, the importer goes first"),
        pytest.param(False, "hello", "shop", id="two secrets, the importer goes last"),
    ],
)
def test_the_last_app_to_go_takes_the_token_along(world: World, one_secret: bool, first: str, gone: str) -> None:
    apps = Apps(world, one_secret=one_secret)
    second, left = (next(one for one in APPS if one != this) for this in (first, gone))
    apps.both(first, second)
    assert (apps.says(first).state, apps.says(second).state) == ("current", "not ours")
    assert first in apps.says(second).note
    assert apps.settled(first)
    assert apps.settled(second)

    apps.down(gone)
    assert len(imported(world)) == 1, "the other app builds with it"
    assert apps.settled(left) or (not apps.one_secret and gone == first), "the token is another's: it is renewed then"
    apps.up(left)
    assert apps.says(left).state == "current"
    assert apps.settled(left)
    apps.down(left)
    assert imported(world) == []


def test_the_importer_renews_it_for_all_and_after_it_the_one_that_is_left(world: World) -> None:
    apps = Apps(world, one_secret=True)
    apps.both("hello", "shop")
    keep(world, NEW)
    assert (apps.says("hello").state, apps.says("shop").state) == ("old", "not ours")
    apps.up("shop")
    assert apps.says("hello").state == "old", "it is not shop's to renew"
    apps.up("hello")
    assert apps.says("hello").state == "current"
    assert apps.settled("shop")
    apps.down("hello")
    keep(world, NEW + "7")
    assert apps.says("shop").state == "old"
    apps.up("shop")
    assert apps.says("shop").state == "current"
    apps.down("shop")
    assert imported(world) == []


def test_what_somebody_else_imported_stays(world: World) -> None:
    world.boto("codebuild").import_source_credentials(
        serverType="GITHUB",
        authType="PERSONAL_ACCESS_TOKEN",
        token="ghp_theirs",  # noqa: S106 - opens nothing
    )
    apps = Apps(world, one_secret=True)
    for app in APPS:
        apps.up(app)
        assert (apps.says(app).state, apps.settled(app)) == ("not ours", True)
    for app in APPS:
        apps.down(app)
    assert len(imported(world)) == 1
