"""Labelled recordings: readers -> one table -> who trains, chooses and tests -> training clips."""
