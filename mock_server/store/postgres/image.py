"""All that a sandbox holds in the shared store, and who uses it."""

from ..image import Image
from ..tables import Transaction


class SharedImage(Image):
    async def touch(self) -> None:
        await self.tables.run(
            "INSERT INTO adjourn_sandboxes VALUES (:sandbox, clock_timestamp()) "
            "ON CONFLICT (sandbox) DO UPDATE SET used = clock_timestamp()"
        )

    async def abandon(self, seconds: float) -> bool:
        return await self.tables.whole(lambda statements: _abandon(statements, seconds), {})


async def _abandon(statements: Transaction, seconds: float) -> bool:
    row = await statements.row(
        "SELECT used < clock_timestamp() - make_interval(secs => :seconds) AS idle "
        "FROM adjourn_sandboxes WHERE sandbox = :sandbox FOR UPDATE",
        seconds=seconds,
    )
    if row is None:  # another mock has forgotten it already
        return True
    if row["idle"]:
        await statements.run("DELETE FROM adjourn_sandboxes WHERE sandbox = :sandbox")
        await statements.empty()
    return bool(row["idle"])
