"""build.sbom: the list of what is in the image, and the generator that makes it."""

import pytest

from tests.buildspec.conftest import COMMIT, DEFINITIONS, REPOSITORY

LISTER = """#!/bin/bash
printf 'sbomgen %s\\n' "${*@Q}" >>"$WORLD/calls"
[[ -z $BROKEN_LISTER ]] || exit 1
echo '{"bomFormat":"CycloneDX"}' >"$5"
"""
CURL = """#!/bin/bash
printf 'curl %s\\n' "${*@Q}" >>"$WORLD/calls"
[[ -n $ONLINE ]] || { echo "curl: (6) Could not resolve host" >&2; exit 6; }
while [[ $1 != --output ]]; do shift; done
mkdir "${2%/*}/inside" && cp "$WORLD/lister" "${2%/*}/inside/inspector-sbomgen" && touch "$2"
"""


@pytest.fixture
def listing(world):
    (world.folder / "lister").write_text(LISTER)
    for name, text in (("curl", CURL), ("unzip", "#!/bin/bash\n")):
        (world.folder / "bin" / name).write_text(text)
        (world.folder / "bin" / name).chmod(0o755)
    return world


def test_a_list_of_what_is_in_the_image_is_handed_on_beside_its_name(listing):
    made = listing.build(BUILD_SBOM="yes", ONLINE="yes")
    assert (made.status, sorted(made.artifacts)) == ("SUCCEEDED", [DEFINITIONS, "docker_image_sbom.json"])
    [asked] = listing.called("curl")
    assert asked[-1].endswith("/latest/linux/arm64/inspector-sbomgen.zip")
    assert listing.called("sbomgen")[0][1:4] == ["container", "--image", f"{REPOSITORY}:{COMMIT}"]
    again = listing.build()
    assert (again.status, sorted(again.artifacts), listing.called("curl")) == ("SUCCEEDED", [DEFINITIONS], [])


@pytest.mark.parametrize(("given", "says"), [
    ({}, "build.sbom: could not download Amazon Inspector's generator"),
    ({"ONLINE": "yes", "BROKEN_LISTER": "yes"}, "build.sbom: could not list what is in"),
])  # fmt: skip
def test_a_list_that_cannot_be_made_stops_the_release(listing, given, says):
    assert listing.build(BUILD_SBOM="yes", **given).status == "FAILED"
    assert any(says in line for line in listing.log)
    assert "latest" not in listing.registry
