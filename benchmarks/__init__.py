"""Measurements that take too long for tests; each script prints a table for README.md beside it."""
