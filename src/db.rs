//! The salsa database and its inputs. Queries stand in `queries`; nothing outside this crate knows salsa.

use crate::profile::Profile;
use salsa::{Database, Storage};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use zkc_isa::CostModel;

/// The bytes of a WASM binary.
#[salsa::input(debug)]
pub(crate) struct File {
    /// The file's bytes.
    #[returns(ref)]
    pub bytes: Vec<u8>,
}

/// What is compiled: modules in order of instantiation, the main one last.
#[salsa::input]
pub(crate) struct Source {
    /// The modules and how they are linked.
    #[returns(ref)]
    pub modules: Vec<SourceModule>,
}

/// One module of a [`Source`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SourceModule {
    /// Its name, see [`zkc_passes::Unit`].
    pub name: String,
    /// Its file.
    pub file: File,
    /// Where its imports are from.
    pub from: Vec<(String, usize)>,
    /// Whether it is instantiated by a call.
    pub called: bool,
}

/// Flags that shape the code.
#[salsa::input]
pub(crate) struct Flags {
    /// Optimisation level, 0 to 2.
    #[returns(copy)]
    pub level: u8,
    /// Limit of the linear memory in pages.
    #[returns(copy)]
    pub max_pages: u32,
    /// Whether Cranelift's own optimiser runs.
    #[returns(copy)]
    pub clif_opt: bool,
    /// Rewrite rules left out.
    #[returns(ref)]
    pub dropped_rules: zkc_egraph::Dropped,
    /// Passes left out.
    #[returns(ref)]
    pub dropped_passes: BTreeSet<&'static str>,
}

/// What extraction chooses by.
#[salsa::input]
pub(crate) struct Model {
    /// The cost model.
    #[returns(ref)]
    pub cost: Arc<CostModel>,
    /// How often blocks ran, if it is known.
    #[returns(ref)]
    pub profile: Option<Arc<Profile>>,
}

/// The database: storage and, on demand, a log of the queries that were executed.
#[salsa::db]
#[derive(Clone)]
pub(crate) struct Db {
    storage: Storage<Self>,
    log: Arc<Mutex<Vec<String>>>,
}

#[salsa::db]
impl Database for Db {}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Db")
    }
}

impl Default for Db {
    fn default() -> Db {
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let events = log.clone();
        Db {
            storage: Storage::new(Some(Box::new(move |event: salsa::Event| {
                if let salsa::EventKind::WillExecute { database_key } = event.kind
                    && let Ok(mut log) = events.lock()
                {
                    log.push(format!("{database_key:?}"));
                }
            }))),
            log,
        }
    }
}

impl Db {
    /// Takes the names of the queries executed since the last call, in order: `name(id)`.
    pub(crate) fn take_log(&self) -> Vec<String> {
        self.log
            .lock()
            .map(|mut log| std::mem::take(&mut *log))
            .unwrap_or_default()
    }
}
