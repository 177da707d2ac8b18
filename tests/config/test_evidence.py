"""What names a port or a path is as sure as what the container does; all else is said to be a proposal."""

# ruff: noqa: E501 - a line of a Dockerfile is a line

import pytest

from ecsctl.discovery.files.tree import Tree
from ecsctl.discovery.image import observed

NODE = 'FROM node:22\nCOPY . .\nEXPOSE 3000\nCMD ["node", "server.js"]\n'
OK = "app.get('/healthz', (q, r) => r.send('ok'));\n"


def of(folder, **files):
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return observed(Tree.of(folder))


def doubts(image):
    return "; ".join(image.doubts)


@pytest.mark.parametrize(("source", "sure"), [
    ("server_dot_js", OK),
    ("server_dot_js", OK + "app.get('/users', auth, (q, r) => db.query());\n"),
    ("server_dot_js", "app.get('/healthz', checks.live);\nconst live = (q, r) => {\n  r.sendStatus(200);\n}\n"),
    ("main_dot_go", "mux.HandleFunc(\"GET /healthz\", func(w http.ResponseWriter, _ *http.Request) {\n  w.WriteHeader(http.StatusOK)\n})\nif a.RequiresAuth {\n"),
    ("app_dot_py", "@app.get(\"/healthz\")\ndef healthz():\n    return {\"status\": \"ok\"}\n\n\n@app.get(\"/me\")\ndef me(user=Depends(login)): ...\n"),
])  # fmt: skip
def test_a_route_whose_handler_answers_and_asks_nobody_is_sure(tmp_path, source, sure):
    image = of(tmp_path, Dockerfile=NODE, **{source: sure})
    assert (image.path, image.codes) == ("/healthz", "")
    assert "proposal" not in doubts(image)


@pytest.mark.parametrize("text", [
    "app.get('/healthz', async (q, r) => { await db.query('select 1'); r.send('ok'); });\n",
    "app.get('/healthz', requireLogin, (q, r) => r.send('ok'));\n",
    "app.get('/healthz', (q, r) => r.redirect('/login'));\n",
    "app.get('/healthz', elsewhere);\n",
    "app.use(passport.authenticate('jwt'));\n" + OK,
])  # fmt: skip
def test_a_route_that_may_want_a_login_or_a_database_is_a_proposal_with_codes_that_forgive(tmp_path, text):
    image = of(tmp_path, Dockerfile=NODE, server_dot_js=text)
    assert (image.path, image.codes) == ("/healthz", "200-399")
    assert "health path /healthz is a proposal, from server.js: nothing shows that it answers" in doubts(image)


def test_a_route_that_a_platform_checks_too_is_sure_and_what_it_alone_names_is_not(tmp_path):
    hidden = "app.get('/healthz', elsewhere);\n"
    image = of(
        tmp_path, Dockerfile=NODE, server_dot_js=hidden, railway_dot_json='{"deploy": {"healthcheckPath": "/healthz"}}'
    )
    assert (image.path, "proposal" in doubts(image)) == ("/healthz", False)
    image = of(tmp_path, server_dot_js="", Dockerfile=NODE)
    assert "health path /healthz is a proposal, from railway.json" in doubts(image)


def test_health_checks_that_only_developers_have_are_none(tmp_path):
    text = 'if (app.Environment.IsDevelopment())\n{\n    app.MapHealthChecks("/health");\n}\n'
    image = of(tmp_path, Dockerfile="FROM mcr.microsoft.com/dotnet/aspnet:9.0\nCOPY . .\n", Extensions_dot_cs=text)
    assert image.path == "/"
    image = of(tmp_path, Extensions_dot_cs=text + 'app.MapHealthChecks("/alive");\n')
    assert (image.path, image.codes) == ("/alive", "")


@pytest.mark.parametrize(("test", "path", "said"), [
    ("curl -u me:secret localhost:3000/private", "/", "/ is a guess"),
    ("wget --spider http://127.0.0.1:3000/Jack/posts/20", "/Jack/posts/20", "/Jack/posts/20 is a proposal, from the healthcheck of web"),
])  # fmt: skip
def test_what_a_compose_file_asks_with_an_account_or_of_a_page_is_not_sure(tmp_path, test, path, said):
    compose = f"services:\n  web:\n    build: .\n    ports: ['3000:3000']\n    healthcheck: {{test: '{test}'}}\n"
    image = of(tmp_path, Dockerfile=NODE, compose_dot_yml=compose)
    assert image.path == path
    assert said in doubts(image)


