"""One function a rule: the rules of `openapi.yaml`, in its order, as code."""
