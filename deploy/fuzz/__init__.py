"""Fuzzing of all dialects: spoiled recordings and random bytes; each must give observations or a named refusal."""
