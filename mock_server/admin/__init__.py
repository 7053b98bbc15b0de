"""The control plane: `/__admin`, served from its own contract, `admin.yaml`."""

__all__: list[str] = []
