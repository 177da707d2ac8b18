"""What a Dockerfile needs that a build of the committed files does not have."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from ecsctl.discovery.files import dockerfile
from ecsctl.discovery.files.build_context import Context, copied
from ecsctl.discovery.files.compose import Service
from ecsctl.discovery.files.dockerfile import Dockerfile, Stage, words
from ecsctl.discovery.files.started import Text
from ecsctl.discovery.files.tree import Tree, is_auxiliary, within
from ecsctl.discovery.serving import port_hints, ports

# The first part of an image name is a registry if it is localhost or contains a dot or a port (Docker, "Image tags").
_THIS_MACHINE = re.compile(r"(?:localhost|127\.0\.0\.1|host\.docker\.internal|[\w.-]+\.local(?:host)?)(?::\d+)?/")
_STARTS = re.compile(
    r"\b(?:node|bun|python3?|ruby|php|java\s+-jar)\s+([\w./-]{1,200}\.(?:[cm]?js|py|rb|php|jar))(?=[\s\"']|$)"
)
_MAKES = re.compile(
    r"build|compile|\btsc\b|make|webpack|rollup|esbuild|\bvite|mvn|gradle|cargo|bundle|generate|curl|wget|clone|--from=|://|"
    r"\binstall\s+(?:-g|--global|\.)|\bdist|tar\b|unzip"
)
# Build arguments that can stay empty: they only label the image or name a mirror.
_OF_NO_WEIGHT = re.compile(
    r"VERSION|COMMIT|SHA|REV|DATE|TIME|GIT|TAG|PROXY|REGISTRY|MIRROR|TOKEN|SENTRY|INDEX|CACHE|UID|GID|DEBUG|^CI$|BUILD_?(?:ID|NUM)|"
    r"^(?:BUILD|TARGET)(?:PLATFORM|OS|ARCH|VARIANT)$"
)
_OF_TRIALS = re.compile("TEST|DEBUG|DEV|LINT|ARCH|PLATFORM")
# Build arguments of frontends, whose values end up in the files that the browser loads.
_OF_PAGES = re.compile(r"(?:NEXT_PUBLIC|VITE|REACT_APP|NUXT_PUBLIC|VUE_APP|EXPO_PUBLIC|GATSBY)_")
_HISTORY = re.compile(r"(?:^|/)\.git/?$")
# A default that is a placeholder for the value that a Makefile passes.
_STANDS_FOR = re.compile(
    r"(?:please|your|change|override|replace|provide|specify|fill)[-_ ]?\w*|.*placeholder.*|todo|undefined|unset|<.*>",
    re.IGNORECASE,
)


def missing_notes(tree: Tree, path: str, read: Dockerfile, place: Context) -> Iterator[str]:
    """One sentence for each thing that is missing."""
    modules = [one for one in tree.submodules if not is_auxiliary(f"{one}/x")]
    of_modules = [one for one in place.missing if any(within(_whole(place.folder, one), module) for module in modules)]
    missing = [one for one in place.missing if one not in of_modules and not _HISTORY.search(one)]
    copies = [rest for one in read.stages for word, rest in one.instructions if word in ("COPY", "ADD")]
    if any(_HISTORY.search(one) for rest in copies for one in words(rest)):
        yield (f"{path} copies .git, which CodePipeline does not pass on to a build: remove that line, or do "
               "without its history")  # fmt: skip
    if missing:
        yield (f"{path} copies {', '.join(missing[:5])}, which git does not have there: "
               "CodeBuild only builds what is committed")  # fmt: skip
    if modules and (of_modules or any(within(module, place.folder) for module in modules)):
        what = f"{', '.join(of_modules[:3])} of {path} come" if of_modules else f"{', '.join(modules[:3])} may come"
        yield (f"{what} from a git submodule, which neither CodePipeline nor CodeBuild brings along: copy it into the "
               "repository, or fetch it in a buildspec of your own")  # fmt: skip
    for base in dict.fromkeys(one.base for one in read.stages if _THIS_MACHINE.match(one.base)):
        yield f"FROM {base} of {path} is an image on one machine only: a build on AWS cannot pull it"
    own = {name for one in copies if "--from=" in one for name in words(one)[:-1]}
    for name in sorted(one for one in own if re.search(r"/\.env(?:\.\w+)?$", one)):
        bare = name.rpartition("/")[2]
        made = any(bare in rest for one in read.stages for word, rest in one.instructions if word == "RUN")
        cloned = any(word == "RUN" and "git clone" in rest for one in read.stages for word, rest in one.instructions)
        if not made and not cloned and not tree.has(_whole(place.folder, bare)):
            yield f"{path} copies {name} from an earlier stage, and git has no {bare}: the build fails"
    if left := ignored(tree, path, read, place.folder):
        yield f"{path} copies {', '.join(left[:5])}, which .dockerignore leaves out of the build"
    if stored := _stored_elsewhere(tree, place.folder):
        yield (f"git LFS keeps {', '.join(stored[:3])}: a build gets pointers in their place, unless a buildspec of "
               "your own runs git lfs pull")  # fmt: skip


def arguments(read: Dockerfile, services: Sequence[Service]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The build arguments that the Dockerfile requires: those that a compose file sets, and the names of the rest."""
    given: dict[str, str] = {}
    for service in reversed(services):
        given |= dict(service.arguments)
    bases = " ".join(one.written for one in read.stages)
    empty = [name for name, value in read.arguments
             if _STANDS_FOR.fullmatch(value) and re.search(rf"\$\{{?{name}\b", bases)]  # fmt: skip
    needed = tuple(dict.fromkeys([*dockerfile.required_arguments(read), *empty]))
    given_too = [name for name in dict.fromkeys(_used(read, given)) if name in given and name not in needed]
    known = {name: given[name] for name in needed if given.get(name) and "$" not in given[name]}
    lacking = tuple(name for name in needed if name not in known)
    return known | {name: given[name] for name in given_too if given[name] and "$" not in given[name]}, lacking


