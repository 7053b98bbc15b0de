"""What a proxy flagged, read from its answers."""

import json


def violations(response):
    return json.loads(response.headers.get("x-mock-violations", "[]"))
