"""The notifier and the stand-in that it sends to, tested from outside."""
