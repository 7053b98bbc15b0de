"""What is told to run again reaches the target as the run has reached it."""

import itertools
import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.judging.exchange import Exchange
from conformance.report.model import build
from conformance.run.run import Run
from tests.network import Authority

from .test_model import broken

Make = Callable[..., Any]


def finding(run: Run, *trace: Exchange) -> dict[str, Any]:
    rules = build(broken(run, *trace))["rules"]
    (told,) = next(rule["findings"] for rule in rules if rule["id"] == "END-03")
    return dict(told)


def test_what_is_told_to_run_again_goes_the_same_way(
    make_run: Make, exchange: Any, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENANT", "of-the-tests")
    certificate, key = authority.issue("suite.example.test")
    run = make_run(
        target="https://x.test", allow_writes=True, timeout=2.5, ca=authority.file,
        client_cert=f"{certificate},{key}", proxy="http://me:proxy-0001@proxy.test:3128",
        headers=("X-Gateway: gateway-0001", "X-Tenant: $TENANT"),
        token=None, token_command="print key",
    )  # fmt: skip
    found = finding(run, exchange("endChat", {}))
    words, steps = shlex.split(found["rerun"]), found["steps"]
    told = dict(itertools.pairwise(words))
    assert (told["--ca"], told["--client-cert"]) == (str(authority.file), f"{certificate},{key}")
    assert (told["--proxy"], told["--timeout"]) == ("http://proxy.test:3128", "2.5")
    assert told["--token-command"] == "print key"
    assert {"X-Gateway: [redacted]", "X-Tenant: $TENANT"} <= {*words}
    curl = dict(itertools.pairwise(shlex.split(steps[0]["curl"])))
    assert (curl["--cacert"], curl["--proxy"]) == (str(authority.file), "http://proxy.test:3128")
    assert (curl["--cert"], curl["--key"]) == (str(certificate), str(key))
    assert "0001" not in json.dumps(build(run))


@pytest.mark.parametrize(
    ("settings", "own", "curls"),
    [
        ({"insecure": True}, "--insecure", "--insecure"),
        ({"no_proxy": True}, "--no-proxy", "--noproxy '*'"),
        ({"unix_socket": Path("a b")}, "--unix-socket 'a b'", "--unix-socket 'a b'"),
        ({"http2": True}, "--http2", "--http2-prior-knowledge"),
        ({"webhook_listen": "127.0.0.1:9"}, "--webhook-listen 127.0.0.1:9", ""),
        ({"index_wait": 0.0}, "--index-wait 0", ""),
    ],
)
def test_each_part_of_the_way_is_told(
    make_run: Make, exchange: Any, settings: dict[str, Any], own: str, curls: str
) -> None:
    run = make_run(target="https://x.test", read_only=True, **settings)
    told = finding(run, exchange("endChat", {}))
    assert f" {own} " in told["rerun"]
    assert f" {curls} " in f" {told['steps'][0]['curl']} ".replace("  ", " ") or not curls
