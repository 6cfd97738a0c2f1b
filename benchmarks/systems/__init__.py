"""The speech emotion recognisers of well-known tutorials, rebuilt to be measured side by side with ours."""
