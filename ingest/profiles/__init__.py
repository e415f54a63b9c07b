"""Device profiles: one YAML file per device model says what the fields of its messages, or its bytes, mean.

`models/` holds the profiles that are shipped; a site adds its own in its folder `profiles/`. `loading` reads and checks
the files, `reading.observe` applies one. docs/profiles.md says how a new model is added without code.
"""
