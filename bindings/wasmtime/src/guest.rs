//! The exports of a guest that a host uses: found once, all in one store.

use drystone::bucket::Flags;
use drystone::bucket::imports::SizeHeader;
use wasmtime::{AsContextMut, Error, Extern, Global, Memory, Mutability, Result, StoreContext, TypedFunc};

use crate::Options;

/// How the size of a block is found.
#[derive(Clone)]
pub(crate) enum Sizes {
    AsAsked,
    Function(TypedFunc<u32, u32>),
    Header(SizeHeader),
}

/// Where the guest's collector looks for roots.
#[derive(Clone)]
pub(crate) struct ShadowStack {
    pub(crate) pointer: Global,
    pub(crate) end: u32,
}

/// The exports that a host needs.
#[derive(Clone)]
pub struct Guest {
    pub(crate) memory: Memory,
    pub(crate) alloc: TypedFunc<u32, u32>,
    pub(crate) sizes: Sizes,
    pub(crate) stack: Option<ShadowStack>,
    pub(crate) flags: Flags,
}

impl Guest {
    /// Looks the exports up with `find`.
    pub(crate) fn of<S: AsContextMut>(
        options: &Options,
        store: &mut S,
        find: impl Fn(&mut S, &str) -> Option<Extern>,
    ) -> Result<Self> {
        let missing = |name: &str| Error::msg(format!("the guest exports no {name}"));
        let memory = find(store, &options.memory).and_then(Extern::into_memory);
        let memory = memory.ok_or_else(|| missing(&options.memory))?;
        let function = |store: &mut S, name: &str| {
            let found = find(store, name).and_then(Extern::into_func).ok_or_else(|| missing(name))?;
            found.typed::<u32, u32>(&mut *store)
        };
        let alloc = function(store, &options.alloc)?;
        let sizes = match (options.size_header, &options.usable_size) {
            (Some(rule), None) => Sizes::Header(rule),
            (None, Some(name)) => Sizes::Function(function(store, name)?),
            (None, None) => Sizes::AsAsked,
            (Some(_), Some(_)) => {
                return Err(Error::msg("give a block's size by an export or by a rule, not by both"));
            }
        };
        let global = |store: &mut S, name: &str| {
            let found = find(store, name).and_then(Extern::into_global).ok_or_else(|| missing(name))?;
            let word = found.get(&mut *store).i32().ok_or_else(|| missing(name))?;
            Ok::<_, Error>((found, word as u32))
        };
        let stack = match &options.shadow_stack {
            Some((pointer, end)) => {
                let (pointer, _) = global(store, pointer)?;
                if pointer.ty(&mut *store).mutability() != Mutability::Var {
                    return Err(Error::msg("the shadow stack's pointer is constant"));
                }
                Some(ShadowStack { pointer, end: global(store, end)?.1 })
            }
            None => None,
        };
        Ok(Guest { memory, alloc, sizes, stack, flags: options.flags })
    }

    /// The memory's bytes.
    pub fn bytes<'a, T: 'static>(&self, store: impl Into<StoreContext<'a, T>>) -> &'a [u8] {
        self.memory.data(store)
    }
}
