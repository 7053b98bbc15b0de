"""What a connection may hold, in bytes, and how long it may take, in seconds."""

TARGET_LIMIT = 16 * 1024  # path and query
HEAD_LIMIT = 64 * 1024  # request line and headers
HEADERS_LIMIT = 100  # their number

REQUEST_SECONDS = 60  # from a request's first byte to its last
READING_SECONDS = 60  # until a client has taken more of an answer
# Clients that poll reuse a connection: longer than Go keeps one idle (90), and balancers (60).
IDLE_SECONDS = 120
HALF_CLOSED_SECONDS = 60  # until the answer to a client that has closed its side
LINGER_SECONDS = 1
