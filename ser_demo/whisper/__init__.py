"""The embedded network as a custom Hugging Face model: configuration, feature extractor, classifier.

The three modules import nothing of SER Demo: they are saved beside the weights, so that
`transformers.pipeline(..., trust_remote_code=True)` loads the checkpoint where SER Demo is not installed.
"""
