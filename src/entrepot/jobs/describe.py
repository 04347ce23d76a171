"""Read what packages say of themselves, where a server stopped between a commit and that."""

from entrepot.jobs import Job
from entrepot.operations.describe import describe_the_rest

JOB = Job("describe", lambda settings: "*/10 * * * *", describe_the_rest)
