"""How other servers are reached over HTTP."""
