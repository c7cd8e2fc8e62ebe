"""What the one command's subcommands do; each module is loaded only when one of its own is asked for."""