def test_a_port_of_one_hint_alone_is_a_proposal_and_of_two_that_agree_is_not(tmp_path):
    bare = NODE.replace("EXPOSE 3000\n", "")
    image = of(
        tmp_path, Dockerfile=bare, server_dot_js="app.listen(4100)\n", compose_dot_yml="services: {web: {build: .}}\n"
    )
    assert image.port == 4100
    image = of(
        tmp_path,
        Dockerfile=bare.replace("server.js", "dist/x.js"),
        compose_dot_yml="services: {web: {build: ., ports: ['80:4100']}}\n",
        server_dot_js="",
    )
    assert "port 4100 is a proposal, from the ports of web in compose.yml alone" in doubts(image)
    image = of(tmp_path, server_dot_js="app.listen(4100)\n")
    assert (image.port, "proposal" in doubts(image)) == (4100, False)


def test_what_runs_wins_over_an_expose_that_nothing_else_names_and_both_are_said(tmp_path):
    image = of(tmp_path, Dockerfile='FROM python\nCOPY . .\nEXPOSE 80\nCMD ["gunicorn", "-b", "0.0.0.0:5000", "app"]\n')
    assert image.port == 5000
    assert "the port is not certain: 5000 (its command) or 80 (EXPOSE of the Dockerfile)" in doubts(image)
    image = of(tmp_path, Dockerfile='FROM node\nENV PORT=8080\nCOPY . .\nEXPOSE 3000\nCMD ["node", "x.js"]\n')
    assert "the port is not certain: 3000 (EXPOSE of the Dockerfile) or 8080 (ENV PORT of the Dockerfile)" in doubts(
        image
    )


@pytest.mark.parametrize(("command", "said"), [
    ("uvicorn app:app --port 8000", "uvicorn listens on 127.0.0.1 only"),
    ("datasette", "datasette listens on 127.0.0.1 only"),
    ("uvicorn app:app --host 0.0.0.0", ""),
    ("gunicorn -k uvicorn.workers.UvicornWorker -b :8000 app", ""),
    ("make run", "a development server, manage runserver"),
    ("npm start", "a development server, react-scripts start"),
    ("app --config /etc/app.yml", "reads /etc/app.yml, which nothing in the Dockerfile creates"),
])  # fmt: skip
def test_a_command_that_serves_nobody_else_or_lacks_its_settings_is_said(tmp_path, command, said):
    image = of(
        tmp_path,
        Dockerfile=f"FROM x\nCOPY . /app\nEXPOSE 8000\nHEALTHCHECK CMD curl localhost:8000/ok\nCMD {command}\n",
        Makefile="run:\n\tpython -m manage runserver 0.0.0.0:8000\n",
        package_dot_json='{"scripts": {"start": "react-scripts start"}}',
    )
    assert doubts(image) == "" if not said else said in doubts(image)


def test_gunicorn_without_an_address_gets_the_variable_by_which_it_listens_on_all(tmp_path):
    image = of(tmp_path, Dockerfile='FROM python\nCOPY . .\nEXPOSE 9000\nCMD ["gunicorn", "shop.wsgi"]\n')
    assert (image.port, image.environment) == (9000, (("PORT", "9000"),))


@pytest.mark.parametrize(("lines", "lacking"), [
    ("ARG V\nENV V=$V\nRUN curl https://x.org/$V/app.jar -o a\n", ("V",)),
    ("ARG V\nRUN pip install thing==$V\n", ("V",)),
    ("ARG V=1\nENV V=$V\nRUN curl https://x.org/$V/app.jar -o a\n", ()),
    ("ARG V\nRUN V=${V:-1} && curl https://x.org/$V/app.jar -o a\n", ()),
])  # fmt: skip
def test_an_argument_without_which_a_fetch_fails_is_asked_for(tmp_path, lines, lacking):
    assert of(tmp_path, Dockerfile=f"FROM x\n{lines}EXPOSE 80\nCMD a\n").lacking == lacking


def test_what_is_filled_in_by_a_tool_and_git_itself_are_no_part_of_a_build(tmp_path):
    image = of(
        tmp_path,
        **{"{{cookiecutter.name}}__Dockerfile": "FROM x\n{%- if cookiecutter.a %}\nEXPOSE 80\n{%- endif %}\nCMD a\n"},
    )
    assert "is a template for a Dockerfile" in doubts(image)
    image = of(tmp_path, Dockerfile="FROM x AS a\nCOPY . /a\nFROM x\nCOPY --from=a /a/.git /a/.git\nEXPOSE 80\nCMD a\n")
    assert (image.dockerfile, "copies .git, which CodePipeline does not pass on" in doubts(image)) == (
        "Dockerfile",
        True,
    )


