"""The mock beside Prism: the same contract, client, requests and minutes for both.

`python -m bench` measures how long each needs from process start to its first answer, and how
many requests a second each answers. Both servers run on this machine, in alternating rounds.
"""
