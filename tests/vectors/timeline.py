"""Vectors of timelines: cliques that change from window to window, and what became of them, worked out pair by pair; see common.py."""

import itertools
import random

import networkx as nx

from common import write


def drawn(rng, people):
    """Some of the people in groups of two and more."""
    there = [person for person in people if rng.random() < 0.85]
    rng.shuffle(there)
    groups = []
    while len(there) > 1:
        size = min(len(there), rng.randint(2, 6))
        groups.append(set(there[:size]))
        there = there[size:]
    return groups


def altered(rng, groups, people):
    """The same groups after some were joined, some taken apart, and some people have left or come."""
    groups = [set(group) for group in groups]
    if len(groups) > 1 and rng.random() < 0.5:
        groups.append(groups.pop(rng.randrange(len(groups))) | groups.pop(rng.randrange(len(groups))))
    if groups and rng.random() < 0.5:
        whole = sorted(groups.pop(rng.randrange(len(groups))))
        rng.shuffle(whole)
        cut = rng.randint(1, len(whole))
        groups += [set(whole[:cut]), set(whole[cut:])]
    for group in groups:
        for person in sorted(group):
            if rng.random() < 0.1:
                group.discard(person)
    used = set().union(*groups) if groups else set()
    for person in people:
        if person not in used and groups and rng.random() < 0.3:
            rng.choice(groups).add(person)
    return [group for group in groups if len(group) > 1]


def ordered(groups):
    return sorted(groups, key=lambda group: (-len(group), min(group)))


def followed(before, after, least):
    """The successor of each earlier group and the rest, by going over all pairs."""
    pairs = []
    for a, b in itertools.product(range(len(before)), range(len(after))):
        share = len(before[a] & after[b]) / len(before[a] | after[b])
        if before[a] & after[b] and share >= least:
            pairs.append((-share, a, b))
    matched = {}
    for share, a, b in sorted(pairs):
        if a not in matched.values() and b not in matched:
            matched[b] = a
    shares = {b: len(before[a] & after[b]) / len(before[a] | after[b]) for b, a in matched.items()}
    split, merged = {}, {}
    for b, later in enumerate(after):
        parents = [a for a, earlier in enumerate(before) if len(earlier & later) * 2 >= len(later)]
        if b not in matched and parents:
            split[b] = parents[0]
    for a, earlier in enumerate(before):
        heirs = [b for b, later in enumerate(after) if len(earlier & later) * 2 >= len(earlier)]
        if a not in matched.values():
            merged[a] = heirs[0] if heirs else None
    return matched, shares, split, merged


def timeline():
    rng = random.Random(20100809)
    people = [f"p{number:02}" for number in range(16)]
    cases = []
    for _ in range(120):
        times = [ordered(drawn(rng, people))]
        for _ in range(3):
            fresh = altered(rng, times[-1], people) if rng.random() < 0.85 else drawn(rng, people)
            times.append(ordered(fresh))
        lines, windows, before, tracks, count = [], [], [], [], 0
        for moment, groups in enumerate(times):
            seen = nx.Graph()
            for group in groups:
                for a, b in itertools.combinations(sorted(group), 2):
                    lines.append(f"{a} -@{moment * 100 + 50}- {b}")
                    seen.add_edge(a, b)
            matched, shares, split, merged = followed(before, groups, 0.3)
            own, rows = [], []
            for b, group in enumerate(groups):
                if b in matched:
                    own.append(tracks[matched[b]])
                    rows.append([own[-1], "continued", shares[b], None, sorted(group)])
                else:
                    count += 1
                    own.append(count)
                    origin = "split" if b in split else "born"
                    rows.append([count, origin, None, tracks[split[b]] if b in split else None, sorted(group)])
            ended = [[tracks[a], None if heir is None else own[heir]] for a, heir in merged.items()]
            quality = nx.community.modularity(seen, groups) if seen.number_of_edges() else 0
            degrees = sorted(seen.degree, key=lambda row: (-row[1], row[0]))[:5]
            windows.append([quality, rows, sorted(ended), [list(row) for row in degrees]])
            before, tracks = groups, own
        cases.append({"lines": lines, "windows": windows})
    return {
        "analysis": "timeline",
        "origin": f"groups as drawn, matched by going over all pairs; modularity and degrees by networkx {nx.__version__}",
        "compared": "communities with their tracks and origins, those that ended, quality, and the five of the highest degree",
        "tolerance": 1e-9,
        "cases": cases,
    }


if __name__ == "__main__":
    write("timeline.json", timeline())
