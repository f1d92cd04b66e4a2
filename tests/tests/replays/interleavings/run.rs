//! One order of what several sessions do, and whether all that is promised held in it.

use std::fmt::Write as _;

use kerbrole_model::properties;

use crate::interleavings::menu::{Program, Statement, World};
use crate::interleavings::orders::Choose;
use crate::interleavings::stage::{Place, Stage, WRITE};

/// Each transaction comes to what it would come to if the others were before or after it, and is
/// told so.
pub const ONE_BY_ONE: &str = "one-by-one";

/// What a session does.
#[derive(Clone, Copy)]
pub struct Part {
    pub program: &'static Program,
    pub is_repeatable: bool,
    pub is_rolled_back: bool,
}

impl Part {
    /// Whether all of it is ours, and nothing of it typed.
    fn is_function(self) -> bool {
        self.program.iter().all(Statement::is_function)
    }
}

/// What is promised where.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// The guard is on: nobody is ever in both.
    Guarded,
    /// Nothing that is typed is looked at: no function brings anybody into both.
    Functions,
}

/// How one order ended.
pub struct Ended {
    /// What was broken, and how it came to that.
    pub broken: Option<(&'static str, String)>,
    /// Whether it was compared with the same, one after the other.
    pub compared: bool,
    /// Whether the server had to end a deadlock, where none is promised not to be.
    pub was_deadlock: bool,
}

/// A session on its way.
struct Going {
    part: Part,
    given: usize,
    failed: Option<String>,
    begun: Option<usize>,
    ended: Option<usize>,
}

impl Going {
    fn has_committed(&self) -> bool {
        self.ended.is_some() && self.failed.is_none() && !self.part.is_rolled_back
    }
}

/// Lets the sessions go their ways, in the order that is chosen, and judges it.
pub fn run(
    stage: &mut Stage<'_>,
    promise: Promise,
    parts: &[Part],
    next: &mut impl Choose,
) -> Ended {
    let start = World::start();
    stage.reset(&start);
    let going =
        parts.iter().map(|&part| Going { part, given: 0, failed: None, begun: None, ended: None });
    let mut order = Order {
        stage,
        promise,
        going: going.collect(),
        both: Vec::new(),
        steps: 0,
        story: String::new(),
        broken: None,
    };
    while order.broken.is_none() && order.going.iter().any(|one| one.ended.is_none()) {
        let can: Vec<usize> = (0..parts.len()).filter(|&of| order.can_move(of)).collect();
        match can.len() {
            0 => order.stuck(),
            1 => order.step(can[0]),
            more => order.step(can[next.choose(more)]),
        }
    }
    if order.broken.is_some() {
        order.stage.clear();
    }
    let compared = order.broken.is_none() && order.compare(&start);
    let was_deadlock = order.going.iter().any(|one| one.failed.as_deref() == Some("40P01"));
    Ended { broken: order.broken, compared, was_deadlock }
}

struct Order<'o, 'c> {
    stage: &'o mut Stage<'c>,
    promise: Promise,
    going: Vec<Going>,
    /// Who is in both.
    both: Vec<String>,
    steps: usize,
    story: String,
    broken: Option<(&'static str, String)>,
}

impl Order<'_, '_> {
    fn can_move(&self, of: usize) -> bool {
        self.going[of].ended.is_none() && self.stage.place(of) != Place::Waits
    }

    fn breaks(&mut self, property: &'static str, why: &str) {
        let mut about = String::new();
        for (of, one) in self.going.iter().enumerate() {
            let statements: Vec<_> = one.part.program.iter().map(|one| one.sql).collect();
            let level = if one.part.is_repeatable { ", REPEATABLE READ" } else { "" };
            let end = if one.part.is_rolled_back { "ROLLBACK" } else { "COMMIT" };
            let all = statements.join("; ");
            let _written = writeln!(about, "  session {}: {all}; {end}{level}", of + 1);
        }
        let story = &self.story;
        self.broken.get_or_insert((property, format!("{property}: {why}\n{about}{story}")));
    }

    /// Lets one session go on to where it stands next.
    fn step(&mut self, of: usize) {
        self.steps += 1;
        let place = self.stage.place(of);
        let given = self.going[of].given;
        let begins = self.going[of].begun.is_none();
        if let Place::At(step) = place {
            self.stage.let_pass(of, step);
            self.stage.settle();
        } else if self.going[of].failed.is_none() && given < self.going[of].part.program.len() {
            if begins {
                self.begin(of);
            }
            self.stage.give(of, self.going[of].part.program[given].sql);
            self.going[of].given += 1;
            self.stage.settle();
        } else {
            self.end(of);
        }
        // The guard's look before a change stands in no other order to what others do than the
        // change: they wait for the lock. Where nobody watches what is typed, they do not.
        if self.promise == Promise::Guarded {
            while self.stage.place(of) == Place::At(WRITE) {
                self.stage.let_pass(of, WRITE);
                self.stage.settle();
            }
        }
        self.note_failures();
        self.tell(of);
        if self.going.iter().any(|one| one.failed.as_deref() == Some("40P01")) {
            self.deadlock("the server had to end a deadlock");
        }
    }

    fn note_failures(&mut self) {
        for of in 0..self.going.len() {
            if let Some(code) = self.stage.failed(of) {
                self.going[of].failed.get_or_insert(code);
            }
        }
    }

