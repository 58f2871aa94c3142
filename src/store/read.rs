//! The reads that both stores share: claims folded into entities, relationships and neighbourhoods.
