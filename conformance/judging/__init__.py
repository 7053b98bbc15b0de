"""What the answers of a target prove: pure, no I/O."""
