"""What `init` finds in repositories that are shaped as real ones are."""

import re
import subprocess
import tomllib

import pytest

from ecsctl import config
from ecsctl.discovery.files.compose import services
from ecsctl.discovery.files.tree import Tree
from ecsctl.discovery.image import observed
from ecsctl.errors import UsageError
from ecsctl.operations.init import propose
from tests.config.latest_shapes import LATEST
from tests.config.more_shapes import MORE
from tests.config.newer_shapes import NEWER
from tests.config.required_shapes import REQUIRED
from tests.config.shapes import SHAPES as FIRST
from tests.config.tried_shapes import TRIED
from tests.config.varied_shapes import VARIED

SHAPES = FIRST | MORE | NEWER | LATEST
UNDERSTOOD = SHAPES | TRIED | VARIED | REQUIRED


def laid_out(folder, shape):
    for path, text in shape.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    subprocess.run(["git", "-C", str(folder), "init", "-q", "-b", "main"], check=True)
    return folder


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_a_real_repository_is_understood(tmp_path, name):
    shape = UNDERSTOOD[name]
    folder = tmp_path / name.rpartition("/")[2].partition(",")[0]
    folder.mkdir()
    image = observed(Tree.of(laid_out(folder, shape)), shape.here, called=name if "/" in name else "")
    found = (image.dockerfile, image.context, image.port, image.path, image.target, image.architecture)
    assert found == (shape.dockerfile, shape.context, shape.port, shape.path, shape.target, shape.architecture), image
    assert (image.command, dict(image.arguments), image.lacking) == (shape.command, shape.arguments, shape.lacking)
    guessed = any("/ is a guess" in one for one in image.doubts)
    proposed = any(re.match(r"health path \S+ is a proposal", one) for one in image.doubts)
    assert image.codes == ("200-399" if guessed or proposed else shape.codes)
    assert not guessed or shape.path == "/"
    others = [_told(one) for one in image.processes]
    for word in shape.needs:
        assert any(word in line for line in (*needed(image), *others)), (needed(image), others)
    for word in shape.notes:
        assert any(word in line for line in image.notes), image.notes
    for name, value in shape.environment.items():
        assert (name, value) in image.environment


@pytest.mark.parametrize("name", SHAPES)
def test_on_a_terminal_only_what_cannot_be_found_out_is_asked(tmp_path, name):
    shape, asked = SHAPES[name], []

    def ask(question, answers):
        asked.append(question)
        return shape.dockerfile if shape.dockerfile in answers else answers[0]

    folder = tmp_path / name.rpartition("/")[2].partition(",")[0]
    folder.mkdir()
    image = observed(Tree.of(laid_out(folder, shape)), shape.here, ask=ask)
    assert (image.dockerfile, image.port) == (shape.dockerfile, shape.port)
    assert len(asked) == len(shape.asked), asked
    assert all(word in question for word, question in zip(shape.asked, asked, strict=True))


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_found_is_a_configuration(tmp_path, name, monkeypatch):
    shape = SHAPES[name]
    proposal = propose(laid_out(tmp_path, shape) / shape.here)
    (tmp_path / "ecsctl.toml").write_text(proposal.text)
    loaded = config.read(tmp_path, environ={}).config
    assert (loaded.build.dockerfile, loaded.build.context) == (shape.dockerfile, shape.context)
    service = loaded.service
    assert (service.health.path if service.health else service.health_path) == proposal.image.path
    assert loaded.service.architecture == (shape.architecture or "ARM64")


