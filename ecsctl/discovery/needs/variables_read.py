"""Environment variables that sources read without a default: required ones, and the app's own secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ecsctl.discovery.files.tree import Tree, is_auxiliary, without_tests

_NAME = r"([A-Z][A-Z0-9_]{2,60})"
_FILES = r"[\w.-]+\.(?:go|[cm]?[jt]sx?|py|rb|rs|exs?)"
_MOST = 800
_SIGNS = ("env", "Env", "ENV", "Joi.", "joi.", "OrThrow")
_DEVELOPERS = re.compile(
    r"(?:^|/)build\.rs$|(?:^|[/._-])(?:benches|xtask|tests?|spec|seeds?|scripts?|tasks?|dev|development|local|mocks?|migrations?)(?:[/._-]|$)"
)

# The program exits if the variable is empty: log.Fatal, panic, os.Exit or an error in Go; throw or exit in JavaScript.
_GO_ASKS = (
    rf"\b(\w+)\s*(?:,\s*(\w+)\s*)?:?=\s*os\.(?:Getenv|LookupEnv)\(\"{_NAME}\"\)[^\n]*\n\s*"
    r"if\s+(?:\1\s*==\s*\"\"|len\(\1\)\s*==\s*0|!\2)\s*(?:\|\|[^\n{]*)?\{\s*"
)
_GO = re.compile(_GO_ASKS + r"(?:[\w.]*(?:Fatal|Panic)\w*\(|panic\(|os\.Exit)")
_GO_RETURNS = re.compile(_GO_ASKS + r"return\s[^\n]*(?:errors?\.|fmt\.Errorf|[eE]rr\b)")
_GO_AT_ONCE = re.compile(
    rf"\bif\s+os\.Getenv\(\"{_NAME}\"\)\s*==\s*\"\"\s*\{{\s*(?:[\w.]*(?:Fatal|Panic)\w*\(|panic\(|os\.Exit)"
)
_JS = re.compile(
    rf"(?m)^(?:export\s+)?(?:const|let|var)\s+(\w+)\s*=\s*process\.env\.{_NAME};?\s*\n\s*if\s*\(\s*!\1\b[^)\n]*\)\s*\{{?\s*"
    r"(?:console\.\w+\([^;\n]*\);?\s*)?(?:throw\b|process\.exit)"
)
_JS_AT_ONCE = re.compile(
    rf"(?m)^if\s*\(\s*!process\.env\.{_NAME}\s*\)\s*\{{?\s*(?:[\w.]+\([^;\n]*\);?\s*)?(?:throw\b|process\.exit)"
    rf"|\bif\s*\(\s*!process\.env\.{_NAME}\s*\)\s*\{{?\s*(?:[\w.]+\([^;\n]*\);?\s*)?process\.exit"
    rf"|\b(?:invariant|assert(?:\.ok)?)\(\s*process\.env\.{_NAME}\s*[,)]"
)
_PYTHON = re.compile(
    rf"(?m)^(\w+)\s*=\s*os\.(?:getenv|environ\.get)\([\"']{_NAME}[\"']\)[^\n]*\n(?:\s*\n)?if\s+(?:not\s+\1|\1\s+is\s+None)\s*:\s*\n\s+"
    r"(?:print\([^\n]*\n\s+|\w+\.\w+\([^\n]*\n\s+)?(?:raise\b|sys\.exit|exit\()"
)
_ELIXIR = re.compile(rf"\bget_env\(\s*\"{_NAME}\"\s*\)\s*\|\|\s*\(?\s*raise\b|\bfetch_env!\(\s*\"{_NAME}\"")
# Rust panics where the variable is not set.
_RUST = re.compile(rf"\benv::var\(\s*\"{_NAME}\"\s*\)\s*\.(?:expect\(|unwrap\(\))")
# JavaScript: what is undefined has no methods.
_JS_USED = re.compile(
    rf"(?m)^(?:export\s+)?const\s[^\n=]{{1,60}}=\s*process\.env\.{_NAME}!?\.(?:replace|split|trim|to\w+Case|match)\("
)
# Files that run as a program starts.
_AT_START = re.compile(
    r"(?:^|/)(?:[\w-]*(?:config|settings|environment)|env|db|database|main|app|server|auth|session|runtime)\.(?:go|exs|[cm]?tsx?)$"
)
# Helpers whose name says that the variable is required; NestJS's getOrThrow.
_HELPER = re.compile(
    r"(?<!def )(?<!function )(?<!func )(?<!fn )\b(?:must_?get_?env|must_?env|require_?d?_?env(?:_?var\w*)?|"
    r"get_?required_?env\w*|get_?env_?or_?(?:throw|panic|die|fail|exit)|ensure_?env\w*|assert_?env\w*|env_?or_?(?:throw|panic|die|fail)|getOrThrow)(?:<[^>\n]*>)?"
    r"\(\s*$",
    re.IGNORECASE,
)
_ASKED = re.compile(rf"(?<![\w.])[\"'`]{_NAME}[\"'`]\s*[,)]")
_JOI = re.compile(rf"\b{_NAME}:\s*[Jj]oi\.(?![^\n]{{0,300}}\.(?:default|optional)\()[^\n]{{0,300}}\.required\(\)")
_ADONIS = re.compile(rf"\b{_NAME}:\s*Env\.schema\.(?:string|number|boolean|enum)\(")
# TypeScript's non-null assertion.
_ASSURED = re.compile(rf"\bprocess\.env\.{_NAME}!(?!=)")

# Names of secrets that are generated for the app, not issued by another service.
_OWN = re.compile(
    r"SECRET_KEY(?:_BASE)?|(?:\w+_)?(?:AUTH|SESSION|JWT|COOKIE|TOKEN|CSRF|NEXTAUTH|APP)_SECRET(?:_KEY)?"
    r"|(?:\w+_)?(?:ENCRYPTION(?:_\w+)?|SIGNING|SESSION|COOKIE|JWT(?:_PRIVATE)?|RSA_PRIVATE)_(?:KEY|SALT)|(?:\w+_)?KEY_DERIVATION_SALT"
)
_READ = re.compile(
    r"(?:\bENV\[|\bENV\.fetch\(|\bprocess\.env(?:\.|\[)|\bos\.environ\[|\bos\.(?:environ\.get|getenv|Getenv)\(|\benv::var\()"
    rf"\s*[\"'`]?{_NAME}\b(?![\"'`]\s*,)[\"'`]?\s*[\])]*(?P<after>[^\n]{{0,60}}(?:\n\s*\.[^\n]{{0,60}})?)"
)
_INSTEAD = re.compile(
    r"\s*(?:!?\.(?:presence|unwrap_or)|(?:\|\||\?\?|\bor\b)(?!\s*(?:ENV|process\.env|os\.|raise|throw|abort))|&&|\?(?!\.))"
)


def demanded(tree: Tree, context: str) -> Iterator[tuple[str, str]]:
    """Each variable that the program exits without, or assumes to be set, with the file that reads it."""
    assured: dict[str, str] = {}
    replaced: set[str] = set()
    for file, text in _texts(tree, context):
        for match in _ASKED.finditer(text):
            if _HELPER.search(text, max(0, match.start() - 80), match.start()):
                yield match[1], file
        for pattern in _PATTERNS.get(_language(file), ()):
            if pattern in (_GO_RETURNS, _ELIXIR) and not _AT_START.search(file):  # may be an optional feature
                continue
            for match in pattern.finditer(text):
                yield next(one for one in reversed(match.groups()) if one and re.fullmatch(_NAME, one)), file
        for name in _ASSURED.findall(text) if _AT_START.search(file) else ():
            assured.setdefault(name, file)
        replaced |= set(re.findall(rf"process\.env\.{_NAME}\s*(?:\|\||\?\?|&&|\?\s|\))", text))
    yield from ((name, file) for name, file in assured.items() if name not in replaced)


_PATTERNS: dict[str, Sequence[re.Pattern[str]]] = {
    "go": (_GO, _GO_RETURNS, _GO_AT_ONCE),
    "py": (_PYTHON,),
    "ex": (_ELIXIR,),
    "rs": (_RUST,),
    **dict.fromkeys(("js", "ts"), (_JS, _JS_USED, _JS_AT_ONCE, _JOI, _ADONIS)),
}


def secrets(tree: Tree, context: str) -> Iterator[tuple[str, str]]:
    """Each of the app's own secrets that is read without a default, with the file; of alternatives, the first."""
    for file, text in _texts(tree, context):
        stands: set[str] = set()
        for match in _READ.finditer(text):
            if match[1] in stands or not _OWN.fullmatch(match[1]) or _INSTEAD.match(match["after"]):
                continue
            stands |= set(re.findall(r"(?:ENV\[\W?|process\.env\.|environ\W+get\W+)([A-Z]\w+)", match["after"]))
            yield match[1], file


def _texts(tree: Tree, context: str) -> Iterator[tuple[str, str]]:
    """The sources of the app itself, without commented lines; no tests, scripts or migrations."""
    files = [one for one in tree.named(_FILES, context) if not is_auxiliary(one) and not _DEVELOPERS.search(one)]
    for file in files[:_MOST]:
        text = tree.live(file)
        if any(one in text for one in _SIGNS):
            yield file, without_tests(text)


def _language(file: str) -> str:
    return {"exs": "ex", "mjs": "js", "cjs": "js", "mts": "ts", "cts": "ts", "jsx": "js", "tsx": "ts"}.get(
        ending := file.rpartition(".")[2], ending
    )
