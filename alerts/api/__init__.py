"""The HTTP interface: one router per resource, pydantic in and out, every changing route behind a role.

`app.create_app(context)` puts it together. Reading is in `reads/` (used by the console too), deciding is elsewhere:
a route checks who asks, calls one function of `alerts`, and says what came of it.
"""
