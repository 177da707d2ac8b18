"""Which pushes through a connection start a pipeline: the filters of its triggers, and their patterns.

CodePipeline guide, "Automate starting pipelines using triggers and filtering", "Working with glob patterns in syntax".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MOST = 100
"""The paths are not checked for a push that changes more files than this."""


@dataclass(frozen=True)
class Pushed:
    """A branch or tag, and the files that its commit changes. If they are unknown (None), every path filter matches."""

    branch: str
    tag: str = ""
    files: tuple[str, ...] | None = None

    @property
    def ref(self) -> str:
        """The full ref in git."""
        return f"refs/tags/{self.tag}" if self.tag else f"refs/heads/{self.branch}"

    @property
    def title(self) -> str:
        """What was pushed, in messages: "tag v1" or "branch main"."""
        return f"tag {self.tag}" if self.tag else f"branch {self.branch}"


def why_not_started(pipeline: dict[str, Any], action: str, pushed: Pushed) -> str:
    """Returns why a push to one of its source actions does not start a pipeline; empty if it does."""
    name = pipeline["name"]
    triggers = [one["gitConfiguration"] for one in pipeline.get("triggers") or []
                if one["gitConfiguration"]["sourceActionName"] == action]  # fmt: skip
    pushes = [push for one in triggers for push in one.get("push") or []]
    if not pushes:
        return f"pipeline {name} does not listen to pushes"
    reasons = [_why(push, pushed) for push in pushes]
    return "" if "" in reasons else f"pipeline {name} does not listen to {reasons[0]}"


def _why(push: dict[str, Any], pushed: Pushed) -> str:
    """Returns why a filter does not match a push, empty if it does: all parts of a filter must match."""
    tags, branches, paths = (push.get(key) or {} for key in ("tags", "branches", "filePaths"))
    if bool(tags) != bool(pushed.tag):
        return pushed.title
    if tags and not _allows(tags, pushed.tag):
        return pushed.title
    if branches and not _allows(branches, pushed.branch):
        return pushed.title
    files = pushed.files if pushed.files is not None and len(pushed.files) <= MOST else None
    if paths and files is not None and not any(_allows(paths, file) for file in files):
        return "what this push changes: " + (", ".join(files[:3]) or "nothing")
    return ""


def _allows(criteria: dict[str, list[str]], name: str) -> bool:
    included = not criteria.get("includes") or _fits(criteria["includes"], name)
    return included and not _fits(criteria.get("excludes") or (), name)


def _fits(patterns: Sequence[str], name: str) -> bool:
    return any(_compiled(pattern).fullmatch(name) for pattern in patterns)


def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile a glob: `*` within a folder, `**` across, `?` one character, `[…]`, `{a,b}`. Dots are ordinary."""
    text, depth = "", 0
    for part in re.findall(r"\*\*|\*|\?|\[[^\]]+\]|\\.|[{},]|[^*?\[\]{},\\]+|.", pattern):
        if part in ("*", "**", "?"):
            text += {"*": "[^/]*", "**": ".*", "?": "[^/]"}[part]
        elif part == "{" or (part == "}" and depth):
            depth += 1 if part == "{" else -1
            text += "(?:" if part == "{" else ")"
        elif part == "," and depth:
            text += "|"
        elif len(part) > 1 and part[0] == "[":
            text += part.replace("[!", "[^", 1)
        else:
            text += re.escape(part.removeprefix("\\") if len(part) > 1 and part[0] == "\\" else part)
    try:
        return re.compile(text)
    except re.error:
        return re.compile(re.escape(pattern))
