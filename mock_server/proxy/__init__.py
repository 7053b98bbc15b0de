"""A proxy before a real backend: forwards, checks, keeps a journal."""
