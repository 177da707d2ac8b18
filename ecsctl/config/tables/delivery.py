"""The tables [github], [ecr], [build], [pipeline] and [release]: from a push to a running image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from ecsctl.buildspec import OURS, PARTS, USUAL
from ecsctl.config.tables import texts
from ecsctl.config.tables.section import Problem, Section
from ecsctl.names import LAYERS

# The project sets these itself. CodeBuild refuses a name that is given twice and names that begin with CODEBUILD_
# (CodeBuild user guide, "Environment variables in build environments"; cloudposse/terraform-aws-codebuild#101).
BUILD_SETS = frozenset("REPOSITORY_URI AWS_ACCOUNT_ID AWS_STACK_REGION CONTAINER_NAME GITHUB_AUTH_TOKEN".split())
PATTERNS = 8  # of paths, or of tags, in one trigger (CodePipeline API reference, GitFilePathFilterCriteria)
ACTIONS = 50  # in one stage (CodePipeline user guide, "Quotas in AWS CodePipeline")


class Github(Section):
    """The repository that is built. Without this table there is no build and no pipeline."""

    repository: texts.Repository = Field(description='The repository on GitHub: "owner/name".', examples=["acme/shop"])
    branch: texts.Branch = Field("main", description="The branch that is built and deployed after every push.")
    connection_arn: texts.ConnectionArn | None = Field(
        None,
        description="A CodeConnections connection to GitHub. Better than a token, because it belongs to no person"
        " and is never rotated.",
        examples=["arn:aws:codeconnections:eu-central-1:123456789012:connection/1b2c3d4e-0000-4000-8000-000000000000"],
    )
    token_secret: texts.TokenSecret = Field(
        "github/token",
        description="Without a connection: name or ARN of the secret in Secrets Manager that holds the GitHub "
        "token (classic: scope repo; fine-grained: Contents read, Commit statuses and Webhooks "
        'write). ":key" after it takes that key of a JSON secret. Never the token itself.',
    )

    deployments: bool = Field(
        False,
        description="Whether GitHub is notified of each release: a status of its commit, and a deployment of the "
        "environment that has the app's name. The token needs Deployments write for that, too; only "
        "AWS's services can use a connection, so with connection_arn a token_secret is needed too, for "
        "this alone.",
    )

    def problems(self) -> Iterator[Problem]:
        """Mistakes: two ways to GitHub at once, or none for what needs one."""
        if self.connection_arn and self.given("token_secret") and not self.deployments:
            yield "token_secret", "cannot be used with connection_arn: one of the two is used"
        if self.deployments and self.connection_arn and not self.given("token_secret"):
            yield "deployments", "needs github.token_secret: only AWS's services can use a connection"


class Ecr(Section):
    """The repository of the app's images."""

    mutability: Literal["MUTABLE", "IMMUTABLE", "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION"] = Field(
        "IMMUTABLE_WITH_EXCLUSION", description="Whether a tag may move. The exclusion is `latest`."
    )
    scan_on_push: bool = Field(True, description="Whether ECR scans every image for known vulnerabilities.")
    keep_images: int = Field(30, ge=1, le=1000, description="How many tagged images are kept; older ones expire.")
    sign: texts.ProfileArn | None = Field(
        None,
        description="The ARN of an AWS Signer profile for container images, with which ECR signs each pushed image."
        " It is in the app's region, perhaps in another account. ecsctl creates none, since AWS never "
        "releases a profile's name.",
        examples=["arn:aws:signer:eu-central-1:123456789012:/signing-profiles/images"],
    )


