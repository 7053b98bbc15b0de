"""The Tickets API in Werkzeug, written from `examples/tickets/openapi.yaml` alone.

It shares nothing with the mock or the suite. Each of its faults breaks rules of that contract.
"""
