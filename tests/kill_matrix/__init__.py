"""The suite's warranty: faulty mocks that it must catch, legal ones that it must not accuse."""
