"""Bytes from the street become observations: dialects, normalisation, quality, stores."""
