"""The pages: one file each; `alerts.console.app` has the table of their addresses."""
