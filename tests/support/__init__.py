"""What the tests of every layer share."""