    /// It is promised that there is none where all that changes memberships takes the lock first.
    fn deadlock(&mut self, why: &str) {
        let typed = self.going.iter().any(|one| !one.part.is_function());
        if self.promise == Promise::Guarded || !typed {
            self.breaks(properties::NO_DEADLOCK, why);
        }
    }

    fn begin(&mut self, of: usize) {
        self.going[of].begun = Some(self.steps);
        let level =
            if self.going[of].part.is_repeatable { "REPEATABLE READ" } else { "READ COMMITTED" };
        // The snapshot of the stricter level is taken here.
        self.stage.run(of, &format!("BEGIN ISOLATION LEVEL {level}; SELECT 1"));
    }

    fn end(&mut self, of: usize) {
        let end = if self.going[of].part.is_rolled_back { "ROLLBACK" } else { "COMMIT" };
        self.stage.run(of, end);
        self.stage.settle();
        self.going[of].ended = Some(self.steps);
        if !self.going[of].has_committed() {
            return;
        }
        let both = self.stage.in_both();
        let is_function = self.going[of].part.is_function();
        let new: Vec<_> = both.iter().filter(|role| !self.both.contains(role)).cloned().collect();
        self.both = both;
        if new.is_empty() {
            return;
        }
        self.tell(of);
        let why = format!("{} in both", new.join(", "));
        match self.promise {
            Promise::Guarded => self.breaks(properties::NEVER_BOTH, &why),
            Promise::Functions if is_function => {
                self.breaks(properties::FUNCTION_ADDS_NONE, &why);
            }
            Promise::Functions => {}
        }
    }

    /// Nobody can go on, and not all have ended.
    fn stuck(&mut self) {
        if self.stage.is_circle() {
            self.deadlock("they wait for each other");
            self.stage.settle_when_somebody_was_freed();
            self.note_failures();
        } else {
            self.breaks(properties::NOBODY_WAITS_FOREVER, "somebody waits for nobody");
        }
    }

    /// A line of the story: who moved, and where all are.
    fn tell(&mut self, of: usize) {
        let place = |of: usize| match (self.going[of].ended, self.stage.place(of)) {
            (Some(_), _) => "ended".into(),
            (None, Place::Idle) => match &self.going[of].failed {
                Some(code) => code.clone(),
                None => format!("has run {}", self.going[of].given),
            },
            (None, place) => format!("{place:?}"),
        };
        let places: Vec<String> = (0..self.going.len()).map(place).collect();
        let _written = writeln!(self.story, "  {}. session {}: {places:?}", self.steps, of + 1);
    }

    /// Whether what was told and what is there is what comes of it in one of the orders in which
    /// one transaction follows the other; `false` where that is not promised.
    fn compare(&mut self, start: &World) -> bool {
        let now = self.stage.world();
        let one_committed = self.going.iter().filter(|one| one.has_committed()).count() <= 1;
        let is_guarded = self.promise == Promise::Guarded;
        if !is_guarded && !self.going.iter().all(|one| one.part.is_function()) {
            // What is typed may have been seen by nobody. What was told to have failed, or was
            // rolled back, has left nothing all the same.
            if one_committed {
                let kept = self.going.iter().find(|one| one.has_committed());
                let should =
                    kept.map_or(Ok(start.clone()), |one| start.after_all(one.part.program, false));
                if should.as_ref() != Ok(&now) {
                    self.breaks(ONE_BY_ONE, &format!("there is {now:?}, not {should:?}"));
                }
            }
            return one_committed;
        }
        let mut orders = vec![Vec::new()];
        for _ in 0..self.going.len() {
            let longer = |order: &Vec<usize>| {
                let order = order.clone();
                let others = (0..self.going.len()).filter(move |of| !order.contains(of));
                others.collect::<Vec<_>>()
            };
            orders = orders
                .iter()
                .flat_map(|order| longer(order).into_iter().map(|of| [&order[..], &[of]].concat()))
                .collect();
        }
        let fits = |order: &Vec<usize>| self.comes_to(order, start).as_ref() == Some(&now);
        if !orders.iter().any(fits) {
            let told: Vec<_> =
                self.going.iter().map(|one| one.failed.as_deref().unwrap_or("done")).collect();
            self.breaks(ONE_BY_ONE, &format!("told {told:?}, and there is {now:?}"));
        }
        true
    }

    /// Where it leads when one follows the other in this order; nothing where somebody was told
    /// something else, or had ended before one who comes earlier began.
    fn comes_to(&self, order: &[usize], start: &World) -> Option<World> {
        let mut world = start.clone();
        for (at, &of) in order.iter().enumerate() {
            let one = &self.going[of];
            if order[at + 1..].iter().any(|&later| self.going[later].ended < one.begun) {
                return None;
            }
            let told = one.failed.as_deref();
            if told == Some("40001") && self.may_start_again(of) {
                continue;
            }
            match world.after_all(one.part.program, self.promise == Promise::Guarded) {
                Ok(after) if told.is_none() => {
                    if !one.part.is_rolled_back {
                        world = after;
                    }
                }
                Err(code) if told == Some(code) => {}
                _ => return None,
            }
        }
        Some(world)
    }

    /// Under REPEATABLE READ, a function whose role somebody else has changed since its snapshot.
    fn may_start_again(&self, of: usize) -> bool {
        let one = &self.going[of];
        let meanwhile = self.going.iter().any(|other| {
            other.has_committed() && other.ended > one.begun && other.ended < one.ended
        });
        one.part.is_repeatable && meanwhile && one.part.program.iter().any(Statement::is_function)
    }
}
