"""Requests by grammar and by bytes, to the mock's API, its control plane and its proxy."""
