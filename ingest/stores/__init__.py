"""Time-series stores, one file each (exports `STORE`); all pass the same contract tests."""
