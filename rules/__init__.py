"""Observations become transitions: rules, their conditions, the engine that runs them and the tests that they carry."""
