"""Entrepot: a self-hosted registry and firewall for AI models, datasets and the packages around them."""

__version__ = "0.1.0"
