"""How a resource is called: its title and its name, without saying the same thing twice."""

from __future__ import annotations

import re

from rich.text import Text

from ecsctl.ui.safe import plain


def called(title: str, name: str) -> Text:
    """ "NAT gateway nat-a"; but "load balancer" and not "load balancer load-balancer", and "ECS service mailer"."""
    words, own = _words(title), _words(name)
    if not set(own) - set(words):
        return plain(title or name)
    part, _, process = name.partition(" ")
    if process and words and all(any(one in word for word in words) for one in _words(part)):
        return Text.assemble(plain(title), " ", plain(process, "bold"))
    if own[: len(words)] == words:
        return plain(name)
    return Text.assemble(plain(title), " ", plain(name, "bold"))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
