//! Which session moves next.

/// What says who of several moves.
pub trait Choose {
    /// One of this many, counted from 0.
    fn choose(&mut self, of: usize) -> usize;
}

/// Every order there is, one after the other. What is done in an order may depend on nothing but
/// the order.
#[derive(Default)]
pub struct All {
    /// What was chosen, and of how many.
    chosen: Vec<(usize, usize)>,
    at: usize,
}

impl All {
    /// Goes on to the next order; `false` when there is none any more.
    pub fn next(&mut self) -> bool {
        self.at = 0;
        while let Some((chosen, of)) = self.chosen.pop() {
            if chosen + 1 < of {
                self.chosen.push((chosen + 1, of));
                return true;
            }
        }
        false
    }
}

impl Choose for All {
    fn choose(&mut self, of: usize) -> usize {
        if self.at == self.chosen.len() {
            self.chosen.push((0, of));
        }
        let (chosen, of_then) = self.chosen[self.at];
        assert_eq!(of_then, of, "the same beginning led to something else");
        self.at += 1;
        chosen
    }
}

impl Choose for fastrand::Rng {
    fn choose(&mut self, of: usize) -> usize {
        self.usize(0..of)
    }
}
