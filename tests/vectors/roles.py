"""Vectors of roles: every ordered triad looked at, constraint and effective size by networkx, places in groups by numpy; see common.py."""

import itertools
import random

import networkx as nx
import numpy as np

from common import INFORMATION, SOURCES, graph, write

COUNTRIES = ["al", "me", "mk", "rs"]
AGENCIES = ["al-police", "mk-police", "rs-fiu"]
ROLES = ["courier", "driver", "financier", "organiser"]
KINDS = ["coordinator", "itinerant_broker", "representative", "gatekeeper", "liaison"]
# Guimerà & Amaral 2005, figure 2: up to which participation, whether a hub, and the name.
REGIONS = [
    (0.05, False, "ultra_peripheral"), (0.62, False, "peripheral"), (0.80, False, "connector"), (1.0, False, "kinless"),
    (0.30, True, "provincial_hub"), (0.75, True, "connector_hub"), (1.0, True, "kinless_hub"),
]


def starred(rng, directed):
    """A graph in which few are joined to most, so that there are hubs."""
    made = graph(rng, directed, False, rng.randint(14, 20), rng.randint(4, 12), ties=False)
    for centre in made["nodes"][: rng.randint(1, 2)]:
        for other in made["nodes"]:
            if other != centre and rng.random() < 0.8:
                a, b = (centre, other) if rng.random() < 0.5 else (other, centre)
                made["edges"].append([f"s{len(made['edges'])}", a, b, rng.choice(["A1", "B2", "C4"])])
    return made


def weighed(made, weights, reverse):
    seen = nx.DiGraph() if made["directed"] else nx.Graph()
    seen.add_nodes_from(made["nodes"])
    for _, a, b, grade in made["edges"]:
        if reverse:
            a, b = b, a
        p = SOURCES[grade[0]] * INFORMATION[grade[1]] / 1e12
        before = seen[a][b]["weight"] if seen.has_edge(a, b) else 0
        seen.add_edge(a, b, weight={"none": 1, "count": before + 1, "reliability": before + p}[weights])
    return seen


def triads(seen, group):
    """By definition: i leads to j, j to k, and i does not lead to k."""
    counts = {node: dict.fromkeys(KINDS, 0) for node in seen}
    for i, j, k in itertools.permutations(seen, 3):
        if not (seen.has_edge(i, j) and seen.has_edge(j, k)) or seen.has_edge(i, k):
            continue
        a, b, c = group.get(i), group.get(j), group.get(k)
        if a is None or b is None or c is None:
            continue
        if a == c:
            kind = "coordinator" if a == b else "itinerant_broker"
        elif a == b:
            kind = "representative"
        elif b == c:
            kind = "gatekeeper"
        else:
            kind = "liaison"
        counts[j][kind] += 1
    return counts


def places(seen, group):
    """Participation and z of each, from the matrix of strengths both ways."""
    nodes = list(seen)
    matrix = nx.to_numpy_array(seen, nodelist=nodes, weight="weight")
    if seen.is_directed():
        matrix = matrix + matrix.T
    names = sorted(set(group.values()))
    member = np.array([[group.get(node) == name for name in names] for node in nodes], dtype=float).reshape(len(nodes), len(names))
    within = matrix @ member
    found = {}
    for at, node in enumerate(nodes):
        if node not in group:
            found[node] = (0.0, 0.0)
            continue
        all_ties = within[at].sum()
        participation = 1 - ((within[at] / all_ties) ** 2).sum() if all_ties > 0 else 0.0
        column = names.index(group[node])
        inside = within[member[:, column] == 1, column]
        deviation = np.std(inside)
        z = (within[at, column] - np.mean(inside)) / deviation if deviation > 1e-9 else 0.0
        found[node] = (float(participation), float(z))
    return found


def region(participation, z):
    return next(name for most, hub, name in REGIONS if hub == (z >= 2.5) and participation <= most + 1e-12)


def number(value):
    return None if value != value else round(value, 12)


def case(rng, at):
    directed = at % 2 == 0
    if at % 3 == 0:
        made = starred(rng, directed)
    else:
        made = graph(rng, directed, at % 4 == 1, rng.randint(3, 10), rng.randint(2, 24), ties=False)
    nodes = made["nodes"]
    weights, reverse = ["none", "count", "reliability"][at % 5 % 3], directed and at % 8 == 0
    groups = ["country", "agency"][at % 7 % 2]
    stated = {}
    main = rng.choice(COUNTRIES)
    for node in nodes:
        if groups == "agency":
            stated[node] = sorted(rng.sample(AGENCIES, rng.choice([1, 1, 1, 2])))
        elif at % 3 == 0 and rng.random() < 0.75:
            stated[node] = [main]
        else:
            stated[node] = sorted(rng.sample(COUNTRIES, rng.choice([0, 1, 1, 1, 2])))
    roles = {node: sorted(rng.sample(ROLES, rng.choice([1, 1, 2]))) for node in nodes if rng.random() < 0.4}
    protected = [node for node in nodes if rng.random() < 0.15]
    isolates = at % 2 == 1 or at % 3 == 0
    seen = weighed(made, weights, reverse)
    if not isolates:
        seen.remove_nodes_from([node for node in nodes if seen.degree(node) == 0])
    group = {node: "+".join(stated[node]) for node in seen if stated[node]}
    counts, place = triads(seen, group), places(seen, group)
    constraint = nx.constraint(seen, weight="weight")
    plain = nx.Graph(seen.to_undirected())
    effective = nx.effective_size(plain)
    open_nodes = [node for node in seen if node not in protected]
    rows = []
    for node in open_nodes:
        size, degree = number(effective[node]), plain.degree(node)
        rows.append([
            node, group.get(node), [counts[node][kind] for kind in KINDS], number(constraint[node]), size,
            None if size is None else round(size / degree, 12), *map(number, place[node]), region(*place[node]),
        ])
    held = {role: [node for node in open_nodes if role in roles.get(node, [])] for role in ROLES}
    return {
        "graph": made, "groups": groups, "weights": weights, "direction": "in" if reverse else None, "isolates": isolates,
        "stated": stated, "roles": roles, "protected": protected,
        "asked": rng.sample(list(seen), rng.randint(1, min(4, len(seen)))),
        "left": [node for node in nodes if node not in seen],
        "shape": [len(seen), seen.number_of_edges(), len(set(group.values())), len(seen) - len(group), len(seen) - len(open_nodes)],
        "enterprise": [[role, len(who), who[0] if len(who) == 1 else None] for role, who in held.items() if who],
        "rows": rows,
    }


def roles():
    rng = random.Random(19890801)
    return {
        "analysis": "roles",
        "origin": f"every ordered triad, as Gould & Fernandez 1989 define its kind; constraint and effective size by networkx {nx.__version__} "
        f"(of directed graphs, constraint as networkx has it for these); participation and z by numpy {np.__version__}",
        "tolerance": 1e-9,
        "cases": [case(rng, at) for at in range(210)],
    }


if __name__ == "__main__":
    write("roles.json", roles())
