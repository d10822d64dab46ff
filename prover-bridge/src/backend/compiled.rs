//! A chip made ready for evaluation: tapes of its constraints and messages, and the values of its fixed columns.

use super::tape::{Form, Tape};
use super::{EXTENSION_DEGREE, Table};
use crate::builder::{Bus, Chip, Expr};
use std::sync::Arc;

/// A chip with its compiled tapes.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    /// The description.
    pub(crate) chip: Chip,
    /// All constraints.
    pub(crate) constraints: Tape,
    /// Per interaction its fields and then its multiplicity, one after the other.
    pub(crate) messages: Tape,
    /// What the chip looks up, for counting.
    pub(crate) lookups: Vec<Query>,
    /// Whether a constraint mentions the next row.
    pub(crate) uses_next: bool,
    /// Fixed columns, where they are known; the verifier knows only a commitment.
    pub(crate) fixed: Option<Arc<Table>>,
}

/// One lookup as forms over a row.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) bus: Bus,
    pub(crate) fields: Vec<Form>,
    pub(crate) multiplicity: Form,
}

impl Compiled {
    /// Compiles a description.
    pub(crate) fn new(chip: Chip) -> Compiled {
        let constraints = Tape::compile(chip.constraints.iter().map(|c| &c.expr));
        let parts = |i: &'_ crate::builder::Interaction| -> Vec<Expr> {
            i.tuple
                .iter()
                .cloned()
                .chain([i.multiplicity.clone()])
                .collect()
        };
        let exprs: Vec<Expr> = chip.interactions.iter().flat_map(parts).collect();
        let messages = Tape::compile(&exprs);
        let lookups = chip
            .interactions
            .iter()
            .filter(|i| i.bus.is_lookup() && !i.provides)
            .map(|i| Query {
                bus: i.bus,
                fields: i
                    .tuple
                    .iter()
                    .map(|e| Form::from_expr(e).expect("a lookup's fields are forms over its row"))
                    .collect(),
                multiplicity: Form::from_expr(&i.multiplicity)
                    .expect("a lookup's multiplicity is a form over its row"),
            })
            .collect();
        let mut uses_next = false;
        for c in &chip.constraints {
            c.expr.for_each_column(&mut |_, next| uses_next |= next);
        }
        Compiled {
            chip,
            constraints,
            messages,
            lookups,
            uses_next,
            fixed: None,
        }
    }

    /// The same with the values of its fixed columns.
    pub(crate) fn with_fixed(mut self, table: Table) -> Compiled {
        self.fixed = Some(Arc::new(table));
        self
    }

    /// Number of main columns.
    pub(crate) fn width(&self) -> usize {
        self.chip.columns.len()
    }

    /// The largest constraint degree.
    pub(crate) fn max_degree(&self) -> usize {
        self.chip
            .constraints
            .iter()
            .map(|c| c.expr.degree())
            .max()
            .unwrap_or(0)
    }

    /// Auxiliary columns of the lookup argument if messages are packed two to a column (the bus-wise ceiling), and if not.
    fn fraction_columns(&self) -> (usize, usize) {
        let mut by_bus = std::collections::BTreeMap::<Bus, usize>::new();
        for i in &self.chip.interactions {
            *by_bus.entry(i.bus).or_default() += 1;
        }
        (
            by_bus.values().map(|n| n.div_ceil(2)).sum(),
            self.chip.interactions.len(),
        )
    }

    /// Whether the chip pays for a quotient of degree 2, which lets two messages of a bus share an auxiliary column.
    pub(crate) fn packs(&self) -> bool {
        let (packed, plain) = self.fraction_columns();
        self.max_degree() > 2 || packed < plain
    }

    /// Base-field cells per row: main, auxiliary, quotient.
    pub(crate) fn cells(&self) -> [usize; 3] {
        let (packed, plain) = self.fraction_columns();
        let columns = if self.packs() { packed } else { plain };
        let aux = if columns == 0 {
            0
        } else {
            (columns + 1) * EXTENSION_DEGREE
        };
        let quotient = if self.packs() { 2 } else { 1 } * EXTENSION_DEGREE;
        [self.width(), aux, quotient]
    }
}
