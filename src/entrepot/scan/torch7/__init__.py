"""Torch7: Lua objects as `torch.save` wrote them before PyTorch."""
