"""The one way to the target."""
