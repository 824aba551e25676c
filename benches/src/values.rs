//! Random access: one field or one element through the C functions, compared with lookups in a tree that was decoded
//! before; and the time to make the index of every container of a document.

use std::hint::black_box;
use std::time::{Duration, Instant};

use drystone::view::View;
use drystone::wota::{Kind, Reader, Writer};
use drystone::{Blob, Limits};
use rmpv::Value;
use sonic_rs::{JsonContainerTrait, JsonValueTrait};

use crate::c_calls::CView;
use crate::document::Document;
use crate::measure::{Group, Table};
use crate::report::Report;
use crate::walk::write;

const MADE: &str = "the values are good";

/// The number of keys and indices that take turns: few enough that everything they touch is in a cache.
const ASKED: usize = 1 << 8;

pub(crate) fn run() -> Report {
    let mut report = Report::default();
    for (fields, aim) in [(6, 25.0), (100, 40.0), (100_000, 60.0)] {
        let table = field(fields);
        report.at_most(
            aim,
            format!("wota_view_field of a record of {fields} fields, ns"),
            table.rows[0].median,
        );
        report.tables.push(table);
    }
    let table = element(1_000_000);
    report.at_most(15.0, "wota_view_element of an array of 10^6, ns", table.rows[0].median);
    report.tables.push(table);
    let table = every_container();
    report.at_most(
        2.0,
        "every container of the 1 MB document indexed / wota_skip of it",
        1.0 / table.rows[1].ratio,
    );
    report.tables.push(table);
    report
}

/// Numbers below `count` in an unpredictable order.
fn order(count: usize) -> Vec<usize> {
    let mut state = 1_usize;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % count
    };
    (0..ASKED).map(|_| next()).collect()
}

fn field(count: usize) -> Table {
    let key = |number: usize| format!("field {number}");
    let pairs: Vec<(Value, Value)> = (0..count).map(|number| (key(number).into(), number.into())).collect();
    let tree = Value::Map(pairs);
    let message = write(&mut Writer::new(), &tree).expect(MADE);
    let json_tree = serde_json::to_value(&tree).expect(MADE);
    let sonic_tree: sonic_rs::Value =
        sonic_rs::from_slice(&serde_json::to_vec(&tree).expect(MADE)).expect(MADE);
    let asked: Vec<String> = order(count).into_iter().map(key).collect();
    let mut group = Group::new(format!("One field of a record of {count}"));
    let view = &CView::of(&message);
    let (asked, json_tree, sonic_tree) = (&asked, &json_tree, &sonic_tree);
    let mut at = turns();
    // The resulting view stays in one place, as on a stack in C.
    let mut found = CView::none();
    group.add("drystone (C), wota_view_field", move || {
        view.field(asked[at()].as_bytes(), black_box(&mut found));
    });
    let mut at = turns();
    group.add("serde_json::Value, decoded before", move || json_tree.get(asked[at()].as_str()));
    let mut at = turns();
    group.add("sonic_rs::Value, decoded before", move || sonic_tree.get(asked[at()].as_str()));
    if count <= 100 {
        let tree = &tree;
        let mut at = turns();
        group.add("rmpv::Value, decoded before", move || &tree[asked[at()].as_str()]);
    }
    group.run()
}

fn element(count: usize) -> Table {
    let tree = Value::Array((0..count).map(Value::from).collect());
    let message = write(&mut Writer::new(), &tree).expect(MADE);
    let json_tree = serde_json::to_value(&tree).expect(MADE);
    let sonic_tree: sonic_rs::Value =
        sonic_rs::from_slice(&serde_json::to_vec(&tree).expect(MADE)).expect(MADE);
    let asked = order(count);
    let mut group = Group::new(format!("One element of an array of {count}"));
    let view = &CView::of(&message);
    let (asked, json_tree, sonic_tree) = (&asked, &json_tree, &sonic_tree);
    let mut at = turns();
    let mut found = CView::none();
    group.add("drystone (C), wota_view_element", move || {
        view.element(asked[at()] as u64, black_box(&mut found));
    });
    let mut at = turns();
    group.add("serde_json::Value, decoded before", move || json_tree.get(asked[at()]));
    let sonic = sonic_tree.as_array().expect(MADE);
    let mut at = turns();
    group.add("sonic_rs::Value, decoded before", move || sonic.get(asked[at()]));
    group.run()
}

/// 0, 1, 2 …, repeatedly.
fn turns() -> impl FnMut() -> usize {
    let mut next = 0;
    move || {
        next = (next + 1) % ASKED;
        next
    }
}

/// Looks up the last child of every container, in a message without an index and in one with it.
fn every_container() -> Table {
    let document = Document::of_about(1_000_000);
    let mut writer = Writer::new();
    let message = write(&mut writer, &document.tree).expect(MADE);
    let known = containers(&message);
    let mut group = Group::new("The last child of every container of the 1 MB document");
    let tree = &document.tree;
    group.add_timed("drystone, the first time", move |times| {
        let mut sum = Duration::ZERO;
        for _ in 0..times {
            let message = write(&mut writer, tree).expect(MADE);
            let views = containers(&message);
            let start = Instant::now();
            black_box(last_of_all(&views));
            sum += start.elapsed();
        }
        sum
    });
    group.add("wota_skip of it", || {
        let mut reader = Reader::new(&message, &Limits::DEFAULT).expect(MADE);
        reader.skip()
    });
    group.add("drystone, from then on", || last_of_all(&known));
    let json = document.json.as_slice();
    group.add("serde_json to Value", move || {
        serde_json::from_slice::<serde_json::Value>(black_box(json)).expect(MADE)
    });
    group.add("sonic_rs to Value", move || {
        sonic_rs::from_slice::<sonic_rs::Value>(black_box(json)).expect(MADE)
    });
    group.run()
}

/// Every container that is not empty. They are found by a walk in order, which makes no index.
fn containers(message: &Blob) -> Vec<View<'_>> {
    let mut all = vec![View::new(message).expect(MADE)];
    let mut next = 0;
    while let Some(view) = all.get(next).copied() {
        next += 1;
        let is_container = |child: &View<'_>| child.count().is_ok_and(|count| count != 0);
        match view.kind() {
            Kind::Record => {
                all.extend(view.fields().expect(MADE).map(|(_, value)| value).filter(is_container))
            }
            _ => all.extend(view.elements().expect(MADE).filter(is_container)),
        }
    }
    all
}

fn last_of_all(containers: &[View<'_>]) -> usize {
    containers.iter().filter(|view| last(view).kind() == Kind::Text).count()
}

fn last<'a>(view: &View<'a>) -> View<'a> {
    let last = view.count().expect(MADE) - 1;
    match view.kind() {
        Kind::Record => view.field_at(last).expect(MADE).1,
        _ => view.element(last).expect(MADE),
    }
}
