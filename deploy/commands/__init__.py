"""The subcommands of `wangge`, one file each (exports `COMMAND`)."""
