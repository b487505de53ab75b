//! The hash tree of RFC 9162 section 2.1: one hash for many texts, and for each text a short proof that it is among them.

use crate::digest::sha256_of;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// Before the text of a leaf and before two nodes, so that neither passes for the other.
const LEAF: u8 = 0;
const NODE: u8 = 1;

/// The hash of a leaf with this text.
pub fn leaf(text: &[u8]) -> Hash {
    sha256_of(&[&[LEAF], text])
}

fn node(left: &Hash, right: &Hash) -> Hash {
    sha256_of(&[&[NODE], left, right])
}

/// A tree over some leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// From the leaves to the root; a node without a neighbour rises as it is.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// The tree over these leaves; without any there is none.
    pub fn over(leaves: Vec<Hash>) -> Option<Self> {
        if leaves.is_empty() {
            return None;
        }
        let mut levels = vec![leaves];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let above = below.chunks(2).map(|pair| match pair {
                [left, right] => node(left, right),
                alone => alone.concat().try_into().unwrap_or_default(),
            });
            let above = above.collect();
            levels.push(above);
        }
        Some(Self { levels })
    }

    /// Its leaves.
    pub fn leaves(&self) -> &[Hash] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// Its root.
    pub fn root(&self) -> Hash {
        self.levels.last().and_then(|level| level.first()).copied().unwrap_or_default()
    }

    /// What is hashed with the leaf of this number on the way to the root, from below; of one that is not there, nothing.
    pub fn path(&self, index: usize) -> Vec<Hash> {
        let beside = |(height, level): (usize, &Vec<Hash>)| level.get((index >> height) ^ 1).copied();
        self.levels.iter().enumerate().filter_map(beside).collect()
    }
}

/// The root of a tree of `size` leaves in which `leaf` has the number `index` and this path; `None` if no such tree has such a
/// path (RFC 9162 section 2.1.3.2).
pub fn root_of(leaf: Hash, index: u32, size: u32, path: &[Hash]) -> Option<Hash> {
    let mut last = size.checked_sub(1).filter(|last| index <= *last)?;
    let (mut at, mut hash) = (index, leaf);
    for beside in path {
        if last == 0 {
            return None;
        }
        if at % 2 == 1 || at == last {
            hash = node(beside, &hash);
            // Where it had no neighbour it rose as it was.
            while at % 2 == 0 && at != 0 {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            hash = node(&hash, beside);
        }
        (at, last) = (at / 2, last / 2);
    }
    (last == 0).then_some(hash)
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    /// The leaves with which implementations of RFC 6962, whose tree is the same, are tested.
    fn leaves(count: usize) -> Vec<Hash> {
        let texts = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        texts.iter().take(count).map(|text| leaf(&HEXLOWER.decode(text.as_bytes()).unwrap())).collect()
    }

    #[test]
    fn roots_are_those_of_the_known_trees() {
        let known = [
            (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
            (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
            (7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
            (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
        ];
        for (count, root) in known {
            assert_eq!(HEXLOWER.encode(&Tree::over(leaves(count)).unwrap().root()), root, "{count}");
        }
        assert!(Tree::over(vec![]).is_none());
    }

    #[test]
    fn a_path_leads_to_its_root_from_its_own_leaf_and_place_alone() {
        let many: Vec<Hash> = (0..70u8).map(|number| leaf(&[number])).collect();
        for size in 1..=many.len() {
            let tree = Tree::over(many[..size].to_vec()).unwrap();
            for (index, own) in many.iter().take(size).enumerate() {
                let path = tree.path(index);
                let leads = |leaf, index: usize, size: usize, path: &[Hash]| {
                    root_of(leaf, index as u32, size as u32, path) == Some(tree.root())
                };
                assert!(leads(*own, index, size, &path), "{index} of {size}");
                assert!(!leads(leaf(b"another"), index, size, &path));
                assert!(size == 1 || !leads(*own, (index + 1) % size, size, &path));
                assert!(!leads(*own, size, size, &path));
                assert!(path.is_empty() || !leads(*own, index, size, &path[1..]));
                assert!(!leads(*own, index, size, &[&path[..], &[tree.root()]].concat()));
            }
        }
        assert_eq!(root_of(many[0], 0, 0, &[]), None);
    }
}
