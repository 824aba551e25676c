//! Measuring: the contenders of a group take turns in rounds, so that other load on the machine affects all of them.

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The number of turns of each contender.
const ROUNDS: usize = 31;

/// A turn repeats its work until it takes about this long.
const TURN: Duration = Duration::from_millis(3);

/// Runs the work that many times and returns the time.
type Turn<'a> = Box<dyn FnMut(u64) -> Duration + 'a>;

/// Contenders for one job. The others are compared with the first one.
pub(crate) struct Group<'a> {
    title: String,
    bytes: Option<u64>,
    rounds: usize,
    contenders: Vec<(String, Turn<'a>)>,
}

/// The results of a group.
pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) rows: Vec<Row>,
}

/// One contender.
pub(crate) struct Row {
    pub(crate) name: String,
    /// Nanoseconds of one unit of work: the median of the rounds, and the fastest round.
    pub(crate) median: f64,
    pub(crate) best: f64,
    /// The time relative to the first contender: the median of the rounds' ratios.
    pub(crate) ratio: f64,
    pub(crate) megabytes_per_second: Option<f64>,
    /// The time of each round.
    rounds: Vec<f64>,
}

impl<'a> Group<'a> {
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Group { title: title.into(), bytes: None, rounds: ROUNDS, contenders: Vec::new() }
    }

    /// The number of bytes in one unit of work, for the column of MB/s.
    pub(crate) fn of_bytes(mut self, bytes: usize) -> Self {
        self.bytes = Some(bytes as u64);
        self
    }

    /// Fewer turns, for work that takes long.
    pub(crate) fn of_rounds(mut self, rounds: usize) -> Self {
        self.rounds = rounds;
        self
    }

    /// A contender whose work is one call.
    pub(crate) fn add<R>(&mut self, name: impl Into<String>, mut work: impl FnMut() -> R + 'a) {
        self.add_timed(name, move |times| {
            let start = Instant::now();
            for _ in 0..times {
                black_box(work());
            }
            start.elapsed()
        });
    }

    /// A contender that times itself.
    pub(crate) fn add_timed(&mut self, name: impl Into<String>, turn: impl FnMut(u64) -> Duration + 'a) {
        self.contenders.push((name.into(), Box::new(turn)));
    }

    /// Runs the rounds. Each round has another order, so that no contender always runs after the same one. The orders
    /// are the same in all runs.
    pub(crate) fn run(self) -> Table {
        let Group { title, bytes, rounds: turns, mut contenders } = self;
        let times: Vec<u64> = contenders.iter_mut().map(|(_, turn)| times_for_a_turn(turn)).collect();
        let mut rounds = vec![Vec::with_capacity(turns); contenders.len()];
        let mut order: Vec<usize> = (0..contenders.len()).collect();
        let mut state = 1;
        for _ in 0..turns {
            shuffle(&mut order, &mut state);
            for &who in &order {
                let took = contenders[who].1(times[who]);
                rounds[who].push(took.as_nanos() as f64 / times[who] as f64);
            }
        }
        let row = |(who, (name, _)): (usize, &(String, Turn<'_>))| {
            let median = median(rounds[who].iter().copied());
            Row {
                name: name.clone(),
                median,
                best: rounds[who].iter().copied().fold(f64::INFINITY, f64::min),
                ratio: self::median(rounds[who].iter().zip(&rounds[0]).map(|(mine, first)| mine / first)),
                megabytes_per_second: bytes.map(|bytes| bytes as f64 * 1e3 / median),
                rounds: rounds[who].clone(),
            }
        };
        Table { title, rows: contenders.iter().enumerate().map(row).collect() }
    }
}

/// Puts the items into an order that depends on the state only.
pub(crate) fn shuffle<T>(items: &mut [T], state: &mut u64) {
    for place in (1..items.len()).rev() {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(place, (*state >> 33) as usize % (place + 1));
    }
}

impl Table {
    /// The row of the contender whose name starts with this.
    pub(crate) fn row(&self, name: &str) -> &Row {
        let found = self.rows.iter().find(|row| row.name.starts_with(name));
        found.unwrap_or_else(|| panic!("{:?} has no row {name:?}", self.title))
    }

    /// How many times as long one contender took as another: the median of the rounds' ratios. What slows down
    /// the whole machine for a few rounds slows down both, and so changes this less than the ratio of their medians.
    pub(crate) fn ratio(&self, name: &str, beside: &str) -> f64 {
        let (ours, theirs) = (self.row(name), self.row(beside));
        median(ours.rounds.iter().zip(&theirs.rounds).map(|(ours, theirs)| ours / theirs))
    }
}

