"""The crew pages: small static files for a phone, which work with a bad connection or none.

The page, its script and the list of tasks stay on the phone. What a crew does without a connection waits in a queue
and is sent, in order, when there is one; the server recognises what it has already got.
"""
