"""Other views of the contract, each a module that turns it into one format."""
