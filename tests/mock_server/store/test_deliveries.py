"""Webhooks that wait in a store, and their log."""

from mock_server.sandbox.documents import rows_of
from tests.mock_server.store.rows import CONTRACT, WEBHOOK, beside, finish


def test_a_webhook_waits_until_it_is_over(store, run):
    finish(run, store, webhook=WEBHOOK)
    (waiting,) = run(store.outbox.deliveries())
    assert (waiting.attempts, waiting.due, run(store.outbox.next_due())) == (0, 9, 9)
    assert run(store.outbox.claim(waiting, 9))
    run(store.outbox.delivered(waiting.serial, "unavailable", 20, {"status": 500}))
    (again,) = run(store.outbox.deliveries())
    assert (again.attempts, again.due) == (1, 20)
    run(store.outbox.postpone(again.serial, 30))
    assert run(store.outbox.next_due()) == 30
    run(store.outbox.delivered(again.serial, "delivered", None, {"status": 200}))
    assert (run(store.outbox.deliveries()), run(store.outbox.next_due())) == ([], None)
    run(store.outbox.postpone(again.serial, 40))
    assert run(store.outbox.deliveries()) == []
    logged = run(store.outbox.delivery(again.serial))
    assert (logged.outcome, logged.due, logged.log) == (
        "delivered", None, [{"status": 500}, {"status": 200}],
    )  # fmt: skip
    run(store.outbox.redeliver(again.serial, 50))
    assert [(one.attempts, one.due) for one in run(store.outbox.deliveries())] == [(0, 50)]


def test_the_log_of_webhooks_is_bounded(store, run):
    rows = [{"session_id": f"s{n % 2}", "url": "http://x/", "payload": {}} for n in range(1_010)]
    run(store.image.load(rows_of({"sessions": [], "deliveries": rows}, *CONTRACT)))
    serial = run(store.outbox.enqueue("s0", "http://x/", {}, {}, 0))
    for _ in range(60):
        run(store.outbox.delivered(serial, "delivered", None, {"status": 201}))
    log = run(store.outbox.log(None, 5_000))
    assert (len(log), len(log[0].log), log[0].log[-1]) == (1_000, 50, {"status": 201})
    assert [one.session_id for one in run(store.outbox.log("s0", 2))] == ["s0", "s0"]
    assert run(beside(store).outbox.log(None, 9)) == []