class Build(Section):
    """The build of the image by CodeBuild."""

    FOUND: ClassVar[tuple[str, ...]] = ("context", "dockerfile", "target", "args")
    """What describes the repository, as `ecsctl init` finds it: no sign that someone expects a build."""

    buildspec: texts.RepositoryPath | None = Field(
        None,
        description="The buildspec's path in the repository; or ecsctl, for ecsctl's own, which needs no file "
        "there. Default: buildspec.yml, or ecsctl's own if git shows that the branch has none.",
        examples=["ci/build.yml"],
    )
    context: texts.RepositoryPath | None = Field(
        None,
        description="The folder that the image is built from, from the repository's root; BUILD_CONTEXT in the build. "
        "Default, with ecsctl's own buildspec: the folder of ecsctl.toml if it has a Dockerfile, else the root.",
        examples=["backend"],
    )
    dockerfile: texts.RepositoryPath | None = Field(
        None,
        description="The Dockerfile's path, from the repository's root; BUILD_DOCKERFILE in the build. Default: "
        "Dockerfile in the context.",
        examples=["docker/Dockerfile"],
    )
    target: texts.Stage | None = Field(
        None,
        description="The stage of the Dockerfile that is built; BUILD_TARGET in the build. Default: the last one.",
        examples=["release"],
    )
    args: dict[texts.Variable, str] = Field(
        default_factory=dict,
        description="Build arguments, for the ARGs of the Dockerfile: NAME is BUILD_ARG_NAME in the build. Never "
        "secrets: an image shows its arguments to everybody who has it.",
        examples=[{"NODE_ENV": "production"}],
    )
    compute: Literal["small", "medium", "large", "xlarge"] = Field(
        "small", description="The size of the build machine."
    )
    image: texts.Image | None = Field(
        None,
        description="The image that the build runs in. Default: CodeBuild's newest Amazon Linux 2023 for the "
        "architecture.",
        examples=["aws/codebuild/amazonlinux-aarch64-standard:3.0"],
    )
    image_credentials: texts.ImageCredentials | None = Field(
        None,
        description="For an image in a private registry other than ECR: the ARN of the secret in Secrets Manager that "
        'CodeBuild logs in with, a JSON with "username" and "password"; or none, where anybody may pull it.',
        examples=["arn:aws:secretsmanager:eu-central-1:123456789012:secret:registry-AbCdEf"],
    )
    github_token: bool = Field(
        False, description="Whether the build has the token in GITHUB_AUTH_TOKEN, by reference to its secret."
    )
    timeout_minutes: int = Field(30, ge=5, le=2160, description="After how many minutes a build is stopped.")
    environment: dict[texts.Variable, str] = Field(
        default_factory=dict,
        description="Environment variables of the build, in plain text.",
        examples=[{"BUILD_CONTEXT": "backend"}],
        json_schema_extra=texts.no_names("CODEBUILD_.*", *sorted(BUILD_SETS)),
    )

    vpc: bool = Field(
        False,
        description="Whether builds run inside the VPC, in the tasks' private subnets, and so reach what only that "
        "network reaches: a private registry of packages, a database for tests.",
    )
    secrets: dict[texts.Variable, texts.SecretArn] = Field(
        default_factory=dict,
        description="Secrets of the build, from Secrets Manager or Parameter Store, by ARN: environment variables of "
        "the build, and BuildKit secrets by the same ids in the Dockerfile (RUN --mount=type=secret,id=NAME). No layer "
        "of the image keeps them.",
        examples=[{"NPM_TOKEN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:npm-AbCdEf:token::"}],
        json_schema_extra=texts.no_names("CODEBUILD_.*", "BUILD_.*", *sorted(BUILD_SETS)),
    )
    logins: dict[texts.RegistryHost, texts.RegistryLogin] = Field(
        default_factory=dict,
        max_length=20,
        description="Registries that the build logs in to before its first pull, each with the ARN of a secret in "
        'Secrets Manager, a JSON with "username" and "password". For another registry of ECR or public.ecr.aws: '
        '"role", the build\'s own.',
        examples=[{"docker.io": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:docker-hub-AbCdEf"}],
    )

    scan: Literal["critical", "high", "medium", "low"] | None = Field(
        None,
        description="Stop the release where ECR finds a known vulnerability of this severity, or a worse one, in the "
        "image: BUILD_SCAN in the build.",
        examples=["critical"],
    )

    sbom: bool = Field(
        False,
        description="Whether a build lists what is in the image, as CycloneDX, among what it hands to the pipeline: "
        "BUILD_SBOM in the build.",
    )
    cache: bool = Field(
        False,
        description="Whether a build keeps its layers in the app's repository, by tags that begin with "
        "ecsctl-cache, for the next one: BUILD_CACHE in the build. The tags have no other effect, and "
        "are kept for 14 days at most.",
    )

    @property
    def parts(self) -> tuple[str, ...]:
        """The optional parts of ecsctl's own buildspec that are on."""
        return tuple(part for part in PARTS if getattr(self, part))

    def named_secrets(self) -> Iterator[tuple[str, str]]:
        """Every secret that a build reads: its key in ecsctl.toml, and its ARN."""
        if self.login:
            yield "build.image_credentials", self.login
        for name, arn in self.secrets.items():
            yield f"build.secrets.{name}", arn
        for host, arn in self.logins.items():
            if arn != "role":
                yield f"build.logins.{host}", arn

    def spec(self, has: bool | None) -> str:
        """The buildspec's path; empty for ecsctl's own. `has` is whether the branch has the usual one, if known."""
        if self.buildspec:
            return "" if self.buildspec == OURS else self.buildspec
        return "" if has is False else USUAL

    @property
    def login(self) -> str:
        """The ARN of the secret that opens the registry of the build's own image; empty if none is needed."""
        return "" if self.image_credentials in (None, "none") else str(self.image_credentials)

    @property
    def variables(self) -> dict[str, str]:
        """The build's environment variables that describe the image; only what is configured."""
        settings = {"BUILD_CONTEXT": self.context, "BUILD_DOCKERFILE": self.dockerfile, "BUILD_TARGET": self.target}
        arguments = {f"BUILD_ARG_{name}": value for name, value in self.args.items()}
        settings["BUILD_SECRETS"] = " ".join(sorted(self.secrets))
        settings["BUILD_SCAN"] = (self.scan or "").upper()
        settings["BUILD_SBOM"] = "yes" if self.sbom else ""
        settings["BUILD_CACHE"] = LAYERS if self.cache else ""
        hosts = {f"BUILD_LOGIN_HOST_{number}": host for number, host in enumerate(sorted(self.logins))}
        return {name: value for name, value in settings.items() if value} | arguments | hosts

    @property
    def passwords(self) -> tuple[str, ...]:
        """The variables with the registries' credentials, numbered like those with their hosts."""
        numbers = [number for number, host in enumerate(sorted(self.logins)) if self.logins[host] != "role"]
        return tuple(f"BUILD_LOGIN_{what}_{number}" for number in numbers for what in ("USERNAME", "PASSWORD"))

    def problems(self) -> Iterator[Problem]:
        """Mistakes: variables that the user may not set."""
        for name in sorted(self.environment.keys() & self.variables.keys()):
            key = name.removeprefix("BUILD_")
            key = f"args.{key.removeprefix('ARG_')}" if key.startswith("ARG_") else key.lower()
            yield ("environment", name), f"is set by build.{key} too"
        for name in sorted(self.environment.keys() & self.secrets.keys()):
            yield ("secrets", name), "is in build.environment too"
        for table, names in (("environment", self.environment), ("secrets", self.secrets)):
            for name in sorted(names):
                if name.startswith("CODEBUILD_"):
                    yield (table, name), "begins with CODEBUILD_, which AWS keeps for itself"
                elif name in BUILD_SETS or (table == "secrets" and name.startswith("BUILD_")):
                    yield (table, name), "is set by ecsctl itself"
        for host, login in sorted(self.logins.items()):
            if login == "role" and not texts.OF_ECR.fullmatch(host):
                yield ("logins", host), "is not an ECR registry: expected the ARN of a secret"


class Action(Section):
    """One step of the pipeline between build and deployment."""

    name: texts.ActionName = Field(description="The action's name.", examples=["Review"])


class Approval(Action):
    """A person's approval before the deployment."""

    note: str = Field("", max_length=1000, description="What the person who approves reads.")


class Test(Action):
    """A test before the deployment: a build with a buildspec of its own."""

    name: texts.TestName = Field(description="The action's name.", examples=["Smoke"])
    buildspec: texts.RepositoryPath = Field(
        description="The buildspec's path in the repository.", examples=["tests.yml"]
    )


class Pipeline(Section):
    """What happens after a push."""

    mode: Literal["pipeline", "build-only", "none"] = Field(
        "pipeline",
        description="A pipeline that builds and deploys; a build that pushes an image and no more; or neither.",
    )
    trigger: Literal["push", "manual"] = Field(
        "push", description="What starts the pipeline: a push, or `ecsctl pipeline run` alone."
    )
    paths: tuple[texts.Pattern, ...] = Field(
        (),
        strict=False,
        max_length=PATTERNS,
        description="Only a push that changes one of these starts the pipeline, for several apps in one repository. "
        "With connection_arn only. * is any name in a folder, ** any path. Of a push of more than 100 files AWS does "
        "not check the paths: it starts the pipeline.",
        examples=[["backend/**", "package.json"]],
    )
    tags: tuple[texts.Pattern, ...] = Field(
        (),
        strict=False,
        max_length=PATTERNS,
        description="A push of such a git tag starts the pipeline, and its commit is built, whatever its branch; a "
        "push to the branch starts nothing then. With connection_arn only.",
        examples=[["v*"]],
    )
    artifact_days: int = Field(
        30,
        ge=1,
        le=3650,
        description="After how many days the sources and build results of runs are deleted from their bucket. A run "
        "that waits longer for an approval cannot go on.",
    )
    deploy_timeout_minutes: int = Field(
        15, ge=1, le=60, description="How long the deploy action waits for the service to be stable."
    )
    approvals: tuple[Approval, ...] = Field(
        (),
        strict=False,
        max_length=ACTIONS,
        description="Approvals by people before the deployment, in order.",
        examples=[[{"name": "Review", "note": "Is it good?"}]],
    )
    tests: tuple[Test, ...] = Field(
        (),
        strict=False,
        max_length=ACTIONS,
        description="Tests before the deployment, in order.",
        examples=[[{"name": "Smoke", "buildspec": "tests.yml"}]],
    )

    def problems(self) -> Iterator[Problem]:
        """Mistakes: duplicate names, and actions without a pipeline."""
        names = Counter([one.name for one in (*self.approvals, *self.tests)] + ["Source", "Build", "Deploy"])
        for key in self.given("approvals", "tests", "trigger", "paths", "tags", "artifact_days"):
            if self.mode != "pipeline":
                yield key, f'needs mode = "pipeline", and it is "{self.mode}"'
        if self.paths and self.tags:
            yield "tags", "cannot be combined with paths: AWS takes either a branch and its paths, or tags"
        for key in self.given("paths", "tags"):
            if self.trigger == "manual":
                yield key, 'cannot be used with trigger = "manual": no push starts the pipeline'
        for key in self.given("approvals", "tests"):
            actions: tuple[Action, ...] = self.approvals if key == "approvals" else self.tests
            for index, one in enumerate(actions):
                if names[one.name] > 1:
                    yield (key, index, "name"), f"{one.name} is listed more than once: each action needs its own name"


COMMAND_CHARACTERS = 8000  # characters: ECS takes 8192 of all overrides of a task (ECS API reference, RunTask)


class Release(Section):
    """A command that runs with the new image before it is deployed, in the pipeline and in `ecsctl deploy`.

    Without this table nothing runs.
    """

    command: tuple[str, ...] = Field(
        min_length=1,
        strict=False,
        description="The command, word by word, instead of the image's; its entry point stays. It runs in a task of"
        " its own, with the environment, secrets, roles and network of the app. If its exit code is not"
        " 0, nothing is deployed.",
        examples=[["python", "manage.py", "migrate"]],
    )
    timeout_minutes: int = Field(
        10,
        ge=1,
        le=60,
        description="After how many minutes it is stopped, and counts as failed.",
    )

    def problems(self) -> Iterator[Problem]:
        """Mistakes: an empty command, or one longer than ECS accepts."""
        if "" in self.command:
            yield "command", "has an empty word"
        if sum(len(word) + 3 for word in self.command) > COMMAND_CHARACTERS:
            yield "command", f"is too long: expected at most {COMMAND_CHARACTERS} characters, for ECS takes no more"
