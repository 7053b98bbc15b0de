"""URLs of PostgreSQL databases: whether one is sound, and how to speak of it without its secret."""

from urllib.parse import unquote

SCHEMES = ("postgresql", "postgres")
_WANTED = "wanted postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
_ENCODE = "special characters of a password are written as %40 for @, %2F for /, %3A for :"


def url_fault(url: str) -> str | None:
    """Why a URL of one of `SCHEMES` cannot be used, or None.

    The driver's own words are not among it: they quote the URL, its password included.
    """
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    rest = url.partition("://")[2].partition("?")[0]
    user, _, behind = rest.rpartition("@")
    if "@" in user or "/" in user or user.count(":") > 1:
        return f"it cannot be told where the password ends: {_ENCODE}"
    hosts = behind.partition("/")[0]
    if not all(_port(host).isdecimal() for host in hosts.split(",")):
        return f"the port is no number: {_WANTED}; {_ENCODE}"
    try:
        conninfo_to_dict(url)
    except ProgrammingError:
        return f"it is no URL of a database: {_WANTED}?OPTION=VALUE; {_ENCODE}"
    return None


def place_of(url: str) -> str:
    """Host, port and database of a sound URL, for people to read."""
    scheme, _, rest = url.partition("://")
    behind = rest.partition("?")[0].rpartition("@")[2]
    return f"{scheme}://{unquote(behind)}"


def _port(host: str) -> str:
    # An address of version 6 is in brackets and holds colons itself.
    return host.rpartition("]")[2].partition(":")[2] or "0"
