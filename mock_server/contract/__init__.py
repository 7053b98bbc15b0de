"""The contract and the fixtures, read once."""
