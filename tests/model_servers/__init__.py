"""Local servers that speak and check the protocols of hosted models, and a desktop for them."""