/// How often the work must be repeated so that a turn takes long enough. The fastest of three attempts counts: an
/// interrupted one would make the turns too short.
fn times_for_a_turn(turn: &mut Turn<'_>) -> u64 {
    let mut times = 1;
    loop {
        let took = turn(times);
        if took >= TURN / 2 {
            let took = took.min(turn(times)).min(turn(times)).max(Duration::from_nanos(1));
            let fitting = (times as f64 * TURN.as_secs_f64() / took.as_secs_f64()) as u64;
            if took >= TURN / 4 {
                return fitting.max(1);
            }
            times = fitting;
        } else {
            times *= if took < TURN / 16 { 8 } else { 2 };
        }
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// How often two threads may fail to run at the same time before their turn counts anyway.
const TRIES: usize = 40;

/// Does the work on two threads at once, that many times on each; returns the time.
pub(crate) fn on_two_threads(times: u64, work: &(impl Fn() + Sync)) -> Duration {
    let repeat = || (0..times).for_each(|_| work());
    together(8, || timed_together(repeat, repeat))
}

/// The time from the first start to the last end of a pair of threads. On a busy machine they may take
/// turns instead of running together, which would measure something else: such a run is repeated.
///
/// `least`: the part of that time, in tenths, in which both must have run. A poster may end some time before its taker.
pub(crate) fn together(least: u32, mut pair: impl FnMut() -> [Span; 2]) -> Duration {
    for tried in 1.. {
        let [one, other] = pair();
        let shared = one.1.min(other.1).saturating_duration_since(one.0.max(other.0));
        let whole = one.1.max(other.1) - one.0.min(other.0);
        if shared * 10 >= whole * least || tried == TRIES {
            return whole;
        }
    }
    unreachable!("the last try returns")
}

/// When a piece of work started and ended.
pub(crate) type Span = (Instant, Instant);

/// Does two pieces of work that start together, the first one on another thread, each on a processor of its own.
/// Left to itself, a kernel often keeps a new thread on its parent's processor for some rounds.
pub(crate) fn timed_together(one: impl FnOnce() + Send, other: impl FnOnce()) -> [Span; 2] {
    let ready = AtomicU32::new(0);
    let [here, there] = processors::two();
    std::thread::scope(|scope| {
        let there = scope.spawn(|| {
            processors::stay_on(&there);
            timed_when_ready(&ready, one)
        });
        let before = processors::allowed();
        processors::stay_on(&here);
        let spans = timed_when_ready(&ready, other);
        processors::stay_on(&before);
        [there.join().expect("the work does not panic"), spans]
    })
}

/// An empty vector whose memory has been written to. Otherwise the taker would be the one to wait for the kernel's fresh
/// pages, or not, as the allocator's state happens to be.
pub(crate) fn room_for<L>(letters: usize) -> Vec<L> {
    let mut room: Vec<L> = Vec::with_capacity(letters);
    // SAFETY: the bytes are within the spare capacity.
    unsafe { room.as_mut_ptr().write_bytes(1, letters) };
    black_box(room)
}

/// The time in which a cache line goes from one processor to the other: half of a round trip, that many times. A
/// virtual machine's processors may be near each other or far apart, and change that while it runs.
pub(crate) fn line_transfers(times: u64) -> Duration {
    let word = AtomicU64::new(0);
    let turns = |first: u64| {
        let word = &word;
        move || {
            for turn in 0..times {
                while word.load(Ordering::Acquire) != 2 * turn + first {
                    std::hint::spin_loop();
                }
                word.store(2 * turn + first + 1, Ordering::Release);
            }
        }
    };
    let [one, other] = timed_together(turns(0), turns(1));
    (one.1.max(other.1) - one.0.min(other.0)) / 2
}

/// Where threads run.
#[cfg(target_os = "linux")]
mod processors {
    use std::mem::zeroed;

    pub(super) type Processors = libc::cpu_set_t;

    /// Those that this thread may run on.
    pub(super) fn allowed() -> Processors {
        // SAFETY: zeros are an empty set; the call writes to it.
        unsafe {
            let mut set: Processors = zeroed();
            assert!(libc::sched_getaffinity(0, size_of::<Processors>(), &mut set) == 0);
            set
        }
    }

    /// The first and the last of those; twice the same if there is one only.
    pub(super) fn two() -> [Processors; 2] {
        let allowed = allowed();
        // SAFETY: the numbers are within the set's size.
        let has = |number: &usize| unsafe { libc::CPU_ISSET(*number, &allowed) };
        let mut all = (0..libc::CPU_SETSIZE as usize).filter(has);
        let first = all.next().expect("this thread runs somewhere");
        [first, all.next_back().unwrap_or(first)].map(|number| {
            // SAFETY: as above.
            unsafe {
                let mut set: Processors = zeroed();
                libc::CPU_SET(number, &mut set);
                set
            }
        })
    }

    pub(super) fn stay_on(set: &Processors) {
        // SAFETY: the call reads the set. A failure only leaves the choice to the kernel.
        unsafe { libc::sched_setaffinity(0, size_of::<Processors>(), set) };
    }
}

#[cfg(not(target_os = "linux"))]
mod processors {
    pub(super) fn allowed() {}

    pub(super) fn two() -> [(); 2] {
        [(), ()]
    }

    pub(super) fn stay_on((): &()) {}
}

fn timed_when_ready(ready: &AtomicU32, work: impl FnOnce()) -> Span {
    ready.fetch_add(1, Ordering::AcqRel);
    while ready.load(Ordering::Acquire) < 2 {
        std::thread::yield_now();
    }
    let start = Instant::now();
    work();
    (start, Instant::now())
}