def test_a_guess_is_said_at_the_top_of_the_file_and_what_is_known_is_not(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM node\nCOPY dist .\nEXPOSE 80 8081\nCMD npm run dev\n")
    subprocess.run(["git", "-C", str(tmp_path), "init", "-q"], check=True)
    proposal = propose(tmp_path)
    top = proposal.text.partition("name = ")[0]
    for doubt in (
        "copies dist, which git does not have",
        "80, 8081",
        "/ is a guess",
        "a development server, npm run dev",
    ):
        assert doubt in " ".join(top.replace("\n#", "").split()), top
    assert proposal.image.values["service"]["health"] == {"path": "/", "codes": "200-399"}
    (tmp_path / "Dockerfile").write_text(
        "FROM node\nCOPY . .\nEXPOSE 80\nHEALTHCHECK CMD curl -f localhost/ok\nCMD npm start\n"
    )
    assert "To check" not in propose(tmp_path).text


def test_the_file_says_where_each_value_was_found_and_a_name_made_to_break_it_does_not(tmp_path):
    folder = tmp_path / "a\x1b[31m\nb"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM nginx\nCOPY x.conf /etc/nginx/conf.d/x.conf\n")
    (folder / "x.conf").write_text("listen 8080;\n")
    subprocess.run(["git", "-C", str(tmp_path), "init", "-q"], check=True)
    text = propose(tmp_path).text
    assert tomllib.loads(text)["service"]["port"] == 8080
    assert "# Found: port 8080: a [31m b/x.conf" in text
    assert max(len(line) for line in text.splitlines() if "  # an example" not in line) <= 80


def test_an_image_that_starts_nothing_runs_what_a_procfile_says(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM ruby:3\nCOPY . .\nEXPOSE 3000\n")
    (tmp_path / "Procfile").write_text("web: bundle exec puma -C config/puma.rb\n")
    assert observed(Tree.of(tmp_path)).command == ("bundle", "exec", "puma", "-C", "config/puma.rb")
    (tmp_path / "Procfile").unlink()
    image = observed(Tree.of(tmp_path))
    assert (image.command, [one for one in image.doubts if "starts nothing" in one] != []) == ((), True)


LEVELS = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
MERGED = [f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 9)}]}}" for n in range(1, 12)]


@pytest.mark.parametrize("lines", [
    ["a0: &a0 [x, x]", *LEVELS, "services: {web: {build: ., ports: *a11, image: *a11}}"],
    ["m0: &m0 {a: b}", *MERGED, "services: {web: {build: ., environment: *m11}}"],
    ["services: &all {web: {build: ., volumes: [*all]}}"],
])  # fmt: skip
def test_a_few_lines_of_yaml_that_stand_for_more_than_memory_holds_say_nothing(tmp_path, lines):
    (tmp_path / "Dockerfile").write_text("FROM x\nEXPOSE 7000\n")
    (tmp_path / "compose.yaml").write_text("\n".join(lines))
    (tmp_path / "fly.toml").write_text("[")
    image = observed(Tree.of(tmp_path))
    assert (image.port, needed(image)) == (7000, ())
    assert not services(Tree.of(tmp_path))


@pytest.mark.parametrize("text", [
    "FROM x AS a0\n" + "".join(f"FROM a{n} AS a{n + 1}\n" for n in range(3000)) + "EXPOSE 80\nCMD a\n",
    "FROM x\nENV A0=xxxxxxxx\n" + "".join(f"ENV A{n + 1}=$A{n}$A{n}\n" for n in range(40)) + "CMD a $A40\n",
    f"FROM x\nENV {'a' * 100_000}\nCMD {'[' * 100_000}\n",
    f"FROM x\nCOPY {'a/' * 100}b c\n",
    f"FROM x\nRUN {'java ' * 20_000}\nCMD {'java ' * 20_000}\n",
])  # fmt: skip
def test_a_dockerfile_made_to_wear_a_machine_out_is_read_all_the_same(tmp_path, text):
    (tmp_path / "Dockerfile").write_text(text)
    (tmp_path / ".dockerignore").write_text("**/" * 30 + "x\n" + "*a" * 30 + "b\n")
    assert observed(Tree.of(tmp_path)).dockerfile == "Dockerfile"


@pytest.mark.parametrize("text", ["\n" * 250_000, "@Controller(" * 20_000, "g := e.Group(" * 20_000])
def test_sources_made_to_wear_a_machine_out_are_read_all_the_same(tmp_path, text):
    for name in (
        "nginx.conf",
        ".env.example",
        "health.controller.ts",
        "routes.go",
        "routes.rb",
        "settings.py",
        "manage.py",
    ):
        (tmp_path / name).write_text(text)
    (tmp_path / "Dockerfile").write_text("FROM nginx\nCOPY . .\nCOPY nginx.conf /etc/nginx/\nEXPOSE 7000\n")
    assert observed(Tree.of(tmp_path)).port == 7000


