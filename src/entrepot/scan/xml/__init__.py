"""XML as its readers take it: what a document makes them fetch, expand and run. No XML library is involved."""
