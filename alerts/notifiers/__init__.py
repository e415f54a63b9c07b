"""Ways to tell the outside: one notifier a file, each exporting `NOTIFIER`."""
