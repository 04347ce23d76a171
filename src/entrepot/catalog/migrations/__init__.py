"""How the catalog came to be: expand first, contract once no old code runs. Each file is one step."""
