"""Edits of openapi.yaml that an owner makes, each followed by both programs or refused by both."""
