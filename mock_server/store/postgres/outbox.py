"""The outbox of the shared store: each webhook is sent by the mock that claims it."""

from ...domain.records import Delivery
from .. import outbox


class SharedOutbox(outbox.Outbox):
    waiting = f"{outbox.Outbox.waiting} AND (claimed IS NULL OR claimed < clock_timestamp())"
    released = ", claimed = NULL"
    locked = " FOR UPDATE"

    async def claim(self, delivery: Delivery, seconds: float) -> bool:
        # It must be as it was when it was read: another mock may have tried it since.
        claimed = await self.tables.run(
            "UPDATE outbox SET claimed = clock_timestamp() + make_interval(secs => :seconds) "
            f"WHERE {self.waiting} AND serial = :serial AND attempts = :attempts AND due = :due",
            seconds=seconds, serial=delivery.serial, attempts=delivery.attempts, due=delivery.due,
        )  # fmt: skip
        return claimed == 1
