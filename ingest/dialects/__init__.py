"""The dialects: one file for each way that devices write their messages (see docs/dialects.md)."""
