"""Where Xet's endpoints stand, relative to a repository."""

from entrepot.http.routes import Route
from entrepot.protocols.huggingface.xet import cas, shards, tokens

_API = "/api/{type:type}/{id:id}"
_CAS = "/cas/{epoch}"
_PLAN = "reconstructions/{hash}"

_TOKENS = (
    Route("GET", f"{_API}/xet-read-token/{{rev}}", tokens.read_token, gives_bytes=True),
    Route("GET", f"{_API}/xet-write-token/{{rev}}", tokens.write_token, gives_bytes=True),
)

_STORE = (
    Route("GET", f"{_CAS}/v1/chunks/{{prefix2}}/{{hash}}", cas.chunk, own_auth=True),
    Route("POST", f"{_CAS}/v1/xorb-grants/{{prefix2}}/{{hash}}", cas.grant, own_auth=True),
    Route("POST", f"{_CAS}/v1/xorbs/{{prefix2}}/{{hash}}", cas.xorb, own_auth=True),
    Route("POST", f"{_CAS}/v1/shards", shards.v1, own_auth=True),
    Route("POST", f"{_CAS}/v2/shards", shards.v2, own_auth=True),
    Route("GET", f"{_CAS}/v1/{_PLAN}", cas.reconstruction_v1, gives_bytes=True, own_auth=True),
    Route("GET", f"{_CAS}/v2/{_PLAN}", cas.reconstruction_v2, gives_bytes=True, own_auth=True),
    Route("GET", f"{_CAS}/fetch/{{link}}", cas.fetch, gives_bytes=True, own_auth=True),
)

ROUTES: tuple[Route, ...] = (*_TOKENS, *_STORE)
