"""Training and measuring recognisers: corpora -> splits -> preparation -> augmentation -> fine-tuning -> evaluation."""
