"""The web interface: server-rendered pages, another client of the operations. It works without JavaScript."""
