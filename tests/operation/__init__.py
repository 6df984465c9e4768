"""The database layer, tested from outside: by calling procedures and running the commands."""
