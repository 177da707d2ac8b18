"""What is said of a task definition beyond what every app has comes, is compared, and goes; what others added stays."""

from __future__ import annotations

from typing import Any

from ecsctl.resources.support.additions import added, additions, with_additions
from tests.rows.ecs import Ground

USER, DISK = {"container.user": "1000"}, {"ephemeralStorage": {"sizeInGiB": 40}}


def definition(**container: Any) -> dict[str, Any]:
    return {"family": "shop", "containerDefinitions": [{"name": "app", **container}, {"name": "other", "user": "7"}]}


def ours(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["containerDefinitions"][0]
    return found


def test_what_is_wanted_is_found_again_whatever_aws_fills_in() -> None:
    plain = definition()
    wanted = additions({**USER, **DISK, "container.ulimits": [{"name": "nofile", "softLimit": 9}]})
    made = with_additions(plain, ours(plain), wanted)
    ours(made)["ulimits"][0]["hardLimit"] = 10
    assert added(made, ours(made), wanted) == wanted


def test_what_is_no_longer_desired_is_found_and_taken_back() -> None:
    plain = definition()
    made = with_additions(plain, ours(plain), additions({**USER, **DISK}))
    assert added(made, ours(made), additions(USER)) == additions({**USER, **DISK})
    back = with_additions(made, ours(made), ())
    assert back == plain


def test_what_somebody_else_has_set_is_neither_shown_nor_taken() -> None:
    theirs = {**definition(user="7", dockerLabels={"team": "web"}), "ephemeralStorage": {"sizeInGiB": 99}}
    assert added(theirs, ours(theirs), ()) == ()
    assert with_additions(theirs, ours(theirs), ()) == theirs


def test_a_copy_of_the_pipelines_remembers_what_is_to_be_taken_back(cloud: Any) -> None:
    ground = Ground(cloud)
    cloud.up(ground.stack({"more": additions({**USER, **DISK})}))
    cloud.lose_state()
    ground.deploy(2)
    assert ground.live()["containerDefinitions"][0]["user"] == "1000"
    cloud.up(ground.stack())
    live = ground.live()
    assert "user" not in live["containerDefinitions"][0]
    assert "ephemeralStorage" not in live
    assert cloud.plan(ground.stack()).work == ()
