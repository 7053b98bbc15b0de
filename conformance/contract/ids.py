"""The ids of sessions: where a path names one, and which spellings are the same id."""

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
PARAMETER = re.compile(r"\\\{[^/]*?\\\}")


def canonical(id: object) -> str:
    """The id as ids are compared: case makes no difference in a UUID, and one in all others."""
    text = str(id)
    return text.lower() if UUID.fullmatch(text) else text


def mentions(ids: Iterable[str]) -> re.Pattern[str]:
    """What finds every UUID, and these ids wherever a path or a string of JSON is one."""
    forms = {re.escape(form) for id in ids if id for form in (id, quote(id, safe=""))}
    whole = [rf'(?<=[/"]){form}(?=[/"?]|\Z)' for form in sorted(forms, key=len, reverse=True)]
    return re.compile("|".join([UUID.pattern, *whole]))


class Paths:
    """The path templates of a contract, which say where a path names a session."""

    def __init__(self, templates: Iterable[str]) -> None:
        known = list(templates)
        self.plain = tuple(path.lower() for path in known if "{" not in path)
        self.naming = [_pattern(path) for path in known if "{" in path]

    @staticmethod
    def to(template: str, id: str) -> str:
        """The path of a template with the id in the place of its parameter."""
        return re.sub(r"\{[^/}]*\}", lambda _: id, template)

    def named(self, path: str) -> str:
        """The id in a path, below whatever base it lies; empty where it names none.

        What lies below a session names it too, whether the contract has such a path or not.
        """
        if path.lower().endswith(self.plain):
            return ""
        found = (pattern.search(path) for pattern in self.naming)
        return next((canonical(unquote(match[1])) for match in found if match), "")


def _pattern(template: str) -> re.Pattern[str]:
    # Some servers care for no case, and a write that they take is a write.
    return re.compile(PARAMETER.sub("([^/]+)", re.escape(template)) + "(?=/|$)", re.IGNORECASE)
