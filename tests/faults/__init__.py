"""What happens while the database is away, slow, or changed."""
