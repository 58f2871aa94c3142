"""Lines of JSON, which schemathesis cannot send by itself: the text goes out as it is."""

import schemathesis

schemathesis.serializer.alias("application/x-ndjson", "text/plain")


@schemathesis.deserializer("application/x-ndjson")
def lines(context, response):
    return response.content.decode()


@schemathesis.hook("map_headers").apply_to(operation_id="find_k_shortest_paths")
def as_a_job(context, headers):
    """Whoever prefers anything prefers a job: hardly any other text would start one."""
    wanted = (headers or {}).get("Prefer")
    if wanted is not None and wanted.isascii() and wanted.isprintable():
        headers["Prefer"] = "respond-async"
    return headers
