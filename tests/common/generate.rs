//! Strategies for trees of values.

#![allow(dead_code, unreachable_pub, reason = "each test program uses its part")]

use drystone::wota::{INTEGER_MAX, INTEGER_MIN, Symbol};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::common::Tree;

pub fn text() -> impl Strategy<Value = Vec<u8>> {
    let lone = prop_oneof![
        Just("\u{FFFD}".as_bytes().to_vec()),
        (0xA0..=0xBFu8).prop_map(|byte| vec![0xED, byte, 0x80])
    ];
    prop_oneof![
        8 => "[ -~]{0,20}".prop_map(String::into_bytes),
        3 => "\\PC{0,12}".prop_map(String::into_bytes),
        1 => (".{0,4}", lone, "[a-z]{1,4}").prop_map(|(before, lone, after)| {
            [before.into_bytes(), lone, after.into_bytes()].concat()
        }),
    ]
}

pub fn scalar() -> impl Strategy<Value = Tree> {
    prop_oneof![
        (INTEGER_MIN..=INTEGER_MAX).prop_map(Tree::Integer),
        (-200..200i64).prop_map(Tree::Integer),
        any::<f64>().prop_map(float),
        text().prop_map(Tree::Text),
        vec(any::<bool>(), 0..200).prop_map(Tree::Bits),
        prop_oneof![Just(Symbol::Null), Just(Symbol::False), Just(Symbol::True)].prop_map(Tree::Symbol),
    ]
}

/// As the writer writes it: whole numbers become integers, and all NaNs become one.
pub fn float(value: f64) -> Tree {
    if value.is_nan() {
        Tree::Float(0x7FF8_0000_0000_0000)
    } else if value.fract() == 0.0 && value.abs() < 2f64.powi(55) && value.to_bits() != (-0.0f64).to_bits() {
        Tree::Integer(value as i64)
    } else {
        Tree::Float(value.to_bits())
    }
}

pub fn record(values: impl Strategy<Value = Tree>, most: usize) -> impl Strategy<Value = Tree> {
    vec((text(), values), 0..most).prop_map(|mut pairs| {
        let mut seen = std::collections::HashSet::new();
        pairs.retain(|(key, _)| seen.insert(key.clone()));
        Tree::Record(pairs)
    })
}

pub fn tree() -> impl Strategy<Value = Tree> {
    scalar().prop_recursive(5, 120, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Tree::Array),
            record(inner.clone(), 8),
            record(inner.clone(), 40),
            inner.clone().prop_map(|value| Tree::Private(Box::new(value))),
            record(inner, 4).prop_map(|record| Tree::System(Box::new(record))),
        ]
    })
}

/// The number of cases; `cargo xtask deep` runs more.
pub fn cases(ordinary: u32) -> ProptestConfig {
    let factor = std::env::var("DRYSTONE_DEEP").ok().and_then(|factor| factor.parse().ok()).unwrap_or(1);
    ProptestConfig { cases: ordinary * factor, failure_persistence: None, ..ProptestConfig::default() }
}
