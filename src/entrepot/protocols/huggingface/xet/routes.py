"""Where Xet's endpoints stand, relative to a repository."""

from entrepot.http.routes import Route

ROUTES: tuple[Route, ...] = ()
