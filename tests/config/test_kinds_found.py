"""Kinds of repositories that `init` once said nothing about, each as the few lines that show it."""

import pytest

from ecsctl import config
from ecsctl.discovery.files.tree import Tree
from ecsctl.discovery.image import observed
from ecsctl.operations.init import propose


def found(folder, files):
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return observed(Tree.of(folder))


def lines(image):
    return tuple(one.line for one in image.needs)


ASPNET = "FROM mcr.microsoft.com/dotnet/aspnet:8.0\nCOPY . .\nEXPOSE 8080\nENTRYPOINT dotnet Shop.dll\n"


def test_what_sources_of_aspnet_demand_and_no_settings_give_is_required(tmp_path):
    image = found(tmp_path, {
        "Dockerfile": ASPNET,
        "Program.cs": 'var key = builder.Configuration["Jwt:Audience"]!;\n'
        'var link = builder.Configuration.GetConnectionString("Main");\n'
        'var mode = builder.Configuration["Site:Mode"] ?? "open";\n'
        'var hub = builder.Configuration.GetSection("Hub")["Address"]\n    ?? throw new Exception();\n'
        'var name = builder.Configuration["Site:Name"]!;\n',
        "appsettings.json": '{"Site": {"Name": "shop"}, // why\n "Jwt": {"Audience": "<your audience>"},}',
        "appsettings.Development.json": '{"ConnectionStrings": {"Main": "Server=localhost"}}',
    })  # fmt: skip
    assert lines(image) == ("Jwt__Audience, ConnectionStrings__Main, Hub__Address: required by Program.cs",)


def test_nested_settings_of_aspnet_name_stores_and_secrets_by_the_variable_that_overrides_them(tmp_path):
    image = found(tmp_path, {
        "Dockerfile": ASPNET,
        "appsettings.json": '{"Jwt": {"Key": "only for a desk"}, "App": {"Redis": {"Host": "localhost"}}, '
        '"RabbitMq": {"HostName": "localhost"}, "Mongo": {"ConnectionString": "mongodb://localhost"}}',
    })  # fmt: skip
    kinds = [line.partition(" (")[0] for line in lines(image)]
    assert kinds == ["a database: Mongo__ConnectionString", "Redis: App__Redis__Host", "a queue: RabbitMq__HostName",
                     "Jwt__Key"]  # fmt: skip


@pytest.mark.parametrize(("files", "said"), [
    ({"Dockerfile": "FROM a\nARG GH_TOKEN\nRUN git clone https://$GH_TOKEN@github.com/x/y\nEXPOSE 80\nCMD a\n"},
     "takes GH_TOKEN as an argument"),
    ({"Dockerfile": "FROM node\nCOPY . .\nRUN npm ci\nEXPOSE 80\nCMD a\n",
      ".npmrc": "//npm.pkg.github.com/:_authToken=${NODE_AUTH_TOKEN}\n"},
     ".npmrc takes a registry's token from NODE_AUTH_TOKEN"),
    ({"Dockerfile": "FROM sdk\nCOPY . .\nRUN dotnet restore\nEXPOSE 80\nCMD a\n",
      "NuGet.config": '<add key="ClearTextPassword" value="%FEED_TOKEN%" />'},
     "NuGet.config takes a registry's token from FEED_TOKEN"),
])  # fmt: skip
def test_a_token_that_a_build_needs_is_named_with_the_mount_that_gives_it(tmp_path, files, said):
    notes = [one for one in found(tmp_path, files).doubts if "RUN --mount=type=secret,id=" in one]
    assert [said in one for one in notes] == [True]


def test_a_token_that_a_build_mounts_or_may_do_without_is_not_asked_for_twice(tmp_path):
    image = found(tmp_path, {
        "Dockerfile": "FROM a\nARG SENTRY_AUTH_TOKEN\nRUN --mount=type=secret,id=NPM_TOKEN npm ci\nEXPOSE 80\n",
        ".npmrc": "_authToken=${NPM_TOKEN}\n# ${OLD_TOKEN}\nother=${MAY_TOKEN-}\n",
    })  # fmt: skip
    assert [one for one in image.doubts if "TOKEN" in one] == [
        "the build mounts the secrets NPM_TOKEN: set them in [build.secrets], with the same ids"
    ]


@pytest.mark.parametrize(("files", "said"), [
    ({"Dockerfile": "FROM python:3\nCOPY . .\nCMD python bot.py\n", "requirements.txt": "aiogram==3\n"},
     "requirements.txt has aiogram"),
    ({"Dockerfile": "FROM python:3\nCOPY . .\nCMD celery -A app worker\n"}, "its command runs celery -A app worker"),
    ({"Dockerfile": "FROM mcr.microsoft.com/dotnet/runtime:8.0\nCOPY . .\nENTRYPOINT dotnet A.dll\n"}, "no ASP.NET"),
])  # fmt: skip
def test_an_app_that_takes_no_requests_is_a_worker_without_a_web(tmp_path, files, said):
    image = found(tmp_path, files)
    assert any(said in one for one in image.notes if one.startswith("it serves no requests"))
    (tmp_path / "ecsctl.toml").write_text(propose(tmp_path).text)
    assert list(config.read(tmp_path, environ={}).config.processes) == ["worker"]


