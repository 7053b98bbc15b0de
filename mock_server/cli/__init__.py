"""Options, commands and the banner."""
