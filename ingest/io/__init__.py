"""Frames from the outside: the MQTT source."""
