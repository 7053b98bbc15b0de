"""`openapi.yaml` as the suite reads it."""
