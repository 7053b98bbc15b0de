"""What is asked for in a way that cannot be followed, as a shell line each.

Files are those of `FILES`, and the ports 8001 and up those of the servers in `tests.wrong_targets`.
"""

from __future__ import annotations

SUITE = {
    "Options and commands": """
adjourn-conformance --proflie smoke
adjourn-conformance nonsense
adjourn-conformance --target http://127.0.0.1:8001 sweep
adjourn-conformance --profile smok
adjourn-conformance --rule EDN-01
adjourn-conformance --rule TTL-01
adjourn-conformance --rule TURN-18
adjourn-conformance --rule END-01 --read-only
adjourn-conformance --read-only --allow-writes
adjourn-conformance --seed many
adjourn-conformance --timeout 0
adjourn-conformance --rate -1
adjourn-conformance --max-concurrency 0
adjourn-conformance --ttl-grace nan
adjourn-conformance --index-wait -1
adjourn-conformance --webhook-wait -1
adjourn-conformance --wait-ready -1
adjourn-conformance --max-sessions -1
adjourn-conformance --max-turns many
adjourn-conformance --max-requests -1
adjourn-conformance --max-seconds inf
adjourn-conformance --cleanup-wait -1
adjourn-conformance --repeats -1
adjourn-conformance --agent ''
adjourn-conformance --disabled-agent ''
adjourn-conformance explain EDN-01
adjourn-conformance sweep
adjourn-conformance sweep --run mine
adjourn-conformance sweep --target https://staging.invalid
""",
    "Environment": """
CONFORMANCE_PROFIL=smoke adjourn-conformance
CONFORMANCE_SEED=many adjourn-conformance
CONFORMANCE_STRICT=perhaps adjourn-conformance
CONFORMANCE_TARGET= adjourn-conformance
CONFORMANCE_TOKEN=$'two\\nlines' adjourn-conformance
""",
    "Files": """
adjourn-conformance --contract nowhere.yaml
adjourn-conformance --contract notes.txt
adjourn-conformance --contract broken.yaml
adjourn-conformance lint --contract nowhere.yaml
adjourn-conformance --config nowhere.toml
adjourn-conformance --config broken.toml
adjourn-conformance --config misspelt.toml
adjourn-conformance --config secret.toml
adjourn-conformance --config many.toml
adjourn-conformance --baseline nowhere.toml
adjourn-conformance --baseline broken.toml
adjourn-conformance --baseline unknown-rule.toml
adjourn-conformance --baseline unexplained.toml
adjourn-conformance --write-baseline broken.toml
adjourn-conformance --report notes.txt/report
adjourn-conformance --replay nowhere.json
adjourn-conformance --replay notes.txt
adjourn-conformance compare nowhere.json nowhere.json
adjourn-conformance compare notes.txt notes.txt
adjourn-conformance --target http://127.0.0.1:8001 --ledger notes.txt
adjourn-conformance sweep --ledger nowhere.jsonl
adjourn-conformance sweep --ledger notes.txt
""",
    "Target": """
adjourn-conformance --target localhost:4010
adjourn-conformance --target http://::1:4010
adjourn-conformance --target ftp://staging.invalid
adjourn-conformance --target http://127.0.0.1:99999
adjourn-conformance --target http://[::1:4010
adjourn-conformance --target http://[::1]x:4010
adjourn-conformance --target http://[fe80::1]:4010
adjourn-conformance --target http://staging..invalid
adjourn-conformance --target https://me:password@staging.invalid
adjourn-conformance --target 'http://127.0.0.1:8001?tenant=1'
adjourn-conformance --target https://staging.invalid
adjourn-conformance --target https://staging.invalid --read-only
adjourn-conformance --target http://127.0.0.1:8002
adjourn-conformance --target http://127.0.0.1:8003
adjourn-conformance --target http://127.0.0.1:8004
adjourn-conformance --target http://127.0.0.1:8005/api/v1
adjourn-conformance --target http://127.0.0.1:8005
adjourn-conformance --target https://127.0.0.1:8001
adjourn-conformance --target http://localhost --unix-socket nowhere.sock
adjourn-conformance --target http://localhost --unix-socket notes.txt
adjourn-conformance --target http://localhost --unix-socket .
adjourn-conformance --target '"http://localhost:8000"'
adjourn-conformance --target 'http:\\localhost:8000'
adjourn-conformance --target http://127.0.0.1:8001 --http2
""",
    "Certificates": """
adjourn-conformance --target https://localhost:8006
adjourn-conformance --target https://127.0.0.1:8006 --ca authority.pem
adjourn-conformance --target https://localhost:8007 --ca authority.pem
adjourn-conformance --target http://localhost:8006
adjourn-conformance --target https://localhost:8006 --ca nowhere.pem
adjourn-conformance --target https://localhost:8006 --ca notes.txt
SSL_CERT_FILE=notes.txt adjourn-conformance --target https://localhost:8006
adjourn-conformance --target https://localhost:8006 --client-cert nowhere.pem
adjourn-conformance --target https://localhost:8006 --client-cert notes.txt
adjourn-conformance --target https://localhost:8006 --client-cert localhost.pem,other.test.key
adjourn-conformance --target https://localhost:8006 --client-cert ,localhost.key
adjourn-conformance --target https://localhost:8006 --client-cert .
adjourn-conformance --target https://localhost:8006 --insecure --ca authority.pem
""",
    "Proxies, headers and sockets": """
adjourn-conformance --target http://staging.invalid --proxy ftp://proxy.test
HTTPS_PROXY=ftp://proxy.test adjourn-conformance --target https://staging.invalid
adjourn-conformance --proxy http://proxy.test --no-proxy
adjourn-conformance --proxy http://proxy.test --unix-socket adjourn.sock
adjourn-conformance --target https://staging.invalid --proxy http://127.0.0.1:8008 --read-only
adjourn-conformance --target http://staging.invalid --proxy http://127.0.0.1:8008 --read-only
adjourn-conformance --http2
adjourn-conformance --header X-Gateway-Key
adjourn-conformance --header 'X Gateway Key: key'
adjourn-conformance --header 'Authorization: Bearer key'
adjourn-conformance --header 'Proxy-Authorization: Basic key'
adjourn-conformance --header 'Content-Length: 5'
adjourn-conformance --header 'Host: a.test' --header 'Host: b.test'
adjourn-conformance --header 'X-Gateway-Key: $NOT_SET'
adjourn-conformance --header 'X-Price: 5$'
""",
    "Keys": """
adjourn-conformance --target http://127.0.0.1:8001 --token-command 'exit 3'
adjourn-conformance --target http://127.0.0.1:8001 --token-command true
CONFORMANCE_TOKEN=key-0001 adjourn-conformance --token-command 'cat key'
CONFORMANCE_TOKEN='Bearer key-0001' adjourn-conformance
adjourn-conformance --token-url https://id.invalid/token
adjourn-conformance --token-url https://id.invalid/token --client-id suite
CONFORMANCE_CLIENT_SECRET=secret-0001 adjourn-conformance --client-id suite --token-url id.invalid
adjourn-conformance --client-id suite
adjourn-conformance --scope chats:read
CONFORMANCE_CLIENT_SECRET=secret-0001 adjourn-conformance --target http://127.0.0.1:8001 --client-id suite --token-url http://127.0.0.1:8009
CONFORMANCE_CLIENT_SECRET=secret-0001 adjourn-conformance --target http://127.0.0.1:8001 --client-id suite --token-url http://127.0.0.1:8003
CONFORMANCE_CLIENT_SECRET=secret-0001 adjourn-conformance --target http://127.0.0.1:8001 --client-id suite --token-url http://127.0.0.1:8013
CONFORMANCE_CLIENT_SECRET=secret-0001 adjourn-conformance --target http://127.0.0.1:8001 --client-id suite --token-url https://localhost:8006
CONFORMANCE_CLIENT_SECRET=secret-0001 adjourn-conformance --target http://127.0.0.1:8001 --client-id suite --token-url https://127.0.0.1:8001
CONFORMANCE_CLIENT_SECRET=secret-0001 adjourn-conformance --target http://127.0.0.1:8001 --client-id suite --token-url http://id.invalid
CONFORMANCE_CLIENT_SECRET=secret-0001 adjourn-conformance --target http://127.0.0.1:8001 --client-id suite --token-url http://127.0.0.1:8004
CONFORMANCE_CLIENT_SECRET=secret-0001 adjourn-conformance --target http://127.0.0.1:8001 --client-id suite --token-url http://127.0.0.1:8005
CONFORMANCE_CLIENT_SECRET=secret-0001 adjourn-conformance --client-id suite --token-url http://me:password@id.invalid
""",  # noqa: E501
    "Keys and agents that the target does not know": """
adjourn-conformance --target http://127.0.0.1:8011
CONFORMANCE_TOKEN=key-0001 adjourn-conformance --target http://127.0.0.1:8011
adjourn-conformance --target http://127.0.0.1:8011 --token-command 'echo key-0001'
adjourn-conformance --target http://127.0.0.1:8012
adjourn-conformance --target http://127.0.0.1:8012 --agent nobody
adjourn-conformance --target http://127.0.0.1:8012 --agent plain --tool-agent nobody
adjourn-conformance --target http://127.0.0.1:8012 --agent plain --closing-agent nobody --closing-text bye
""",  # noqa: E501
    "Webhooks": """
adjourn-conformance --profile webhooks --webhook-listen here
adjourn-conformance --profile smoke --webhook-listen 127.0.0.1
adjourn-conformance --profile webhooks --webhook-listen 127.0.0.1:70000
adjourn-conformance --profile webhooks --webhook-listen 127.0.0.1:8001
adjourn-conformance --profile webhooks --webhook-listen 127.0.0.1:0 --webhook-url tunnel
adjourn-conformance --profile webhooks --webhook-url https://tunnel.test
""",
}

