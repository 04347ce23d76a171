"""Every path of our own interface."""

from entrepot.http.routes import Route
from entrepot.protocols.api import openapi, repositories, storage, tokens

ROUTES: tuple[Route, ...] = (
    Route("GET", "/openapi.json", openapi.show),
    Route("GET", "/whoami", tokens.whoami),
    Route("GET", "/repositories", repositories.listed),
    Route("POST", "/repositories", repositories.create),
    Route("GET", "/repositories/{name}", repositories.show),
    Route("DELETE", "/repositories/{name}", repositories.delete),
    Route("GET", "/tokens", tokens.listed),
    Route("POST", "/tokens", tokens.create),
    Route("DELETE", "/tokens/{number}", tokens.revoke),
    Route("GET", "/storage", storage.show),
)
