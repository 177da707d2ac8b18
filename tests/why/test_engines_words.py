"""What an engine says of a build that failed is understood, whichever engine it is."""

from __future__ import annotations

import pytest

from ecsctl.why import build_failure, diagnose
from tests.why.field.scene import facts, fails

LOOKUP = "dial tcp: lookup public.ecr.aws on 10.0.0.2:53: no such host"
SAYS = {
    "buildkit": 'ERROR: failed to solve: public.ecr.aws/docker/library/python:3.13-slim: failed to resolve source '
                'metadata for public.ecr.aws/docker/library/python:3.13-slim: failed to do request: Head '
                f'"https://public.ecr.aws/v2/docker/library/python/manifests/3.13-slim": {LOOKUP}',
    "buildkit-login": 'ERROR: failed to solve: failed to authorize: failed to fetch anonymous token: Get '
                      f'"https://public.ecr.aws/token/?scope=repository": {LOOKUP}',
    "docker": f'Get "https://public.ecr.aws/v2/": {LOOKUP}',
    "podman": 'Error: creating build container: initializing source docker://public.ecr.aws/docker/library/python:3.13-'
              f'slim: pinging container registry public.ecr.aws: Get "https://public.ecr.aws/v2/": {LOOKUP}',
}  # fmt: skip


@pytest.mark.parametrize("line", SAYS.values(), ids=SAYS)
def test_the_registry_is_what_did_not_answer(line: str) -> None:
    found = diagnose(facts(fails("BUILD", "docker build --pull -t $IMAGE .", line))).causes[0]
    assert found.name == "build-network"
    assert found.sentence.startswith("the registry of a base image did not answer the build: ")


def test_an_address_that_a_step_of_the_dockerfile_did_not_reach_is_no_registry() -> None:
    said = ("Step 4/9 : RUN go mod download", 'go: x.example: Get "https://proxy.example/v2/x": dial tcp: no such '
            "host", "The command '/bin/sh -c go mod download' returned a non-zero code: 1")  # fmt: skip
    found = diagnose(facts(fails("BUILD", "docker build -t $IMAGE .", *said))).causes[0]
    assert found.name == "docker-build"


def test_podman_s_words_for_a_step_that_fails_name_it() -> None:
    said = (
        "STEP 2/2: RUN make install",
        'Error: building at STEP "RUN make install": while running runtime: exit status 2',
    )
    failed = fails("BUILD", "docker build -t $IMAGE .", *said)
    assert diagnose(facts(failed)).causes[0].name == "docker-build"
    [failure] = [build_failure.failure_of(failed["build"], said)]
    assert failure.step == "make install"
