"""The pure floor: Polars in, Polars out; no files, no network, no clock."""
