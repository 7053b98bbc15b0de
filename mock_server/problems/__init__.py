"""What can be wrong with a request, in words."""
