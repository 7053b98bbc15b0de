"""The chat sessions themselves: no HTTP, no SQL, no wall clock."""
