"""The part of the matrix that is measured on every change."""

__all__ = ["FAST_CHOICES", "FAST_MUTANTS"]

FAST_MUTANTS = (
    "disabled-agent-takes-sessions",
    "no-deduplication",
    "nested-key-order-matters",
    "duplicate-open-takes-the-agent",
    "list-shows-final-sessions",
    "channel-filter-is-a-prefix",
    "list-is-ascending",
    "pages-overlap",
    "turn-returns-the-user-turn",
    "text-is-stripped",
    "final-session-keeps-refused-turns",
    "replay-runs-again",
    "finishing-key-is-forgotten",
    "second-end-overwrites-the-reason",
    "end-clears-the-transcript",
    "turn-revives",
    "finish-is-not-kept",
    "turn-does-not-move-last-activity",
    "internal-member-is-shown",
    "call-result-for-every-end",
    "get-needs-no-key",
    "refused-end-ends",
    "unknown-agent-is-a-server-error",
    "problem-always-says-400",
    "key-drops-the-timeout",
    "late-ends-are-refused",
    "payload-without-org",
)
FAST_CHOICES = (
    "duplicate_open=conflict",
    "final_submit=410",
    "listed_messages=null",
    "greeting=on",
    "time_format=seconds",
    "uuid_case=upper",
)
