"""Legal servers in every combination: none may be accused."""
