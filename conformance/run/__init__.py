"""Plan, execute, clean up."""
