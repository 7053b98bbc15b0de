"""How a finding is mended: which operation, member and status are wrong, and who says so."""

import re
from collections.abc import Iterator

from ..contract.areas import address
from ..contract.document import Contract
from ..contract.parts import schemas
from ..contract.rules import Rule
from ..judging.evidence import Finding
from ..judging.exchange import Exchange
from ..registry import is_watched

READING = ("read", "list", "search")  # what shows a fault, more often than it has it
VALUE = re.compile(r"""[\[{].*|"[^"]*"?|'[^']*'?""", re.DOTALL)  # of the target, not our words
STATUS = re.compile(r"^(status |a 2xx status|\d{3}\b)")
NAMING = re.compile(r"\b(?:in|member|members|no|its|the|of|a) (\w+)|^(\w+)")


def mend(contract: Contract, rule: Rule, finding: Finding) -> str:
    """What to change, and the source that wants it."""
    blamed = _blamed(contract, rule, finding)
    operation = contract.operations[(blamed and blamed.operation) or rule.operations[0]]
    source = f"{rule.evidence}: {rule.source}, {address(contract, rule.source)}"
    wrong = _wrong(contract, rule, finding, blamed)
    return f"change {operation.id} ({operation.method} {operation.path}): {wrong} ({source})"


def _blamed(contract: Contract, rule: Rule, finding: Finding) -> Exchange | None:
    """The exchange in which the target did what the rule is about. One that only reads is to
    blame where the rule is about reading alone: else it shows what another has done, and to a
    rule that looks at every answer any other may have done it."""
    roles = contract.resource.roles
    acting = [id for id in rule.operations if roles.get(id) not in READING]
    if acting and is_watched(contract, rule.id):
        acting = [id for id in contract.operations if roles.get(id) not in READING]
    for among in (acting, rule.operations):
        for exchange in reversed(finding.trace):
            if exchange.operation in among:
                return exchange
    return None


def _wrong(contract: Contract, rule: Rule, finding: Finding, blamed: Exchange | None) -> str:
    if blamed and STATUS.match(finding.expected):
        return f"it answers {blamed.status}, where {finding.expected} is wanted"
    where = "in what it does"
    if blamed:
        where = f"{'in' if blamed is finding.trace[-1] else 'after'} its answer {blamed.status}"
    if named := dict.fromkeys((*_members(contract, finding), *rule.members)):
        return f"{', '.join(named)} {'are' if len(named) > 1 else 'is'} wrong {where}"
    return f"what is seen {where} is not what is wanted: {VALUE.sub('…', finding.expected)}"


def _members(contract: Contract, finding: Finding) -> Iterator[str]:
    """The members of the contract that the words of a finding name. Those that are plain words
    of English, such as `status`, count only where a name is to be expected."""
    known = {name for _, one in schemas(contract.resolved) for name in one.get("properties", ())}
    for text in (finding.expected, finding.actual):
        words = VALUE.sub(" ", text)
        for word in re.findall(r"\w+", words):
            if word in known and ("_" in word or not word.islower()):
                yield word
        for found in NAMING.finditer(words):
            name = found[1] or found[2]
            if name in known:
                yield name