@pytest.mark.parametrize("files", [
    {"requirements.txt": "aiogram\nfastapi\n"},
    {"requirements.txt": "aiogram\n", "bot.py": "application.run_webhook(port=p)\n"},
    {"requirements.txt": "httpx\n"},
])  # fmt: skip
def test_an_app_that_may_answer_is_left_to_a_person(tmp_path, files):
    image = found(tmp_path, {"Dockerfile": "FROM python:3\nCOPY . .\nCMD python bot.py\n", **files})
    assert image.web
    assert any("the port that the app listens on was not found" in one for one in image.doubts)


@pytest.mark.parametrize(("files", "said"), [
    ({"Dockerfile": "FROM a\nEXPOSE 80 514/udp\nCMD a\n"}, "EXPOSE of the Dockerfile has UDP ports, 514"),
    ({"Dockerfile": "FROM a\nEXPOSE 80\nCMD a\n",
      "compose.yml": "services:\n  dns:\n    build: .\n    ports: ['80:80', '5353:53/udp']\n"},
     "dns in compose.yml has UDP ports, 53"),
])  # fmt: skip
def test_a_port_of_udp_is_one_that_no_load_balancer_forwards(tmp_path, files, said):
    assert [one for one in found(tmp_path, files).doubts if "UDP" in one] == [
        f"{said}, which an Application Load Balancer does not forward"
    ]


@pytest.mark.parametrize("text", [
    "FROM selenium/standalone-chrome:4\n", "FROM ghcr.io/puppeteer/puppeteer:24\n", "FROM heroku/heroku:22\n",
    "FROM node:22\nRUN apt-get install -y google-chrome-stable\n",
])  # fmt: skip
def test_an_image_that_no_arm_machine_runs_is_built_for_x86(tmp_path, text):
    assert found(tmp_path, {"Dockerfile": f"{text}EXPOSE 80\nCMD a\n"}).architecture == "X86_64"


def test_base_images_of_docker_hub_are_named_with_what_else_there_is(tmp_path):
    image = found(tmp_path, {"Dockerfile": "FROM node:22\nFROM public.ecr.aws/x/y\nEXPOSE 80\nCMD a\n"})
    assert ["node:22 from Docker Hub" in one for one in image.notes if "docker.io" in one] == [True]


def test_migrations_that_nothing_runs_are_named_with_what_runs_them(tmp_path):
    files = {"Dockerfile": "FROM node\nCOPY . .\nEXPOSE 80\nCMD npm start\n", "prisma/migrations/1/a.sql": ""}
    image = found(tmp_path, files | {"package.json": '{"scripts": {"start": "node a.js"}}'})
    assert lines(image) == ("migrations: nothing runs those of Prisma (prisma/migrations/1/a.sql): set command "
                            "in [release] to npx prisma migrate deploy",)  # fmt: skip
    image = found(tmp_path, {"package.json": '{"scripts": {"start": "prisma migrate deploy && node a.js"}}'})
    assert lines(image) == ()


def test_an_argument_that_a_build_compares_with_another_value_than_its_default_is_named(tmp_path):
    text = (
        'FROM a\nARG PAGES=0\nARG TESTS=0\nRUN if [ "$PAGES" = "1" ]; then make; fi; [ $TESTS = 1 ] && x\nEXPOSE 80\n'
    )
    notes = found(tmp_path, {"Dockerfile": f"{text}CMD a\n"}).doubts
    assert [one for one in notes if "its default" in one] == [
        "the build does something else if PAGES is 1, and its default is 0: see args in [build]"
    ]


def test_a_database_that_is_a_file_is_one_that_ends_with_the_task(tmp_path):
    image = found(tmp_path, {"Dockerfile": "FROM a\nEXPOSE 80\nCMD a\n", "go.mod": "require modernc.org/sqlite v1\n"})
    assert [line.partition(":")[0] for line in lines(image)] == [
        "a database that is a file, if the app uses one (go.mod has modernc.org/sqlite)"
    ]


def test_variables_of_a_compose_file_s_env_file_are_the_app_s_too(tmp_path):
    image = found(tmp_path, {
        "Dockerfile": "FROM a\nEXPOSE 80\nCMD a\n", "env/a.env": "DB_HOST=db\nCOOKIE_SECRET='x'\n",
        "compose.yml": "services:\n  web: {build: ., ports: ['80:80'], env_file: env/a.env}\n",
    })  # fmt: skip
    assert [line.partition(" in compose.yml")[0] for line in lines(image)] == [
        "a database: DB_HOST (web", "COOKIE_SECRET (web"
    ]  # fmt: skip


def test_the_default_of_an_aspnet_image_holds_beside_a_port_of_tls_too(tmp_path):
    image = found(tmp_path, {"Dockerfile": ASPNET.replace("EXPOSE 8080", "EXPOSE 80\nEXPOSE 443")})
    assert image.port == 8080


