//! Generates random valid modules for tests. Their functions have blocks, loops, arms and branches
//! that carry values, with other values on the stack, and with unreachable code.

use std::fmt::Write as _;

/// The types of value.
const TYPES: [&str; 3] = ["i32", "i64", "f64"];
/// How many locals of each type a function has.
const LOCALS: usize = 3;
/// The number of functions in a module. Each calls only later ones, so calls end.
pub(super) const FUNCTIONS: usize = 3;

/// Numbers that look random (xorshift).
pub(super) struct Random(pub(super) u64);

impl Random {
    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    /// True with a probability of `1 / of`.
    fn once_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }
}

/// A module being written.
pub(super) struct Generator {
    random: Random,
    text: String,
    /// For each open block, the types that branches to it carry, and whether it is a loop.
    labels: Vec<(Vec<usize>, bool)>,
    /// The index of the current function.
    function: usize,
    /// How many statements and values may still nest others.
    budget: usize,
}

/// The text of the module that belongs to a seed.
pub(super) fn module(seed: u64) -> String {
    let text = String::from(
        "(module (memory (export \"memory\") 1) (global $turns (mut i32) (i32.const 50))",
    );
    let random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut new = Generator { random, text, labels: Vec::new(), function: 0, budget: 0 };
    for function in 0..FUNCTIONS {
        new.function = function;
        new.budget = 60;
        let result = function % 3;
        let _ = write!(
            new.text,
            "(func $f{function} (export \"f{function}\") (param i32 i64 f64) (result {})",
            TYPES[result]
        );
        // Half of the functions have enough locals to cost fuel.
        let more = if new.random.once_in(2) { " i64".repeat(200) } else { String::new() };
        for ty in TYPES {
            let _ = write!(new.text, "(local{})", format!(" {ty}").repeat(LOCALS));
        }
        let _ = write!(new.text, "(local{more})");
        new.labels = vec![(vec![result], false)];
        new.body(&[], &[result]);
        new.text.push(')');
    }
    new.text.push(')');
    new.text
}

impl Generator {
    /// One instruction.
    fn put(&mut self, text: impl AsRef<str>) {
        self.text.push_str(text.as_ref());
        self.text.push('\n');
    }

    /// A local of a type: a parameter or another local.
    fn local(&mut self, ty: usize) -> usize {
        match self.random.below(LOCALS + 1) {
            0 => ty,
            number => 3 + ty * LOCALS + number - 1,
        }
    }

    /// Up to two types.
    fn types(&mut self) -> Vec<usize> {
        let count = [0, 0, 0, 1, 1, 2][self.random.below(6)];
        (0..count).map(|_| self.random.below(3)).collect()
    }

    /// Writes a block's content, which pops the parameters and pushes the results.
    fn body(&mut self, params: &[usize], results: &[usize]) {
        if self.random.once_in(2) {
            self.statement();
        }
        params.iter().rev().for_each(|ty| self.take(*ty));
        for _ in 0..self.random.below(5) {
            self.statement();
        }
        for ty in results {
            self.value(*ty);
            if self.random.once_in(4) {
                self.statement();
            }
        }
    }

    /// Pops a value.
    fn take(&mut self, ty: usize) {
        let local = self.local(ty);
        let set = format!("local.set {local}");
        let dropped = self.random.once_in(4);
        self.put(if dropped { "drop" } else { &set });
    }

    /// Writes a whole block, and before it the values of its parameters.
    fn block(&mut self, results: &[usize]) {
        let params = self.types();
        params.iter().for_each(|ty| self.value(*ty));
        let list =
            |types: &[usize]| types.iter().map(|ty| format!(" {}", TYPES[*ty])).collect::<String>();
        let ty = format!("(param{}) (result{})", list(&params), list(results));
        let kind = ["block", "block", "block", "loop", "if"][self.random.below(5)];
        if kind == "if" {
            self.value(0);
        }
        self.put(format!("{kind} {ty}"));
        let label = if kind == "loop" { params.clone() } else { results.to_vec() };
        self.labels.push((label, kind == "loop"));
        self.body(&params, results);
        if kind == "if" && (params != results || self.random.once_in(2)) {
            self.put("else");
            self.body(&params, results);
        }
        self.put("end");
        self.labels.pop();
    }

