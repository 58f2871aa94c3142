"""Lines of JSON, which schemathesis cannot send by itself: the text goes out as it is."""

import schemathesis

schemathesis.serializer.alias("application/x-ndjson", "text/plain")


@schemathesis.deserializer("application/x-ndjson")
def lines(context, response):
    return response.content.decode()
