"""Training recognisers: clips -> augmentation -> batches -> fine-tuning."""
