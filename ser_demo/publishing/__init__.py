"""What others get of a training: the model card and the Hub."""
