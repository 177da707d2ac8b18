"""Grammar of the sentences that are put together from names."""

from __future__ import annotations

import re

SPELT = "AEFHILMNORSX"  # letters whose names begin with a vowel
UNCOUNTED = frozenset({"autoscaling", "mount targets"})
SPOKEN = frozenset({"NAT"})  # acronyms that are spoken as words


def a(noun: str) -> str:
    """The noun with its article, if it takes one: a NAT gateway, an ECS service, CodeBuild's GitHub credentials."""
    word = re.split(r"[\s-]", noun, maxsplit=1)[0]
    if word.endswith("'s") or noun in UNCOUNTED:
        return noun
    acronym = len(word) > 1 and word.isupper() and word not in SPOKEN
    vowel = word[:1] in SPELT if acronym else word[:1].lower() in "aeiou" and not word.startswith(("use", "uni", "one"))
    return f"{'an' if vowel else 'a'} {noun}"
