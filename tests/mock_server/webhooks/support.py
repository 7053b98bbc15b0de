"""What the tests of webhooks look at: signatures, the log, the sink."""

import base64
import hashlib
import hmac

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
LOG = "/__admin/webhooks/deliveries"


def received(api, name="test", **headers):
    return api.get(f"/__admin/sink/{name}", headers=headers).json()["received"]


def is_signed(headers, body, secret=SECRET):
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.digest(base64.b64decode(secret[6:]), content, hashlib.sha256)
    return headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


def attempts(api, eventually):
    """Those at the only delivery, as soon as there are any."""
    found = []

    def made():
        (delivery,) = api.get(LOG).json()["deliveries"]
        found[:] = delivery["attempts"]
        return found

    eventually(made)
    return found
