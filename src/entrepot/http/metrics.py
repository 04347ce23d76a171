"""What is counted of requests, for Prometheus."""

from prometheus_client import Counter, Histogram

REQUESTS = Counter("entrepot_requests", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram(
    "entrepot_request_seconds",
    "From a request's first byte to its answer's last.",
    ["route"],
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600),
)
SENT = Counter("entrepot_sent_bytes", "Bytes of files handed out.")