    /// Writes a statement, which leaves the stack unchanged.
    fn statement(&mut self) {
        self.budget = self.budget.saturating_sub(1);
        let ty = self.random.below(3);
        match self.random.below(if self.budget == 0 { 2 } else { 12 }) {
            0 => {
                self.value(ty);
                self.take(ty);
            }
            1 => {
                let at = self.random.below(60_000);
                self.put(format!("i32.const {at}"));
                self.value(ty);
                self.put(format!("{}.store", TYPES[ty]));
            }
            2..=6 => {
                let results = self.types();
                self.block(&results);
                results.iter().rev().for_each(|ty| self.take(*ty));
            }
            7..=9 => {
                let (depth, types, _) = self.label();
                types.iter().for_each(|ty| self.value(*ty));
                self.turn();
                self.put(format!("br_if {depth}"));
                types.iter().rev().for_each(|ty| self.take(*ty));
            }
            10 => {
                // Code without branches.
                for _ in 0..self.random.below(20) {
                    let (from, to) = (self.local(0), self.local(0));
                    self.put(format!("local.get {from} i32.const 3 i32.add local.set {to}"));
                }
            }
            _ => self.leave(),
        }
    }

    /// Writes an instruction after which code is unreachable, or nothing.
    fn leave(&mut self) {
        let (depth, types, is_loop) = self.label();
        match self.random.below(4) {
            0 if !is_loop => {
                types.iter().for_each(|ty| self.value(*ty));
                self.put(format!("br {depth}"));
            }
            1 => {
                // No loops: they might never end.
                let fit = |(index, label): (usize, &(Vec<usize>, bool))| {
                    (label.0 == types && !label.1).then(|| index.to_string())
                };
                let fit: Vec<_> = self.labels.iter().rev().enumerate().filter_map(fit).collect();
                if let [.., _] = fit[..] {
                    types.iter().for_each(|ty| self.value(*ty));
                    self.value(0);
                    let count = 1 + self.random.below(5);
                    let list: Vec<_> =
                        (0..count).map(|_| fit[self.random.below(fit.len())].clone()).collect();
                    self.put(format!("br_table {}", list.join(" ")));
                }
            }
            2 => {
                let result = self.labels[0].0[0];
                self.value(result);
                self.put("return");
            }
            3 if self.random.once_in(4) => self.put("unreachable"),
            _ => {}
        }
    }

    /// A random label: its depth, the types that branches to it carry, and whether it is a loop's.
    fn label(&mut self) -> (usize, Vec<usize>, bool) {
        let depth = self.random.below(self.labels.len());
        let (types, is_loop) = self.labels[self.labels.len() - 1 - depth].clone();
        (depth, types, is_loop)
    }

    /// Pushes a condition that becomes false after some turns.
    fn turn(&mut self) {
        self.put("global.get $turns i32.const 1 i32.sub global.set $turns");
        self.value(0);
        self.put("i32.const 0 i32.ne global.get $turns i32.const 0 i32.gt_s i32.and");
    }

    /// Pushes a value of a type.
    fn value(&mut self, ty: usize) {
        self.budget = self.budget.saturating_sub(1);
        let (name, local) = (TYPES[ty], self.local(ty));
        match self.random.below(if self.budget == 0 { 3 } else { 8 }) {
            0 => {
                let number = self.random.below(10);
                self.put(format!("{name}.const {number}"));
            }
            1 => self.put(format!("local.get {local}")),
            2 => {
                let at = self.random.below(60_000);
                self.put(format!("i32.const {at} {name}.load"));
            }
            3 | 4 => {
                self.value(ty);
                if self.random.once_in(3) {
                    self.statement();
                }
                self.value(ty);
                let operator = ["add", "sub", "mul"][self.random.below(3)];
                self.put(format!("{name}.{operator}"));
            }
            5 => {
                let after = (self.function + 1..FUNCTIONS).find(|other| other % 3 == ty);
                match after {
                    Some(other) => {
                        (0..3).for_each(|ty| self.value(ty));
                        self.put(format!("call $f{other}"));
                    }
                    None => self.put(format!("local.get {local}")),
                }
            }
            6 => {
                self.value(ty);
                self.put(format!("local.tee {local}"));
            }
            _ => self.block(&[ty]),
        }
    }
}
