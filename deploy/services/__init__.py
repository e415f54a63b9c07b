"""The servers of the cluster runtime: `get` fetches or builds them on this machine, `run` starts and stops them.

docs/services.md tells which versions, where from, and what is needed for each.
"""
