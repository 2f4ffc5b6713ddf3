"""What the console command does, a module a subcommand: `add_arguments(parser)`, `run(options)`."""
