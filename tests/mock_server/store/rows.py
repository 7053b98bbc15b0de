"""What the tests put into a store."""

from mock_server.domain.records import Change, Completion
from mock_server.domain.session import Session
from mock_server.store.opening import embedded_store, shared_store
from tests.serving import usual_files

_READ = usual_files().contract
CONTRACT = (_READ.lifecycle, _READ.resource.result)
LASTING = ["file", "postgres"]
ODD = "a\x00b\x1a0ü\U0001f600 %s ? \\ 'x' \"y\""


def database_of(store):
    return store.tables.database


def sandbox_of(store):
    return store.tables.sandbox


def beside(store):
    """Another sandbox of the same store."""
    made = shared_store if database_of(store).shared else embedded_store
    return made(database_of(store), f"{sandbox_of(store)}-other")


def session(number=1, **members):
    defaults = {"agent_id": "a", "channel": "web", "ttl_seconds": None, "state": "active"}
    return Session(f"s{number}", **{**defaults, "created": 1, "last_activity": number, **members})


def final(number=1, **members):
    over = {"state": "final", "holds": False, "final_reason": "ttl", "finished": 9}
    return session(number, **over, **members)


def completion(stored, webhook=None, **data):
    result = {"agentId": "a", "callStatus": "Completed", "endpoint": "web", **data}
    return Completion(result, CONTRACT[1].columns(result), 9, 9, "ttl", None, webhook)


def finish(run, store, number=1, webhook=None, **data):
    """Store a session that is final, with its call result."""
    run(store.sessions.insert(session(number)))
    made = lambda stored: completion(stored, webhook, callId=stored.id, **data)  # noqa: E731
    assert run(store.sessions.apply(Change(final(number), "active", complete=made)))


WEBHOOK = {"url": "http://x/", "headers": {"K": "v"}, "payload": {"a": "\x00"}}
