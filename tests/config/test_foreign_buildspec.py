"""A repository's own buildspec, as far as it can be read: what ecsctl needs of it and does not find."""

import json
from pathlib import Path

import pytest

from ecsctl.discovery.files.spec import DEFINITIONS, missing_steps

ROOT = Path(__file__).parents[2]


def spec(*commands, variables=""):
    listed = "".join(f"      - {json.dumps(one)}\n" for one in commands)
    env = f"env:\n  variables:\n    {variables}\n" if variables else ""
    return f"version: 0.2\n{env}phases:\n  build:\n    commands:\n{listed}artifacts:\n  files: [{DEFINITIONS}]\n"


OTHER = "012345678910.dkr.ecr.us-west-2.amazonaws.com/hello"
PUSH = ("docker push $REPOSITORY_URI:latest", f'printf \'[{{"name":"$CONTAINER_NAME"}}]\' > {DEFINITIONS}')


@pytest.mark.parametrize(("text", "missing"), [
    (spec(*PUSH), ()),
    (spec("REPOSITORY_URI=$AWS_ACCOUNT_ID.dkr.ecr.eu-central-1.amazonaws.com/shop", *PUSH), ("leave REPOSITORY_URI",)),
    (spec(f'export REPOSITORY_URI="{OTHER}"', *PUSH), ("leave REPOSITORY_URI",)),
    (spec(*PUSH, variables=f"REPOSITORY_URI: {OTHER}"), ("leave REPOSITORY_URI",)),
    (spec("REPOSITORY_URI=${REPOSITORY_URI:-other}", *PUSH), ()),
    (spec("REPOSITORY_URI=$REPOSITORY_URI", *PUSH), ()),
    (spec(*PUSH, variables="CONTAINER_NAME: web"), ("name the container",)),
    (spec(*PUSH, variables="CONTAINER_NAME: shop"), ()),
    (spec(PUSH[0], f"printf '[{{\"name\":\"shop\",\"imageUri\":\"%s\"}}]' $REPOSITORY_URI > {DEFINITIONS}"), ()),
    (spec(PUSH[0], f"printf '[{{\"name\":\"web\",\"imageUri\":\"%s\"}}]' $REPOSITORY_URI > {DEFINITIONS}"),
     ("name the container",)),
    (spec(PUSH[0], f"echo {{}} | jq '{{\\\"name\\\":\\\"shop\\\"}}' > {DEFINITIONS} # $REPOSITORY_URI"), ()),
])  # fmt: skip
def test_a_buildspec_is_read_for_where_it_pushes_and_whom_it_names(text, missing):
    found = missing_steps(text, "shop")
    assert len(found) == len(missing), found
    assert all(one.startswith(begin) for one, begin in zip(found, missing, strict=True))


@pytest.mark.parametrize("text", ["", "[", "a: b", "phases: []"])
def test_what_is_no_buildspec_is_reported(text):
    assert missing_steps(text)
    assert not missing_steps((ROOT / "buildspec.yml").read_text())