def unsure(
    read: Dockerfile, known: Collection[str], lacking: Collection[str], services: Sequence[Service]
) -> Iterator[str]:
    """Sentences about build arguments that nothing sets, and about values taken from a compose file."""
    if names := [name for name in dict.fromkeys(_used(read)) if name not in known and name not in lacking]:
        yield (f"the build uses {', '.join(names[:5])}, which neither a default nor a compose file sets: if empty "
               "will not do, set them in [build.args]")  # fmt: skip
    where = next((one.where for one in services if dict(one.arguments).keys() & set(known)), "")
    if where:
        yield f"{', '.join(known)} in [build.args] is a proposal, from {where}"


def toggled(read: Dockerfile) -> Iterator[str]:
    """A sentence on build arguments that switch something on: a RUN tests them for a value that is not the default."""
    found: dict[str, str] = {}
    for one in read.stages:
        known = read.variables(one)
        runs = "\n".join(rest for word, rest in one.instructions if word == "RUN" and "$" in rest)
        for name, value in re.findall(r"\[+\s+\"?\$\{?(\w+)\}?\"?\s+==?\s+\"?([\w.-]+)\"?\s", runs):
            given = known.get(name, "")
            others = re.findall(rf"\$\{{?{name}\}}?\"?\s+==?\s+\"?([\w.-]+)", runs)
            # No warning if the default is one of the tested values, or if the argument only concerns tests.
            if name in known and given not in others and not _OF_TRIALS.search(name):
                found.setdefault(name, f"{name} is {value}, and its default is {given or 'nothing'}")
    if found:
        yield f"the build does something else if {'; if '.join(list(found.values())[:3])}: see args in [build]"


def _used(read: Dockerfile, given: Collection[str] = ()) -> Iterator[str]:
    """ARGs without a default whose value the build uses directly: in an option, a path, or a frontend's files."""
    for one in read.stages:
        known = read.variables(one)
        names = [rest for word, rest in one.instructions if word == "ARG" and re.fullmatch(r"[A-Z][A-Z0-9_]*", rest)]
        runs = "\n".join(rest for word, rest in one.instructions if word == "RUN" and "$" in rest)
        uses = "\n".join([runs, *(rest for word, rest in one.instructions if word == "ENV" and "$" in rest)])
        for name in list(dict.fromkeys(names))[: dockerfile.MOST_STAGES]:
            value = known.get(name, "").replace("{", "")
            if (value and f"${name}" not in value) or _OF_NO_WEIGHT.search(name):
                continue
            # The argument is optional if the shell checks whether it is set.
            asked = re.search(
                rf"\$\{{{name}:?[-+?]|-[nz]\s+\"?\$\{{?{name}\b|\b{name}=(?!\S{{0,200}}\${{?{name}\b)", runs
            )
            how = r"\$\{?" if name in given else r"(?:\s--?[\w-]{1,60}[ =]|[\w}]/)\$\{?"
            if not asked and (_OF_PAGES.match(name) or re.search(rf"{how}{name}\b", uses)):
                yield name