def test_a_variable_of_a_schema_that_may_be_absent_is_not_listed_as_required(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM node\nEXPOSE 80\nCMD npm start\n")
    fields = "SITE: z\n    .url()\n    .refine(\n      f,\n    )\n    .optional(),\n  MODE: z.enum([]).prefault(1),\n"
    (tmp_path / "env.ts").write_text(f"export const env = createEnv({{\n  {fields}  HUB: z.url(),\n}})\n")
    subprocess.run(["git", "-C", str(tmp_path), "init", "-q"], check=True)
    assert needed(observed(Tree.of(tmp_path))) == ("HUB: required by env.ts",)


READS = {
    "server.js": "const pool = new Pool({ connectionString: process.env.DATABASE_URL })",
    "src/db.ts": "connect(process.env['DATABASE_URL']!)",
    "main.go": 'db, err := sql.Open("postgres", os.Getenv("DATABASE_URL"))',
    "src/main.rs": 'let url = std::env::var("DATABASE_URL")?;',
    "Program.cs": 'var url = Environment.GetEnvironmentVariable("DATABASE_URL");',
    "src/Db.java": 'String url = System.getenv("DATABASE_URL");',
    "main.py": 'engine = create_engine(os.environ["DATABASE_URL"])',
    "index.php": "$db = new PDO(getenv('DATABASE_URL'));",
    "main.ts": 'await connect(Deno.env.get("DATABASE_URL"))',
}


@pytest.mark.parametrize("file", READS)
def test_a_store_that_only_a_program_reads_the_address_of_is_listed_by_that_name(tmp_path, file):
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY . .\nEXPOSE 80\nCMD serve\n")
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(f"{READS[file]}\n")
    assert needed(observed(Tree.of(tmp_path))) == (f"a database: DATABASE_URL ({file})",)
    (tmp_path / file).write_text(f"// {READS[file]}\n")
    assert needed(observed(Tree.of(tmp_path))) == ()


def test_what_git_leaves_out_does_not_count_and_what_it_would_add_does(tmp_path):
    folder = laid_out(tmp_path, SHAPES["traefik/whoami"])
    (folder / ".gitignore").write_text("build/\n/Dockerfile\n")
    for place in ("build", "web"):
        (folder / place).mkdir()
        (folder / place / "Dockerfile").write_text("FROM x\nEXPOSE 7000\n")
    assert observed(Tree.of(folder)).dockerfile == "web/Dockerfile"


def test_a_dockerfile_that_leads_out_of_the_repository_is_none(tmp_path):
    (tmp_path / "secret").write_text("FROM x\nEXPOSE 7000\n")
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "Dockerfile").symlink_to(tmp_path / "secret")
    assert observed(Tree.of(folder)) is None


def test_a_link_and_the_dockerfile_that_it_names_are_one(tmp_path):
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "Dockerfile.alpine").write_text("FROM x\nEXPOSE 7000\n")
    (tmp_path / "Dockerfile").symlink_to("docker/Dockerfile.alpine")
    image = observed(Tree.of(tmp_path))
    assert (image.dockerfile, [one for one in image.notes if "several" in one]) == ("docker/Dockerfile.alpine", [])


def test_what_is_copied_and_not_in_git_is_reported(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM x\nCOPY dist yarn.lock* ./\n")
    notes = [one for one in observed(Tree.of(tmp_path)).notes if "which git does not have" in one]
    assert len(notes) == 1
    assert "copies dist, which" in notes[0]


def test_the_one_that_is_named_is_taken_and_another_is_refused(tmp_path):
    folder = laid_out(tmp_path, SHAPES["dockersamples/example-voting-app"])
    assert propose(folder, dockerfile="result/Dockerfile").image.context == "result"
    with pytest.raises(UsageError, match="there is no Dockerfile ghost"):
        propose(folder, dockerfile="ghost")


def _told(one):
    whose = one.where if " in " in one.where else f"{one.name} in {one.where}"
    return f"{'a worker' if one.name else 'migrations'}: {whose} runs {one.command}"


def needed(image):
    return tuple(one.line for one in image.needs)
