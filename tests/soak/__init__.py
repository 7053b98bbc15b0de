"""Load for a long time, well below what the mock can do, with faults off and on."""