def unbuilt(tree: Tree, read: Dockerfile, context: str, texts: Sequence[Text]) -> Iterator[str]:
    """A sentence if the container starts a file that is neither in git at that path nor created by the build."""
    started = [(text.where, match[1]) for text in texts if text.shell and (match := _STARTS.search(text.text))]
    for where, name in started:
        if _is_only_in_subfolder(tree, read, context, name):
            yield (f"{where} starts {name} in {_workdir(read)}, and git only has it in a folder below: set command "
                   "or working_directory in [service]")  # fmt: skip
            return
    makes = " ".join(rest for one in read.stages for word, rest in one.instructions if word == "RUN" or (
        word in ("COPY", "ADD") and re.search("--from=|://", rest)))  # fmt: skip
    package = tree.read("package.json" if context == "." else f"{context}/package.json")
    if _MAKES.search(makes) or re.search(r"\"(?:(?:pre|post)?install|prepare)\"\s*:", package):
        return
    targets = {words(rest)[-1].rpartition("/")[2] for one in read.stages for word, rest in one.instructions
               if word in ("COPY", "ADD") and words(rest)}  # fmt: skip
    for where, started_file in started:
        name = started_file.rpartition("/")[2]
        if name in targets:  # copied under this name
            continue
        if not any(one == name or one.endswith(f"/{name}") for one in tree.files if within(one, context)):
            yield f"{where} starts {started_file}, which git does not have there and the Dockerfile does not build"
            return


def uncopied(tree: Tree, read: Dockerfile, stage: Stage, context: str) -> Iterator[str]:
    """A sentence if the image starts a script of the repository that no instruction brings into it."""
    built = [(word, rest) for one in stage.chain for word, rest in one.instructions]
    runs = " ".join(rest for word, rest in built if word in ("RUN", "VOLUME"))
    copies = [(rest, words(rest)) for word, rest in built if word in ("COPY", "ADD") and words(rest)]
    for part in read.parts(stage):
        path = next(iter(part.split()), "")
        name, below = path.rpartition("/")[2], _whole(context, "/".join(path.split("/")[2:]))  # in the app's folder
        known = path.startswith("/") and tree.has(os.path.normpath(below)) and copies and name not in runs
        if known and not any(_brings(tree, read, context, rest, names, path) for rest, names in copies):
            yield (f"the image starts {path}, which no COPY brings into it: it may only run with a folder mounted over "
                   "its own")  # fmt: skip
            return


def _brings(tree: Tree, read: Dockerfile, context: str, rest: str, names: Sequence[str], path: str) -> bool:
    """Whether a COPY may bring this file into the image: a folder with it, or the file itself."""
    *sources, place = names
    target = os.path.normpath(os.path.join(_workdir(read) or "/", place))
    if re.search(r"--from=|\$|<<|://", rest) or re.search(r"[*?\[]", " ".join(sources)):
        return True
    if target == path or not within(path, target.rstrip("/") or "."):
        return target == path
    inside = path[len(target.rstrip("/")) + 1 :]
    return any(
        one.rpartition("/")[2] == inside or tree.has(os.path.normpath(_whole(context, f"{one}/{inside}")))
        for one in sources
    )


def without_binstub(tree: Tree, read: Dockerfile, context: str, command: str) -> Iterator[str]:
    """A sentence if the command starts a file in bin/ that git does not have, nor the build creates ("binstubs")."""
    runs = " ".join(rest for one in read.stages for word, rest in one.instructions if word == "RUN")
    place = "" if context == "." else f"{context}/"
    if not tree.has(f"{place}Gemfile") or f"{place}bin" not in tree.folders:
        return
    for name in dict.fromkeys(re.findall(r"(?<!\S)(?:\./)?bin/([\w-]+)(?!\S)", command)):
        if not tree.has(f"{place}bin/{name}") and not re.search(rf"binstubs|bin/{name}\b|rails:update:bin", runs):
            yield f"the command starts bin/{name}, which git does not have and the build does not create"


