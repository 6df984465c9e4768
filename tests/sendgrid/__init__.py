"""A stand-in for SendGrid: takes mail by its documented rules, keeps it, shows it, and fails on request."""
