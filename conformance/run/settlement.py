"""From the evidence of a run to an outcome for every rule of the contract."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..config.settings import Config
from ..contract.document import Contract
from ..contract.rules import Rule
from ..judging.evidence import Evidence
from ..judging.outcomes import Outcome
from ..registry import Check, is_watched, pack_of
from .scope import left_out, named_packs, partial, selected_packs

UNEVALUATED = ("not-run", "not-applicable")
VIOLATED: dict[str, Outcome] = {"MUST": "fail", "SHOULD": "warn", "MAY": "observed"}


@dataclass
class Settlement:
    """What becomes of each rule when a run with these checks is over."""

    config: Config
    contract: Contract
    checks: dict[str, Check]
    evidence: Evidence

    def settle(self, cause: str) -> str:
        """Give every rule its outcome. Gives the cause why the run as a whole is inconclusive:
        the one that ended it early, or the packs of which nothing was evaluated."""
        for id, rule in self.contract.rules.items():
            self.evidence.outcomes[id] = self._outcome(rule, cause)
        return cause or "; ".join(self._silent_packs())

    def _outcome(self, rule: Rule, cause: str) -> tuple[Outcome, str]:
        found = self.evidence.findings.get(rule.id)
        if found:
            return VIOLATED[rule.level], f"expected {found[0].expected}; got {found[0].actual}"
        if rule.id in self.evidence.outcomes:
            return self.evidence.outcomes[rule.id]
        if rule.unchecked:
            return "not-applicable", f"not checked: {rule.unchecked}"
        if is_watched(self.contract, rule.id):
            return self._watched(rule.id, cause)
        if rule.id in self.checks:
            return "not-run", cause or "the run stopped before its check"
        return "not-selected", left_out(self.config, rule.id, pack_of(self.contract, rule.id))

    def _watched(self, id: str, cause: str) -> tuple[Outcome, str]:
        if self.evidence.evaluated[id]:
            return "pass", ""
        # Only a whole selection with the smoke checks must give evidence on all of them.
        if partial(self.config) or "smoke" not in selected_packs(self.config):
            return "not-selected", "no exchange of this selection gave evidence"
        return "not-run", cause or "no exchange of this run gave evidence"

    def _silent_packs(self) -> Iterator[str]:
        """A word for each named pack of which nothing was evaluated: it was asked for, and its
        silence proves nothing."""
        for pack in sorted(named_packs(self.config)):
            of_pack = [id for id, check in self.checks.items() if check.pack == pack]
            ends = [self.evidence.outcomes[id] for id in of_pack]
            if ends and all(outcome in UNEVALUATED for outcome, _ in ends):
                why = "; ".join(dict.fromkeys(reason for _, reason in ends))
                yield f"nothing of the pack {pack} was evaluated: {why}"
