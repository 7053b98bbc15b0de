"""Modules that are loaded at first use."""

import sys

from mock_server.http.lazy import deferred


def test_a_deferred_module_is_loaded_when_it_is_looked_into():
    name = "wave"
    sys.modules.pop(name, None)
    with deferred(name):
        import wave
    assert name not in sys.modules
    assert wave.Wave_read.__module__ == name
    assert name in sys.modules


def test_a_module_that_is_loaded_already_stays_what_it_is():
    loaded = sys
    with deferred("sys"):
        import sys as again
    assert again is loaded
