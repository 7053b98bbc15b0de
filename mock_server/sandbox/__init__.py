"""One client's clock, state and journal; the pool of them."""
