"""Every command of ecsctl that the pages name outside the guides: what is typed, when, and how it ends.

The guides and the tutorial are followed as they stand. A command on a page that has no row here fails a test, as does a
row whose command no page names.
"""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One command of the pages."""

    command: str  # as the pages have it
    says: str  # what it prints, among other things
    typed: str = ""  # where the pages have a placeholder: the command with something in its place
    moment: str = ""  # one of `moments.MOMENTS`; an app that runs, unless it says so
    code: int = 0
    answer: str = ""  # what a person types when asked


TOKEN = "ghp_" + "a1B2" * 9
LINE = "Application startup complete"
CURRENT = "pipeline webhook: current"
FRESH = "GitHub token: the token is in github/token"
UP_TO_DATE = "nothing to change: 46 resources are up to date"
GONE = "nothing of it is left in the account"
SIMULATED = "the sandbox simulates this command, which succeeds: "
STARTED = "shop:"  # the image with which a task starts
FORWARD = "ecsctl forward 0:db.internal:5432"  # whatever port is free here

LOOKS = [
    Row("ecsctl --help", "Usage: ecsctl"),
    Row("ecsctl config options", "service.desired_count an integer from 0 to 5000"),
    Row("ecsctl config options [WORD]", "How many tasks run.", "ecsctl config options desired"),
    Row("ecsctl config options health", "service.health_path text in quotes"),
    Row("ecsctl config schema", '"$defs": {'),
    Row("ecsctl config show", 'name = "shop" owner = (not set)'),
    Row("ecsctl config show --origin", 'name = "shop" # ecsctl.toml:1'),
    Row("ecsctl creds", "Usage: ecsctl creds", code=2),
    Row("ecsctl creds status", CURRENT),
    Row("ecsctl history diff 6 7", "- shop:1 + shop:2 container.shop.image", "ecsctl history diff 1 2"),
    Row("ecsctl history diff hello_mailer:6 hello_mailer:7", "- shop_mailer:1 + shop_mailer:2 container.shop.image",
        "ecsctl history diff shop_mailer:1 shop_mailer:2"),
    Row("ecsctl jobs list", "nightly cron(0 3 * * ? *) UTC"),
    Row("ecsctl logs", LINE),
    Row("ecsctl logs --build", "no lines"),  # builds without a container engine write none in this process
    Row("ecsctl logs --container NAME", "no lines in the last day", "ecsctl logs --container agent"),
    Row("ecsctl logs --filter ERROR", "no lines in the last day"),
    Row("ecsctl logs --since 2h", LINE),
    Row("ecsctl logs --tail 500", LINE),
    Row("ecsctl logs NAME", LINE, "ecsctl logs mailer"),
    Row("ecsctl logs mailer --container agent", "no lines in the last day"),
    Row("ecsctl logs | head", LINE),
    Row("ecsctl pipeline", "Usage: ecsctl pipeline", code=2),
    Row("ecsctl pipeline logs Release", "the release command ended with exit code 0"),
    Row("ecsctl pipeline logs [ACTION]", "the release command ended", "ecsctl pipeline logs Release"),
    Row("ecsctl pipeline … --exit-status", "Build Succeeded", "ecsctl pipeline status --exit-status"),
    Row("ecsctl plan --graph mermaid", "flowchart LR"),
    Row("ecsctl plan -o json", '"kind": "plan", "app": "shop"'),
    Row("ecsctl policy", '"ecsctl-network": {'),
    Row("ecsctl status -o json | jq .url", '"url": "http://shop-1.eu-central-1.elb.amazonaws.com"'),
    Row("ecsctl why --exit-code", "✓ nothing is wrong"),
    Row("ecsctl why mailer", "mailer: 1 of 1 tasks run, and its deployment is done"),
]  # fmt: skip

CHANGES = [
    Row(".venv/bin/ecsctl up", UP_TO_DATE),
    Row("ecsctl cancel", "was stopped and rolled back, because someone asked for it", moment="rolling out"),
    Row("ecsctl creds rotate", CURRENT, answer=TOKEN),
    Row("ecsctl creds rotate --stored", CURRENT),
    Row("ecsctl creds set", FRESH, answer=TOKEN),
    Row("ecsctl creds set - < FILE", "the token is in github/token", "ecsctl creds set -", answer=TOKEN),
    Row("ecsctl creds use-connection ARN", "ecsctl.toml uses the connection now", moment="a connection"),
    Row("ecsctl deploy", "revision 3 is what the service runs already"),
    Row("ecsctl deploy --build", "of shop-build was started"),
    Row("ecsctl deploy --image URI", "revision 4 is deployed", "ecsctl deploy --image EARLIER"),
    Row("ecsctl down", GONE, answer="shop"),
    Row("ecsctl down --name shop --region eu-central-1", GONE, moment="no files", answer="shop"),
    Row("ecsctl down --secrets", "secrets (db-url) are deleted", moment="a secret", answer="shop"),
    Row("ecsctl down --volumes", GONE, answer="shop"),
    Row("ecsctl exec", "in container shop (and not agent) of task"),
    Row("ecsctl exec -- python manage.py migrate", "in container shop (and not agent) of task"),
    Row("ecsctl exec --process mailer", "in container shop (and not agent) of task"),
    Row("ecsctl exec --task 1f2e --container sidecar -- sh -c 'env | sort'", "in container agent of task",
        "ecsctl exec --task TASK --container agent -- sh -c 'env | sort'"),
    Row("ecsctl forward 5432:HOST:5432", "leads to db.internal:5432 through task", FORWARD, code=130),
    Row("ecsctl forward 5432:shop.cluster-c1.eu-central-1.rds.amazonaws.com:5432",
        "leads to shop.cluster-c1.eu-central-1.rds.amazonaws.com:5432 through task",
        "ecsctl forward 0:shop.cluster-c1.eu-central-1.rds.amazonaws.com:5432", code=130),
    Row("ecsctl forward 8000", "leads to the task's port 8000", "ecsctl forward 0:8000", code=130),
    Row("ecsctl forward PORT:HOST:PORT", "leads to db.internal:5432", FORWARD, code=130),
    Row("ecsctl init --buildspec", "buildspec.yml", moment="new", answer="n"),
    Row("ecsctl init --dockerfile PATH", "the image is built from Dockerfile", "ecsctl init --dockerfile Dockerfile",
        "new", answer="n"),
    Row("ecsctl init --force --all-options", "the image is built from Dockerfile", moment="at GitHub", answer="n"),
    Row("ecsctl init --no-build", "the app is called shop", moment="new", answer="n"),
    Row("ecsctl jobs pause NAME", "nightly is paused", "ecsctl jobs pause nightly"),
    Row("ecsctl jobs pause nightly", "nightly is paused"),
    Row("ecsctl jobs resume NAME", "nightly is not paused", "ecsctl jobs resume nightly"),
    Row("ecsctl jobs resume nightly", "nightly is not paused"),
    Row("ecsctl jobs run NAME", f"{SIMULATED}python report.py", "ecsctl jobs run nightly"),
    Row("ecsctl jobs run nightly", f"{SIMULATED}python report.py"),
    Row("ecsctl jobs run nightly --detach", STARTED),
    Row("ecsctl logs -f", LINE, code=130),
    Row("ecsctl logs -f worker", LINE, "ecsctl logs -f mailer", code=130),
    Row("ecsctl pipeline approve", "was approved", moment="an approval waits"),
    Row("ecsctl pipeline retry", "is tried again", moment="a build has failed"),
    Row("ecsctl pipeline run", "was started"),
    Row("ecsctl pipeline stop", "is being stopped", moment="a run is under way"),
    Row("ecsctl rollback", "revision 1 is deployed", answer="y"),
    Row("ecsctl rollback 7", "revision 1 is deployed", "ecsctl rollback 1", answer="y"),
    Row("ecsctl run", STARTED, "ecsctl run -- true"),
    Row("ecsctl run -- CMD", STARTED, "ecsctl run -- true"),
    Row("ecsctl run -- python manage.py migrate", f"{SIMULATED}python manage.py migrate"),
    Row("ecsctl run --cpu 1024 --memory 4096 -- python import.py", f"{SIMULATED}python import.py"),
    Row("ecsctl run --detach -- python backfill.py", STARTED),
    Row("ecsctl run --image 123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop:v2 -- ./check", f"{SIMULATED}./check",
        "ecsctl run --image EARLIER -- ./check"),
    Row("ecsctl run --process mailer -- CMD", STARTED, "ecsctl run --process mailer -- true"),
    Row("ecsctl run --process mailer -- python drain.py", f"{SIMULATED}python drain.py"),
    Row("ecsctl sandbox dns NAME VALUE", "is a CNAME to y.example", "ecsctl sandbox dns x.example y.example"),
    Row("ecsctl sandbox dns RECORD VALUE", "is a CNAME to y.example", "ecsctl sandbox dns x.example y.example"),
    Row("ecsctl sandbox push", "Deploy Succeeded"),
    Row("ecsctl sandbox push --fail release", "Release Failed", code=1),
    Row("ecsctl sandbox push --file PATH", "Deploy Succeeded", "ecsctl sandbox push --file app.py"),
    Row("ecsctl sandbox push --file docs/a.md", "Deploy Succeeded"),
    Row("ecsctl sandbox push --tag v1", "does not listen to tag v1"),  # with a token; only a connection may
    Row("ecsctl sandbox push --uncommitted", "Deploy Succeeded"),
    Row("ecsctl scale PROCESS=N …", "2 tasks of web run, until the next ecsctl up", "ecsctl scale web=2 mailer=1"),
    Row("ecsctl scale mailer=0", "0 tasks of mailer run, until the next ecsctl up"),
    Row("ecsctl scale mailer=0 web=2", "2 tasks of web run"),
    Row("ecsctl scale web=6", "6 tasks of web run"),
    Row("ecsctl secret rm db-url", "db-url", moment="a secret", answer="y"),
    Row("ecsctl secret set NAME", "the secret shop/mail-key is made", "ecsctl secret set mail-key", answer="a value"),
    Row("ecsctl secret set chat", "the secret shop/chat is made", answer="a value"),
    Row("ecsctl secret set db-url - < FILE", "the secret shop/db-url is made", "ecsctl secret set db-url -",
        answer="a value"),
    Row("ecsctl status --watch", "shop"),
    Row("ecsctl up --force", UP_TO_DATE),
    Row("ecsctl up --image URI", "1 ready", "ecsctl up --image EARLIER"),
]  # fmt: skip

SERVER = [  # one after the other, on a server
    Row("ecsctl sandbox start --no-containers", "http://127.0.0.1:"),
    Row("ecsctl sandbox start", "http://127.0.0.1:"),
    Row("ecsctl sandbox status", "by its clock"),
    Row("ecsctl up --sandbox", "next: ecsctl status --sandbox", answer="y\ny"),
    Row("ecsctl down --sandbox", GONE, answer="shop"),
    Row("ecsctl sandbox start --as-policy FILE", "callers may do only what policies.json allows",
        "ecsctl sandbox start --as-policy policies.json"),
    Row("ecsctl sandbox start --as-policy policies.json", "callers may do only what policies.json allows"),
    Row("ecsctl sandbox reset", "the sandbox is empty again"),
]  # fmt: skip

NOT_RUN = {
    "python3 -m venv .venv && .venv/bin/pip install": "installs from PyPI: CI runs the line that tests, word for word, "
    "and tests/long what the other ends with, `ecsctl up --sandbox --yes`",
    "psql --host localhost --port 5432": "needs a database",
    "cd backend && HOST=127.0.0.1 python -m app": "serves until it is stopped: tests/backend serves the same app",
    "cd backend && uv pip compile": "asks PyPI: tests/backend reads what it wrote",
    "docker build --target build": "part of a buildspec",
    "docker push": "part of a buildspec",
    "podman system service": "needs Podman, as root",
    "DOCKER_HOST=unix:///tmp/podman.sock": "needs Podman: CI runs these tests on Docker",
    "python -m benchmarks": "takes minutes: tests/benchmarks runs their parts",
    "pytest tests/crash": "CI runs it, on its own",
    "CRASH": "takes hours",
    "aws codepipeline disable-stage-transition": "is about the stack that is left: AWS's model checks its words",
    "for name in ecsctl-network": "needs the AWS CLI: the names are checked below",
    "aws iam create-policy": "needs the AWS CLI: the names are checked below",
}
"""How lines begin that the pages have their reader type and no test does, and why."""
