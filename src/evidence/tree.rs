//! The Merkle tree of the journal (RFC 6962, RFC 9162): one hash proves which entries there are, in which order.
//!
//! Complete subtrees never change once made, so they are kept as [`Node`]s in a table, found by level and index: level
//! 0 holds the leaves, and node `(level, index)` covers the 2^level entries from `index · 2^level` on. Roots and
//! proofs ask for such nodes through a function, so that nothing here reads a database.

use sha2::{Digest as _, Sha256};

use crate::ids::Digest;

/// A complete subtree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    pub level: u8,
    pub index: u64,
    pub hash: Digest,
}

/// The right edge of a tree: the complete subtrees that its entries decompose into, widest first. It is all that
/// appending and the root need: at most 64 hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Node>,
}

impl Frontier {
    /// The frontier of a tree of `size` entries, from its stored nodes.
    ///
    /// # Errors
    /// When a node that a tree of this size must have is not there.
    pub fn restore(size: u64, nodes: impl Fn(u8, u64) -> Option<Digest>) -> Result<Self, MissingNode> {
        let peaks = cover(0, size)
            .into_iter()
            .map(|(level, index)| {
                let hash = nodes(level, index).ok_or(MissingNode { level, index })?;
                Ok(Node { level, index, hash })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { size, peaks })
    }

    /// Adds one entry, and returns the subtrees that it completes, the leaf first; the caller keeps them.
    pub fn append(&mut self, entry: &[u8]) -> Vec<Node> {
        let mut node = Node { level: 0, index: self.size, hash: leaf_hash(entry) };
        let mut completed = vec![node];
        while let Some(left) = self.peaks.pop_if(|left| left.level == node.level) {
            node = Node { level: node.level + 1, index: node.index >> 1, hash: node_hash(&left.hash, &node.hash) };
            completed.push(node);
        }
        self.peaks.push(node);
        self.size += 1;
        completed
    }

    /// How many entries there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hash of the whole tree; SHA-256 of nothing when it is empty.
    #[must_use]
    pub fn root(&self) -> Digest {
        fold(self.peaks.iter().map(|peak| peak.hash)).unwrap_or_else(|| Digest::of(b""))
    }
}

/// A node that was never stored, or was lost: the tree cannot be what its size says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the tree's node at level {level}, index {index} is missing")]
pub struct MissingNode {
    pub level: u8,
    pub index: u64,
}

/// Why there is no such proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    #[error("a tree of {size} entries has no entry {index}")]
    NoSuchEntry { index: u64, size: u64 },
    #[error("a tree of {new} entries cannot grow from one of {old}")]
    NotAPrefix { old: u64, new: u64 },
    #[error(transparent)]
    Missing(#[from] MissingNode),
}

/// The proof that entry `index` is in the tree of `size` entries (RFC 9162, 2.1.3.1): the sibling hashes from the leaf
/// up.
///
/// # Errors
/// When there is no such entry, or a node is missing.
pub fn inclusion_proof(
    index: u64,
    size: u64,
    nodes: impl Fn(u8, u64) -> Option<Digest>,
) -> Result<Vec<Digest>, ProofError> {
    if index >= size {
        return Err(ProofError::NoSuchEntry { index, size });
    }
    let mut proof = Vec::new();
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let middle = start + split(end - start);
        let sibling = if index < middle { (middle, end) } else { (start, middle) };
        (start, end) = if index < middle { (start, middle) } else { (middle, end) };
        proof.push(range_hash(sibling.0, sibling.1, &nodes)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the tree of `old` entries is the beginning of the tree of `new` entries (RFC 9162, 2.1.4.1). Empty
/// when both are the same, or `old` is empty: everything grows from nothing.
///
/// # Errors
/// When `old` is the larger, or a node is missing.
pub fn consistency_proof(
    old: u64,
    new: u64,
    nodes: impl Fn(u8, u64) -> Option<Digest>,
) -> Result<Vec<Digest>, ProofError> {
    if old > new {
        return Err(ProofError::NotAPrefix { old, new });
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let mut proof = Vec::new();
    let (mut start, mut end) = (0, new);
    // Down to the subtree in which the old tree ends.
    while old != end {
        let middle = start + split(end - start);
        let sibling = if old <= middle { (middle, end) } else { (start, middle) };
        (start, end) = if old <= middle { (start, middle) } else { (middle, end) };
        proof.push(range_hash(sibling.0, sibling.1, &nodes)?);
    }
    // When that subtree begins where the tree begins, the verifier knows its hash already: it is the old root.
    if start != 0 {
        proof.push(range_hash(start, end, &nodes)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Whether `proof` shows that a leaf with this hash is entry `index` of the tree with this root (RFC 9162, 2.1.3.2).
#[must_use]
pub fn verify_inclusion(leaf: &Digest, index: u64, size: u64, proof: &[Digest], root: &Digest) -> bool {
    if index >= size {
        return false;
    }
    let (mut fnode, mut snode) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if snode == 0 {
            return false;
        }
        if fnode & 1 == 1 || fnode == snode {
            hash = node_hash(sibling, &hash);
            while fnode & 1 == 0 && fnode != 0 {
                fnode >>= 1;
                snode >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        fnode >>= 1;
        snode >>= 1;
    }
    snode == 0 && hash == *root
}

/// Whether `proof` shows that the tree of `new` entries begins with the tree of `old` entries (RFC 9162, 2.1.4.2).
#[must_use]
pub fn verify_consistency(old: u64, new: u64, old_root: &Digest, new_root: &Digest, proof: &[Digest]) -> bool {
    if old > new {
        return false;
    }
    if old == 0 {
        return proof.is_empty() && *old_root == Digest::of(b"");
    }
    if old == new {
        return proof.is_empty() && old_root == new_root;
    }
    let (first, rest) = if old.is_power_of_two() {
        (old_root, proof)
    } else {
        match proof.split_first() {
            Some((first, rest)) => (first, rest),
            None => return false,
        }
    };
    let (mut fnode, mut snode) = (old - 1, new - 1);
    while fnode & 1 == 1 {
        fnode >>= 1;
        snode >>= 1;
    }
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in rest {
        if snode == 0 {
            return false;
        }
        if fnode & 1 == 1 || fnode == snode {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while fnode & 1 == 0 && fnode != 0 {
                fnode >>= 1;
                snode >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        fnode >>= 1;
        snode >>= 1;
    }
    snode == 0 && old_hash == *old_root && new_hash == *new_root
}

/// The hash of an entry. The leading byte keeps an entry from passing for an inner node.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Digest {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(entry);
    Digest::from_bytes(hash.finalize().into())
}

/// The hash of an inner node.
#[must_use]
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut hash = Sha256::new();
    hash.update([1]);
    hash.update(left.as_bytes());
    hash.update(right.as_bytes());
    Digest::from_bytes(hash.finalize().into())
}

/// The hash over the entries from `start` up to `end`, a range that the tree's own splitting yields.
fn range_hash(start: u64, end: u64, nodes: &impl Fn(u8, u64) -> Option<Digest>) -> Result<Digest, MissingNode> {
    let hashes = cover(start, end)
        .into_iter()
        .map(|(level, index)| nodes(level, index).ok_or(MissingNode { level, index }))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(fold(hashes.into_iter()).unwrap_or_else(|| Digest::of(b"")))
}

/// The complete subtrees that make up the entries from `start` up to `end`, widest first. `start` must be a multiple of
/// the widest, as every start is that the tree's own splitting yields.
fn cover(start: u64, end: u64) -> Vec<(u8, u64)> {
    let mut nodes = Vec::new();
    let mut from = start;
    for level in (0..64).rev() {
        if (end - start) >> level & 1 == 1 {
            nodes.push((level, from >> level));
            from += 1 << level;
        }
    }
    nodes
}

/// Joins neighbouring subtrees, widest first, from the right.
fn fold(hashes: impl DoubleEndedIterator<Item = Digest>) -> Option<Digest> {
    hashes.rev().reduce(|right, left| node_hash(&left, &right))
}

/// The largest power of two below `count`, which is at least 2: where the tree splits.
fn split(count: u64) -> u64 {
    1 << (63 - (count - 1).leading_zeros())
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "sizes up to 130")]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const SIZES: u64 = 130;

    /// RFC 9162, 2.1.1, word by word, over all entries.
    fn naive_root(entries: &[Vec<u8>]) -> Digest {
        match entries {
            [] => Digest::of(b""),
            [one] => leaf_hash(one),
            more => {
                let k = more.len().next_power_of_two() / 2;
                node_hash(&naive_root(&more[..k]), &naive_root(&more[k..]))
            }
        }
    }

    /// RFC 9162, 2.1.3.1.
    fn naive_inclusion(m: usize, entries: &[Vec<u8>]) -> Vec<Digest> {
        if entries.len() == 1 {
            return Vec::new();
        }
        let k = entries.len().next_power_of_two() / 2;
        let (mut proof, sibling) = if m < k {
            (naive_inclusion(m, &entries[..k]), naive_root(&entries[k..]))
        } else {
            (naive_inclusion(m - k, &entries[k..]), naive_root(&entries[..k]))
        };
        proof.push(sibling);
        proof
    }

    /// RFC 9162, 2.1.4.1.
    fn naive_consistency(m: usize, entries: &[Vec<u8>], whole: bool) -> Vec<Digest> {
        if m == entries.len() {
            return if whole { Vec::new() } else { vec![naive_root(entries)] };
        }
        let k = entries.len().next_power_of_two() / 2;
        let (mut proof, sibling) = if m <= k {
            (naive_consistency(m, &entries[..k], whole), naive_root(&entries[k..]))
        } else {
            (naive_consistency(m - k, &entries[k..], false), naive_root(&entries[..k]))
        };
        proof.push(sibling);
        proof
    }

    fn entries() -> Vec<Vec<u8>> {
        (0..SIZES).map(|n| format!("entry {n}").into_bytes()).collect()
    }

    fn table(entries: &[Vec<u8>]) -> (HashMap<(u8, u64), Digest>, Vec<Digest>) {
        let (mut nodes, mut frontier, mut roots) = (HashMap::new(), Frontier::default(), vec![]);
        roots.push(frontier.root());
        for entry in entries {
            for node in frontier.append(entry) {
                assert!(nodes.insert((node.level, node.index), node.hash).is_none(), "{node:?} twice");
            }
            roots.push(frontier.root());
        }
        (nodes, roots)
    }

    #[test]
    fn roots_agree_with_the_definition() {
        let entries = entries();
        let (nodes, roots) = table(&entries);
        for (size, root) in roots.iter().enumerate() {
            assert_eq!(*root, naive_root(&entries[..size]), "size {size}");
            let restored = Frontier::restore(size as u64, |level, index| nodes.get(&(level, index)).copied()).unwrap();
            assert_eq!(restored.root(), *root);
            assert_eq!(restored.size(), size as u64);
        }
    }

    #[test]
    fn a_restored_frontier_goes_on() {
        let entries = entries();
        let (nodes, roots) = table(&entries);
        for size in 0..SIZES {
            let mut frontier = Frontier::restore(size, |level, index| nodes.get(&(level, index)).copied()).unwrap();
            let made = frontier.append(&entries[size as usize]);
            assert_eq!(frontier.root(), roots[size as usize + 1]);
            assert!(made.iter().all(|node| nodes[&(node.level, node.index)] == node.hash));
        }
        let lost = Frontier::restore(3, |level, index| (level == 1).then(|| nodes[&(level, index)]));
        assert_eq!(lost, Err(MissingNode { level: 0, index: 2 }));
    }

    #[test]
    fn every_inclusion_proof_up_to_130() {
        let entries = entries();
        let (nodes, roots) = table(&entries);
        let ask = |level, index| nodes.get(&(level, index)).copied();
        for size in 1..=SIZES {
            let root = roots[size as usize];
            for index in 0..size {
                let leaf = leaf_hash(&entries[index as usize]);
                let proof = inclusion_proof(index, size, ask).unwrap();
                assert_eq!(proof, naive_inclusion(index as usize, &entries[..size as usize]), "{index} of {size}");
                assert!(verify_inclusion(&leaf, index, size, &proof, &root));

                assert!(!verify_inclusion(&Digest::of(b"another"), index, size, &proof, &root));
                assert!(!verify_inclusion(&leaf, index, size, &proof, &roots[size as usize - 1]));
                assert!(!verify_inclusion(&leaf, index + 1, size, &proof, &root), "{index} + 1 of {size}");
                let longer = [proof.as_slice(), &[leaf]].concat();
                assert!(!verify_inclusion(&leaf, index, size, &longer, &root));
                if let Some((_, shorter)) = proof.split_last() {
                    assert!(!verify_inclusion(&leaf, index, size, shorter, &root));
                }
            }
            assert_eq!(inclusion_proof(size, size, ask), Err(ProofError::NoSuchEntry { index: size, size }));
        }
    }

    #[test]
    fn every_consistency_proof_up_to_130() {
        let entries = entries();
        let (nodes, roots) = table(&entries);
        let ask = |level, index| nodes.get(&(level, index)).copied();
        for new in 0..=SIZES {
            for old in 0..=new {
                let (old_root, new_root) = (roots[old as usize], roots[new as usize]);
                let proof = consistency_proof(old, new, ask).unwrap();
                assert!(verify_consistency(old, new, &old_root, &new_root, &proof), "{old} to {new}");
                if old == 0 || old == new {
                    assert!(proof.is_empty());
                } else {
                    assert_eq!(proof, naive_consistency(old as usize, &entries[..new as usize], true));
                    let longer = [proof.as_slice(), &[new_root]].concat();
                    assert!(!verify_consistency(old, new, &old_root, &new_root, &longer));
                    let (_, shorter) = proof.split_last().unwrap();
                    assert!(!verify_consistency(old, new, &old_root, &new_root, shorter));
                    for wrong in 0..proof.len() {
                        let mut changed = proof.clone();
                        changed[wrong] = Digest::of(b"another");
                        assert!(!verify_consistency(old, new, &old_root, &new_root, &changed));
                    }
                }
                let other = Digest::of(b"another");
                assert!(!verify_consistency(old, new, &other, &new_root, &proof));
                assert!(old == 0 || !verify_consistency(old, new, &old_root, &other, &proof));
                assert!(old == new || !verify_consistency(new, old, &new_root, &old_root, &proof));
            }
            assert_eq!(consistency_proof(new + 1, new, ask), Err(ProofError::NotAPrefix { old: new + 1, new }));
        }
    }

    #[test]
    fn known_roots() {
        // The empty tree of RFC 9162, 2.1.1, and one leaf with an empty entry.
        assert_eq!(
            Frontier::default().root().hex(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        let mut frontier = Frontier::default();
        frontier.append(b"");
        assert_eq!(frontier.root().hex(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    }
}
