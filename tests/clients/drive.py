"""Drives the demo through the Python client that openapi-python-client makes from openapi/linchpin.json.

usage: drive.py DEMO.json TRUTH.json    (what `linchpin demo --json` printed, and seed/truth.json)
"""

import io
import json
import sys
from http import HTTPStatus

from linchpin_client import AuthenticatedClient
from linchpin_client.api.analyses import find_k_shortest_paths
from linchpin_client.api.assertions import retract_assertion
from linchpin_client.api.entities import create_entity, get_entity, list_neighbours, search_entities
from linchpin_client.api.loads import create_load
from linchpin_client.models import EntitySearch, KShortestPathsRequest, NeighbourQuestion, NewEntity, Problem, Retraction
from linchpin_client.types import File

demo = json.load(open(sys.argv[1], encoding="utf-8"))
truth = json.load(open(sys.argv[2], encoding="utf-8"))
tokens = {token["name"]: token["token"] for token in demo["tokens"]}
analysts = {token["name"] for token in demo["tokens"] if "analyst" in token["roles"]}


def client(name):
    return AuthenticatedClient(base_url=demo["url"], token=tokens[name])


def paths(name, request):
    answer = find_k_shortest_paths.sync(client=client(name), body=KShortestPathsRequest.from_dict(request))
    assert not isinstance(answer, Problem), answer
    for path in answer.result.paths:
        for relationship in path.relationships:
            assert answer.relationships[relationship].assertions, "every step shows its evidence"
    return answer.result.paths


ana = client("ana@al-police")

# Search, read, expand.
found = search_entities.sync(client=ana, body=EntitySearch(text="Krasta", kinds=["Person"]))
assert [item.id for item in found.items] == ["p-0001", "p-0002"], found
entity = get_entity.sync(client=ana, id="p-0001")
assert entity.kind == "Person" and entity.assertions > 0
summary = list_neighbours.sync(client=ana, id="p-0001", body=NeighbourQuestion(summary=True))
assert summary.summary, "a summary by kind comes first"

# The k shortest paths, for everyone whose answer was worked out with networkx.
asked = 0
for name, hops in truth["k_shortest"]["hops"].items():
    if name in tokens:
        assert [path.hops for path in paths(name, truth["k_shortest"]["request"])] == hops, name
        asked += 1
assert asked >= 2, "at least two agencies"

# The hidden link shows only where two agencies' claims are seen together.
link = truth["hidden_link"]
question = {"source": link["source"], "target": link["target"], "k": 3}
for name in sorted(analysts & set(link["seen_by"])):
    assert paths(name, question)[0].entities == link["entities"], name
for name in sorted(analysts & set(link["not_seen_by"])):
    assert paths(name, question) == [], name

# Write, read back, take back; hidden is absent.
marking = {"originator": "al-police", "classification": "restricted", "tlp": "AMBER_STRICT"}
grade = {"scheme": "europol-4x4", "source": "B", "information": "2"}
new = NewEntity.from_dict({"kind": "Person", "properties": {"name": ["Client Test"]}, "evaluation": grade, "marking": marking})
made = create_entity.sync(client=ana, body=new)
assert get_entity.sync(client=ana, id=made.id).caption == "Client Test"
hidden = get_entity.sync_detailed(client=client("mila@rs-fiu"), id=made.id)
assert hidden.status_code == HTTPStatus.NOT_FOUND and isinstance(hidden.parsed, Problem)
retract_assertion.sync(client=ana, id=made.assertion, body=Retraction.from_dict({"reason": "withdrawn"}))
assert get_entity.sync_detailed(client=ana, id=made.id).status_code == HTTPStatus.NOT_FOUND

# A line in bulk.
line = {"subject": {"entity": "p-client-1"}, "kind": "Person", "evaluation": grade, "marking": marking, "provenance": {"key": "client-1"}}
body = File(payload=io.BytesIO(json.dumps(line).encode()))
answer = create_load.sync_detailed(client=client("loader@al-police"), body=body, dataset="scenario-al-police")
*results, end = [json.loads(text) for text in answer.content.splitlines()]
assert len(results) == 1 and end["end"]["complete"], answer.content
assert get_entity.sync(client=ana, id="p-client-1").kind == "Person"
print(f"python client: searched, expanded, asked {asked} callers for k shortest paths, wrote, retracted and loaded")