def _workdir(read: Dockerfile) -> str:
    """The WORKDIR of the last stage; empty if it has none or changes it."""
    stage = read.stage()
    folders = {
        rest.rstrip("/")
        for one in (stage.chain if stage else ())
        for word, rest in one.instructions
        if word == "WORKDIR"
    }
    return next(iter(folders)) if len(folders) == 1 else ""


def _is_only_in_subfolder(tree: Tree, read: Dockerfile, context: str, name: str) -> bool:
    """Whether the started file is in a subfolder of a context that is copied whole, and not in the WORKDIR."""
    stage, place = read.stage(), _workdir(read)
    copies = [
        rest for one in (stage.chain if stage else ()) for word, rest in one.instructions if word in ("COPY", "ADD")
    ]
    own = [words(rest) for rest in copies if "--from=" not in rest]
    whole = [one for one in own if len(one) == 2 and one[0] in (".", "./") and one[1].rstrip("/") in (".", place, "")]
    if "/" in name or not place or not whole or any("/" in one[0].strip("./") for one in own):
        return False
    path = name if context == "." else f"{context}/{name}"
    return not tree.has(path) and any(one.endswith(f"/{name}") for one in tree.files if within(one, context))


def fetches(read: Dockerfile, names: Sequence[str]) -> bool:
    """Whether the build downloads the sources: by git clone, as an archive, or as a package with one of these names."""
    commands = " ".join(rest for one in read.stages for word, rest in one.instructions if word in ("RUN", "ADD"))
    called = "|".join(map(re.escape, names)) or "$."
    commands = re.sub(r"git clone[^&;|]{0,300}\s/tmp/\S*", "", commands)  # a build tool
    fetched = r"git clone|(?:https?://|git@)\S{1,200}?(?:\.git|\.zip|\.t(?:ar|gz|xz)|/archive/|tarball)"
    package = rf"\b(?:install|add|get|curl|wget)\b[^;&|]{{0,300}}[\s/](?:{called})\b"
    return bool(re.search(fetched, commands) or re.search(package, commands))


def mounted(tree: Tree, stage: Stage, services: Sequence[Service]) -> Iterator[str]:
    """A sentence for each file of the repository that a compose file mounts and the image does not contain."""
    copies = [words(rest) for one in stage.chain for word, rest in one.instructions if word in ("COPY", "ADD")]
    sources = {name.strip("./") for one in copies for name in one[:-1]}
    for service in services[:1]:
        for source, place in service.files if service.runs(stage.name) and not service.for_development else ():
            name = place.rpartition("/")[2]
            if (
                tree.has(source)
                and "" not in sources
                and not any(name in one or source.startswith(one) for one in sources)
            ):
                yield (f"{service.where} mounts {source} at {place}, and the image does not contain it: COPY it in "
                       "the Dockerfile")  # fmt: skip


def unread(stage: Stage, command: str) -> Iterator[str]:
    """A sentence if the command reads a configuration file that nothing adds to the image."""
    for file in re.findall(
        r"-(?:c|-?config(?:[_-]?file)?)[=\s]+(/[\w./-]+\.(?:ya?ml|toml|json|ini|conf|cfg))\b", command
    ):
        instructions = " ".join(rest for one in stage.chain for _, rest in one.instructions)
        if instructions.count(file) < 2 and not re.search(
            rf"\s{re.escape(file.rpartition('/')[0])}/?(?:\s|$)", instructions
        ):
            yield f"the command reads {file}, which nothing in the Dockerfile creates"


