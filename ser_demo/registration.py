"""Makes the embedded network known to transformers' Auto classes, without importing transformers before anyone does.

transformers takes seconds to import, and a program that only reads a result or prints a help text never needs it. So
registration is hung on the modules that look classes up: it runs when they are imported, or at once where they are.
"""

from types import ModuleType

from wrapt import register_post_import_hook


def register_when_transformers_loads() -> None:
    """After this, `AutoConfig` and its like find the embedded network in any checkpoint of its type."""
    register_post_import_hook(_register_config, "transformers.models.auto.configuration_auto")
    register_post_import_hook(_register_feature_extractor, "transformers.models.auto.feature_extraction_auto")
    register_post_import_hook(_register_model, "transformers.models.auto.modeling_auto")


def _register_config(auto: ModuleType) -> None:
    from ser_demo.whisper.configuration_ser_whisper import SerWhisperConfig

    auto.AutoConfig.register(SerWhisperConfig.model_type, SerWhisperConfig)


def _register_feature_extractor(auto: ModuleType) -> None:
    from ser_demo.whisper.configuration_ser_whisper import SerWhisperConfig
    from ser_demo.whisper.feature_extraction_ser_whisper import SerWhisperFeatureExtractor

    auto.AutoFeatureExtractor.register(SerWhisperConfig, SerWhisperFeatureExtractor)


def _register_model(auto: ModuleType) -> None:
    from ser_demo.whisper.configuration_ser_whisper import SerWhisperConfig
    from ser_demo.whisper.modeling_ser_whisper import SerWhisperForAudioClassification

    auto.AutoModelForAudioClassification.register(SerWhisperConfig, SerWhisperForAudioClassification)
