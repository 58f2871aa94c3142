//! What a batch does, decided from what the store holds: the one set of write rules that both stores share.
