"""A connection of bytes to a mock."""

from tests.serving import HEADERS

KEY = f"Authorization: {HEADERS['Authorization']}"


def request(method, path, *headers, body=b"", version="1.1"):
    """The bytes of a request, with the key and, but for another length, the body's."""
    length = (
        ()
        if any("-Encoding" in h or "-Length" in h for h in headers)
        else (f"Content-Length: {len(body)}",)
    )
    lines = (f"{method} {path} HTTP/{version}", "Host: localhost", KEY, *length, *headers, "", "")
    return "\r\n".join(lines).encode() + body


class Connection:
    """A connection of bytes."""

    def __init__(self, connected):
        self.socket = connected
        self.rest = b""

    def send(self, data):
        self.socket.sendall(data)

    def read(self):
        """The next response: its status, headers and body."""
        head = self._until(lambda: self.rest.find(b"\r\n\r\n") + 4, 4)
        status, *lines = head.decode("latin-1").split("\r\n")[:-2]
        headers = dict(line.lower().split(": ", 1) for line in lines)
        length = int(headers.get("content-length", 0))
        body = self._until(lambda: length, length)
        return int(status.split(" ")[1]), headers, body

    def closed(self):
        """Wait until the mock has closed its side; what came before that."""
        return self.rest + b"".join(iter(lambda: self.socket.recv(65536), b""))

    def _until(self, end, least):
        while end() < least or len(self.rest) < end():
            received = self.socket.recv(65536)
            assert received, "the connection was closed before the response was whole"
            self.rest += received
        found, self.rest = self.rest[: end()], self.rest[end() :]
        return found
