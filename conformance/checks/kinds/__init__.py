"""The kinds of rules: one check a kind, which takes its truth from the contract."""
