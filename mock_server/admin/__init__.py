"""The control plane: `/__admin`, served from its own contract, `admin.yaml`."""
