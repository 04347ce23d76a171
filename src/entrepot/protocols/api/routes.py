"""Every path of our own interface."""

from entrepot.http.routes import Route
from entrepot.protocols.api import firewall, inventory, openapi, repositories, storage, tokens

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
    Route("GET", "/policies", firewall.policies),
    Route("POST", "/policies", firewall.apply_policy),
    Route("POST", "/policies/simulate", firewall.simulate_policy),
    Route("GET", "/policies/{name}", firewall.policy),
    Route("DELETE", "/policies/{name}", firewall.remove_policy),
    Route("GET", "/waivers", firewall.waivers),
    Route("POST", "/waivers", firewall.ask_waiver),
    Route("POST", "/waivers/{number}", firewall.decide_waiver),
    Route("GET", "/inventory", inventory.show),
    Route("GET", "/decisions", firewall.decisions),
    Route("GET", "/decisions/verify", firewall.verify),
    Route("GET", "/decisions/{uid}", firewall.decision),
)
