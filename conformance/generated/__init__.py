"""Generated requests and sequences: Schemathesis and Hypothesis."""
