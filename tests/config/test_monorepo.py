"""A repository with several apps: each folder has its ecsctl.toml, and what that says of files is from the root."""

import subprocess

import pytest

from ecsctl import config
from ecsctl.config import Config
from ecsctl.github import committed
from ecsctl.operations.init import propose, write
from tests.config.more_shapes import MORE
from tests.config.shapes import SHAPES

RETAIL = MORE["aws-containers/retail-store-sample-app's cart"]


@pytest.fixture
def repository(tmp_path):
    def made(shape=RETAIL):
        folder = tmp_path / "retail"
        for path, text in shape.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        git(folder, "init", "-q", "-b", "main")
        git(folder, "remote", "add", "origin", "https://github.com/acme/retail.git")
        return folder

    return made


def git(folder, *words):
    subprocess.run(["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b.c", *words], check=True)


def commit(folder):
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")


def test_a_folder_among_several_apps_gets_its_own_file(repository):
    folder = repository()
    write(propose(folder / "src" / "cart"))
    assert not (folder / "ecsctl.toml").exists()
    loaded = config.load(folder / "src" / "cart")
    assert (loaded.name, loaded.build.context, loaded.build.dockerfile) == (
        "retail-cart",
        "src/cart",
        "src/cart/Dockerfile",
    )
    assert (loaded.service.port, loaded.service.health_path) == (8080, "/actuator/health")
    text = (folder / "src" / "cart" / "ecsctl.toml").read_text()
    assert 'paths = ["src/cart/**"]' in " ".join(line.removeprefix("# ") for line in text.splitlines())
    assert (folder / "src" / "cart" / ".gitignore").read_text() == ".ecsctl/\n"


def test_two_apps_of_one_repository_have_two_names_and_folders(repository):
    folder = repository()
    first = propose(folder / "src" / "cart")
    write(first)
    second = propose(folder / "src" / "catalog")
    write(second)
    assert (first.name, second.name) == ("retail-cart", "retail-catalog")
    assert config.load(folder / "src" / "catalog").build.context == "src/catalog"


def test_an_app_alone_in_its_repository_has_its_file_at_the_root(repository):
    folder = repository(SHAPES["exanubes/ecs-fargate-ci-cd-pipeline"])
    assert propose(folder / "backend").path == folder / "ecsctl.toml"


def test_the_commands_that_follow_name_the_files_from_where_one_stands(repository):
    folder = repository()
    proposal = propose(folder / "src" / "cart")
    write(proposal)
    add, _, push = proposal.unpushed()
    assert set(add.split()[2:]) == {".gitignore", "Dockerfile", "ecsctl.schema.json", "ecsctl.toml"}
    subprocess.run(add, shell=True, cwd=proposal.folder, check=True)  # noqa: S602 - it is what a person would type
    git(folder, "commit", "-q", "-m", "first")
    assert proposal.unpushed() == ()
    assert push == "git push origin main"


def test_a_gitignore_above_that_names_our_folder_is_enough(repository):
    folder = repository()
    (folder / ".gitignore").write_text(".ecsctl/\n")
    write(propose(folder / "src" / "cart"))
    assert not (folder / "src" / "cart" / ".gitignore").exists()


def configured(**build):
    return Config.model_validate({"name": "cart", "github": {"repository": "acme/retail"}, "build": build})


@pytest.mark.parametrize(("home", "build", "context", "dockerfile"), [
    ("src/cart", {}, "src/cart", "src/cart/Dockerfile"),
    ("src/cart", {"context": "src"}, "src", "src/Dockerfile"),
    ("src/cart", {"context": "."}, ".", "Dockerfile"),
    ("src/cart", {"dockerfile": "src/catalog/Dockerfile"}, ".", "src/catalog/Dockerfile"),
    ("src", {}, ".", "Dockerfile"),
    (".", {}, ".", "Dockerfile"),
])  # fmt: skip
def test_what_is_built_is_the_folder_of_the_file_if_a_dockerfile_stands_there(
    repository, home, build, context, dockerfile
):
    folder = repository()
    commit(folder)
    for local in (True, False):
        found = committed.branch(folder / home, configured(**build), local=local)
        assert committed.context(found, configured(**build)) == context
        assert committed.dockerfile(found, configured(**build)) == dockerfile


def test_a_build_in_a_subfolder_is_known_to_succeed_or_not(repository):
    folder = repository()
    commit(folder)
    found = committed.branch(folder / "src" / "cart", configured(), local=True)
    assert committed.missing(found, configured()) == ""
    above = committed.branch(folder, configured(), local=True)
    assert committed.missing(above, configured()) == "the branch main has no Dockerfile"