def speaks_fastcgi(read: Dockerfile, stage: Stage, texts: Sequence[Text] = ()) -> bool:
    """Whether the image runs PHP-FPM, which speaks FastCGI instead of HTTP, without a web server."""
    command = read.command(stage)
    if port_hints.of_image(stage.image):
        return False
    runs = " ".join(rest for one in stage.chain for word, rest in one.instructions if word == "RUN")
    alone = not re.search(r"nginx|caddy|apache|httpd|lighttpd|frankenphp|\bunit\b", runs)
    silent = not command or (alone and set(ports.exposed(read, stage)) == {9000})
    fpm = bool(re.search(r"(?:^|/)php:[\w.-]*fpm", stage.image))
    script = any(one.shell and re.search(r"(?m)^\s*(?:exec\s+)?(?:/\S*/)?php-fpm[\d.]*(?:\s+-\S+)*\s*$", one.text)
                 for one in texts[1:])  # fmt: skip
    return (fpm and (silent or (alone and script))) or bool(
        re.fullmatch(r"(?:\S+\s+)?\S*php-fpm[\d.]*(?:\s+-\S+)*", command)
    )


def ignored(tree: Tree, path: str, read: Dockerfile, context: str) -> tuple[str, ...]:
    """What the Dockerfile copies although .dockerignore excludes it from the build context.

    `NAME.dockerignore` beside a Dockerfile takes precedence over the context's file (Docker, ".dockerignore files").
    """
    rules = _rules(tree, path, context)
    found = []
    for name in dict.fromkeys(copied(read)):
        # Docker includes the folder if an exception (`!`) matches one of its files.
        kept_again = any(within(rule[1:].strip("/"), name) for rule in rules if rule.startswith("!"))
        if not re.search(r"[*?\[]", name) and not kept_again and _is_ignored(name, rules):
            found.append(name)
    return tuple(found)


def _rules(tree: Tree, path: str, context: str) -> list[str]:
    text = tree.read(f"{path}.dockerignore") or tree.read(_whole(context, ".dockerignore"))
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def variables_set(tree: Tree, path: str, stage: Stage, context: str) -> set[str]:
    """The variables that a committed .env has values for, if the image gets that file."""
    rules, found = _rules(tree, path, context), set[str]()
    sources_copied = [
        words(rest)[:-1] for one in stage.chain for word, rest in one.instructions if word in ("COPY", "ADD")
    ]
    for file in tree.named(r"\.env(?:\.(?:defaults?|production))?", context):
        name = file if context == "." else file.removeprefix(f"{context}/")
        # Of another stage, the whole folder, as in `COPY --from=build /app .`
        copied = any(within(name, source.strip("./") or ".") or re.fullmatch(r"/\w+(?:/\.?)?|\S*\.env", source)
                     for sources in sources_copied for source in sources)  # fmt: skip
        if copied and not _is_ignored(name, rules):
            found |= set(re.findall(r"(?m)^[ \t]*(?:export\s+)?(\w+)=[^\s#]", tree.read(file)))
    return found


def _is_ignored(name: str, rules: Sequence[str]) -> bool:
    out = False
    parts = PurePosixPath(name).parts
    above = ["/".join(parts[: end + 1]) for end in range(len(parts))]
    for rule in rules:
        if any(_matches(rule.removeprefix("!"), one) for one in above):
            out = not rule.startswith("!")
    return out


def _matches(rule: str, path: str) -> bool:
    """Whether a .dockerignore pattern matches a path: from the context's root, `*` in one folder, `**` across folders.

    Matches folder by folder, so the time is bounded by the pattern's length times the path's.
    """
    wanted, parts = rule.strip().removeprefix("./").strip("/").split("/"), path.split("/")
    places = {0}  # numbers of leading folders that the pattern can have matched so far
    for number, want in enumerate(wanted):
        if want == "**" and places:
            least = min(places) + (number == len(wanted) - 1)
            places = set(range(least, len(parts) + 1))
        else:
            places = {one + 1 for one in places if one < len(parts) and fnmatchcase(parts[one], want)}
    return len(parts) in places


def _stored_elsewhere(tree: Tree, context: str) -> tuple[str, ...]:
    """The patterns in .gitattributes that git LFS stores, if they match files of the build context."""
    found = []
    for pattern in re.findall(r"(?m)^(\S+)\s[^\n#]*\bfilter=lfs\b", tree.read(".gitattributes")):
        rule = pattern if "/" in pattern else f"**/{pattern}"
        if any(within(one, context) and _matches(rule, one) for one in tree.files):
            found.append(pattern)
    return tuple(found)


def _whole(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}/{name}"
