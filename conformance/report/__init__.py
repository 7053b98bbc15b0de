"""What a run found, in every format."""
