"""An API of tickets that has no code in the project: examples/tickets, served and judged."""