# What the target could not show: exit code 3.
UNSHOWN = """
adjourn-conformance --target http://127.0.0.1:8000
adjourn-conformance --target http://127.0.0.1:8010
adjourn-conformance --target http://staging.invalid --proxy http://127.0.0.1:8000 --read-only
"""

MOCK = {
    "Options and commands": """
adjourn-mock --prot 4010
adjourn-mock nonsense
adjourn-mock openapi.yaml
adjourn-mock --port 4010 clock show
adjourn-mock --port 99999
adjourn-mock --port many
adjourn-mock --choice nonsense
adjourn-mock --choice duplicate_open=perhaps
adjourn-mock --token ' '
adjourn-mock --db mysql://localhost/chats
adjourn-mock --db postgresql://localhost:many/chats
adjourn-mock --log-format xml
adjourn-mock --frozen-time yesterday
adjourn-mock --sandbox-idle 0
adjourn-mock --seed-number many
adjourn-mock --admin-token ' '
adjourn-mock --allowed-host http://mock.test/
adjourn-mock --admin-cors-origin mock.test
adjourn-mock --cors-origin http://127.0.0.1:8000/page
adjourn-mock --trust-forwarded proxy.test
adjourn-mock proxy
adjourn-mock proxy --upstream localhost:8001
adjourn-mock proxy --upstream http://me:password@localhost:8001
adjourn-mock proxy --upstream 'http://localhost:8001?tenant=1'
adjourn-mock proxy --upstream http://localhost --unix-socket notes.txt
adjourn-mock clock advance soon
adjourn-mock clock show --sandbox 'two words'
adjourn-mock clock show --url localhost:4010
adjourn-mock clock show --url http://me:password@localhost:4010
adjourn-mock seed
""",
    "Environment": """
ADJOURN_PROT=4010 adjourn-mock
ADJOURN_PORT=many adjourn-mock
PORT=many adjourn-mock
""",
    "Files": """
adjourn-mock --config nowhere.toml
adjourn-mock --config broken.toml
adjourn-mock --config misspelt.toml
adjourn-mock --config nested.toml
adjourn-mock --ssl-keyfile localhost.key
adjourn-mock --port 0 --ssl-certfile nowhere.pem
adjourn-mock --port 0 --ssl-certfile notes.txt
adjourn-mock --port 0 --ssl-certfile localhost.pem --ssl-keyfile locked.key
adjourn-mock --port 0 --contract nowhere.yaml
adjourn-mock --port 0 --contract notes.txt
adjourn-mock --port 0 --agents broken.yaml
adjourn-mock --port 0 --seed notes.txt
adjourn-mock seed nowhere.yaml
adjourn-mock seed notes.txt
""",
    "Webhooks and the way to other servers": """
adjourn-mock --webhook-url tunnel
adjourn-mock --webhook-url ftp://me:password@tunnel.test
adjourn-mock --webhook-secret abc
adjourn-mock --webhook-timeout 0
adjourn-mock --webhook-backoff -1
adjourn-mock --webhook-allow https://hooks.test/
adjourn-mock --ca nowhere.pem
adjourn-mock --ca notes.txt
adjourn-mock --client-cert nowhere.pem
adjourn-mock --client-cert localhost.pem,other.test.key
adjourn-mock --insecure --ca authority.pem
adjourn-mock --proxy ftp://proxy.test
adjourn-mock --proxy http://proxy.test --no-proxy
adjourn-mock --header X-Gateway-Key
adjourn-mock --header 'X Gateway Key: key'
adjourn-mock --header 'X-Gateway-Key: $NOT_SET'
adjourn-mock --header 'X-Price: 5$'
adjourn-mock --header 'Content-Length: 5'
adjourn-mock --header 'X-Gateway-Key: key'
adjourn-mock clock show --header 'Authorization: Bearer key'
adjourn-mock proxy --upstream http://localhost:8001 --header 'Authorization: Bearer key'
SSL_CERT_FILE=notes.txt adjourn-mock --port 0 --webhook-url https://localhost:8006
HTTPS_PROXY=ftp://proxy.test adjourn-mock --port 0 --webhook-url https://hooks.test
SSL_CERT_FILE=notes.txt adjourn-mock proxy --port 0 --upstream https://localhost:8006
""",
}

# A database that a mock cannot use, or an address that it cannot have: exit codes 3 and 4.
UNSERVED = """
adjourn-mock --port 0 --db nowhere/chats.db
adjourn-mock --port 0 --db notes.txt
"""
UNBOUND = """
adjourn-mock --port 8001
adjourn-mock --port 0 --host staging.invalid
"""

FILES = {
    "notes.txt": "Nothing but a note.\n",
    "broken.toml": "profile\n",
    "broken.yaml": "agents: [\n",
    "misspelt.toml": 'profil = "smoke"\n',
    "secret.toml": 'token = "key-0001"\n',
    "many.toml": 'seed = "many"\n',
    "nested.toml": "[port]\nnumber = 4010\n",
    "unknown-rule.toml": '["EDN-01"]\nreason = "late"\nlink = "https://t.test/1"\n',
    "unexplained.toml": '["END-01"]\nreason = "TODO"\nlink = "TODO"\n',
}