def test_a_dockerfile_of_monitoring_is_taken_after_the_app_s(tmp_path):
    image = found(tmp_path, {"docker/Dockerfile": "FROM a\nCOPY app.jar .\nEXPOSE 80\nCMD a\n",
                             "docker/grafana/Dockerfile": "FROM grafana/grafana\n"})  # fmt: skip
    assert image.dockerfile == "docker/Dockerfile"


def test_what_a_compose_file_asks_of_a_machine_and_fargate_has_not_is_named(tmp_path):
    image = found(tmp_path, {
        "Dockerfile": "FROM a\nEXPOSE 80\nCMD a\n",
        "compose.yml": "services:\n  web:\n    build: .\n    ports: ['80:80']\n    cap_add: [NET_RAW, SYS_PTRACE]\n"
        "    privileged: true\n    volumes: ['/var/run/docker.sock:/var/run/docker.sock']\n",
    })  # fmt: skip
    assert (
        "web in compose.yml has cap_add NET_RAW, privileged, the Docker socket, which Fargate does not offer: "
        in "".join(image.doubts)
    )


def test_a_variable_that_a_source_of_dotnet_throws_without_is_required(tmp_path):
    text = (
        'var a = Environment.GetEnvironmentVariable("FILES_AT")\n    ?? throw new Exception();\n'
        'var b = Environment.GetEnvironmentVariable("ZONE") ?? "a";\n'
    )
    assert lines(found(tmp_path, {"Dockerfile": ASPNET, "Files.cs": text})) == ("FILES_AT: required by Files.cs",)


def test_migrations_that_a_script_of_another_package_runs_are_no_lack(tmp_path):
    image = found(tmp_path, {
        "Dockerfile": "FROM node\nCOPY . .\nEXPOSE 80\nCMD bun run --filter db db:migrate:deploy && bun a.ts\n",
        "package.json": "{}", "db/prisma/migrations/1/a.sql": "",
    })  # fmt: skip
    assert lines(image) == ()


def test_a_list_of_packages_that_is_copied_makes_no_app_of_a_workspace_this_one(tmp_path):
    image = found(tmp_path, {
        "apps/api/Dockerfile": "FROM a\nCOPY package.json ./\nCOPY apps/web/package.json apps/web/\n"
        "COPY apps/api apps/api\nEXPOSE 80\nCMD a\n",
        "package.json": "{}", "apps/api/a.ts": "", "apps/web/package.json": "{}",
        "apps/web/env.ts": "const schema = z.object({\n  SHOP_NAME: z.string(),\n})\n",
    })  # fmt: skip
    assert (image.context, lines(image)) == (".", ())


def test_a_setting_of_aspnet_stands_in_one_line_alone(tmp_path):
    image = found(tmp_path, {
        "Dockerfile": ASPNET, "Data.cs": 'UseNpgsql(configuration.GetConnectionString("Main"));\n',
        "compose.yml": "services:\n  a: {build: ., ports: ['8080:8080'], environment: {ConnectionStrings__Main: x}}\n",
    })  # fmt: skip
    assert lines(image) == ("a database: ConnectionStrings__Main (a in compose.yml)",)


def test_what_a_stage_has_of_a_repository_that_it_clones_is_not_looked_for_in_this_one(tmp_path):
    text = (
        "FROM a AS b\nRUN git clone https://github.com/x/y /y\nFROM a\nCOPY --from=b /y/.env.sample .env\nEXPOSE 80\n"
    )
    assert not [one for one in found(tmp_path, {"Dockerfile": text}).doubts if ".env.sample" in one]


def test_an_emulator_beside_an_app_is_taken_after_it(tmp_path):
    text = "FROM a\nEXPOSE 80\nCMD a\n"
    image = found(tmp_path, {"src/Api/Dockerfile": text, "src/AlarmEmulator/Dockerfile": text})
    assert image.dockerfile == "src/Api/Dockerfile"


@pytest.mark.parametrize(
    ("check", "sure"), [("curl -fsS", True), ("curl --fail", True), ("curl -s -o /dev/null", False)]
)
def test_a_check_that_takes_any_answer_makes_its_path_a_proposal(tmp_path, check, sure):
    text = f"services:\n  web: {{build: ., ports: ['80:80'], healthcheck: {{test: '{check} http://localhost/api/health'}}}}\n"
    image = found(tmp_path, {"Dockerfile": "FROM a\nEXPOSE 80\nCMD a\n", "compose.yml": text})
    assert image.path == "/api/health"
    assert sure != any("is a proposal" in one for one in image.doubts)


def test_a_health_check_after_a_block_for_development_alone_is_the_app_s(tmp_path):
    text = (
        "if (app.Environment.IsDevelopment())\n{\n  app.UseSwagger();\n}\n"
        'app.UseEndpoints(endpoints =>\n{\n  endpoints.MapHealthChecks("/well");\n});\n'
    )
    assert found(tmp_path, {"Dockerfile": ASPNET, "Program.cs": text}).path == "/well"
