"""Grammar for the sentences that are built from names."""

from __future__ import annotations

import re

SPELT = "AEFHILMNORSX"  # letters whose names begin with a vowel
MORE_NAMES = re.compile(r" \+(\d+) [0-9a-f]{8}$")  # of a certificate: how many more names, and a digest of them
UNCOUNTED = frozenset({"autoscaling", "mount targets"})
UNSAID = frozenset({"volume"})  # of a part's name, where another word of the title means the same: "file system"
SPOKEN = frozenset({"NAT"})  # acronyms that are spoken as words


def a(noun: str) -> str:
    """The noun with its article, if it takes one: a NAT gateway, an ECS service, CodeBuild's GitHub credentials."""
    word = re.split(r"[\s-]", noun, maxsplit=1)[0]
    if word.endswith("'s") or noun in UNCOUNTED:
        return noun
    acronym = len(word) > 1 and word.isupper() and word not in SPOKEN
    vowel = word[:1] in SPELT if acronym else word[:1].lower() in "aeiou" and not word.startswith(("use", "uni", "one"))
    return f"{'an' if vowel else 'a'} {noun}"


def called(title: str, name: str) -> str:
    """The name of a resource in messages, from its title and its name in the stack; see `named`."""
    return " ".join(part for part in named(title, name) if part)


def named(title: str, name: str) -> tuple[str, str]:
    """The title, and the resource's own name if that adds anything: nothing is said twice.

    "NAT gateway nat-a"; but "load balancer" and not "load balancer load-balancer", and "ECS service mailer".
    """
    name = MORE_NAMES.sub(r" and \1 more", name)
    words, own = _words(title), _words(name)
    if all(_is_word_of(word, words) for word in own):
        return title or name, ""
    part, _, process = name.partition(" ")
    if process and words and all(_is_word_of(word, words) or word in UNSAID for word in _words(part)):
        return title, process
    return (name, "") if words in (own[: len(words)], own[-len(words) :]) else (title, name)


def _is_word_of(word: str, words: list[str]) -> bool:
    """Whether a title says this word already, in the singular perhaps, or within a longer one: "autoscaling"."""
    return word in words or any(len(word) > 3 and one.endswith(word.removesuffix("s")) for one in words)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
