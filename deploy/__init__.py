"""Puts the stages together: settings, clock, runtimes, the composition root and the `wangge` command."""