@pytest.mark.parametrize(("line", "said"), [
    ("RUN apt-get install -y curl", True),
    ("RUN git clone https://example.org/a/b /app", False),
    ("ADD https://example.org/a/b/archive/main.zip /app/", False),
])  # fmt: skip
def test_an_image_without_sources_is_said_to_have_none_unless_its_build_fetches_them(tmp_path, line, said):
    compose = "services:\n  web:\n    build: .\n    volumes: ['.:/app']\n    ports: ['80:80']\n"
    image = of(tmp_path, Dockerfile=f"FROM x\n{line}\nEXPOSE 80\nCMD a\n", compose_dot_yml=compose)
    assert ("no COPY in Dockerfile brings the repository's sources" in doubts(image)) == said


@pytest.mark.parametrize(("source", "environment"), [
    ("listen(process.env.PORT);\n", (("PORT", "3000"),)),
    ("listen(process.env.PORT || 3000);\n", ()),
    ("connect(process.env.DB_PORT);\n", ()),
])  # fmt: skip
def test_an_app_that_has_no_port_of_its_own_gets_it_in_the_variable_that_it_reads(tmp_path, source, environment):
    assert of(tmp_path, Dockerfile=NODE, server_dot_js=source).environment == environment


def test_the_rights_of_a_socket_are_no_port(tmp_path):
    image = of(tmp_path, Dockerfile="FROM x\nCOPY . .\nCMD uwsgi --socket=/run/a --chmod-socket=666\n")
    assert image.port is None
    assert "the port that the app listens on was not found" in doubts(image)


def test_an_argument_that_a_build_uses_has_a_compose_files_value_or_is_named(tmp_path):
    lines = "ARG CRATE\nARG NEXT_PUBLIC_API\nARG GIT_SHA\nRUN cargo install --path $CRATE --sha $GIT_SHA\n"
    image = of(tmp_path, Dockerfile=f"FROM x\n{lines}EXPOSE 80\nCMD a\n")
    assert "the build uses CRATE, NEXT_PUBLIC_API, which neither a default" in doubts(image)
    image = of(
        tmp_path, compose_dot_yml="services: {a: {build: {context: ., args: {CRATE: web, NEXT_PUBLIC_API: /api}}}}\n"
    )
    assert "CRATE, NEXT_PUBLIC_API in [build.args] is a proposal, from a in compose.yml" in doubts(image)
    assert (image.arguments, "the build uses" in doubts(image)) == (
        (("CRATE", "web"), ("NEXT_PUBLIC_API", "/api")),
        False,
    )


def test_a_started_file_that_is_neither_in_git_nor_built_is_said(tmp_path):
    image = of(tmp_path, Dockerfile=NODE.replace("server.js", "dist/main.js"), package_dot_json="{}")
    assert "its command starts dist/main.js, which git does not have there" in doubts(image)
    image = of(
        tmp_path, Dockerfile=NODE.replace("EXPOSE", "RUN npm run build\nEXPOSE").replace("server.js", "dist/main.js")
    )
    assert "starts dist" not in doubts(image)


@pytest.mark.parametrize(("source", "text", "said"), [
    ("cmd__root_dot_go", "var root = &cobra.Command{\n  Use: \"desk\",\n}\n", True),
    ("cmd__root_dot_go", "var root = &cobra.Command{\n  Use: \"desk\",\n  RunE: serve,\n}\n", False),
    ("src__main_dot_rs", "struct Args {\n  #[command(subcommand)]\n  command: Command,\n}\n", True),
    ("src__main_dot_rs", "struct Args {\n  #[command(subcommand)]\n  command: Option<Command>,\n}\n", False),
])  # fmt: skip
def test_a_program_that_does_nothing_without_a_subcommand_is_said_to_have_none(tmp_path, source, text, said):
    image = of(tmp_path, Dockerfile='FROM x\nCOPY . .\nEXPOSE 80\nENTRYPOINT ["/desk"]\n', **{source: text})
    assert ("/desk needs a subcommand" in doubts(image)) == said


def test_a_check_by_tls_inside_the_container_is_said_not_to_be_the_load_balancers(tmp_path):
    image = of(tmp_path, Dockerfile=NODE.replace("CMD", "HEALTHCHECK CMD curl -k https://localhost:3000/ok\nCMD"))
    assert "own check uses TLS, https://localhost:3000" in doubts(image)
