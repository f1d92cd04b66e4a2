//! What a role was granted ends, and what it owns becomes another's, by the server's own functions.
//!
//! REASSIGN OWNED, DROP OWNED and REVOKE as statements would run event triggers under the identity
//! that these functions change to: an audit trigger of a superuser's that writes into a table
//! without naming its schema would find a temporary table of the caller's there, and the trigger on
//! that would run as a superuser. What is called here is what those statements come down to
//! (src/backend/catalog/pg_shdepend.c, src/backend/utils/adt/acl.c); nothing that a user wrote is
//! run by it.
#![allow(unsafe_code, reason = "the server's catalogue functions are C")]

use kerbrole_core::{Error, RoleOid};
use pgrx::pg_sys;

use crate::report::Raise;
use crate::server::catalog;
use crate::server::dependants;
use crate::server::identity::as_bootstrap_superuser;

/// A row of pg_shdepend: an access list in which a role stands.
struct Place {
    class: pg_sys::Oid,
    object: pg_sys::Oid,
    /// The number of a table's column, or 0.
    column: i32,
}

/// Gives what a role owns in this database, and databases and tablespaces, to another: REASSIGN
/// OWNED.
pub(crate) fn reassign(role: RoleOid, heir: RoleOid) {
    as_bootstrap_superuser(|| {
        // SAFETY: a list of one OID. Both roles exist and are locked, and whoever is asked for
        // rights is a superuser now.
        unsafe {
            pg_sys::shdepReassignOwned(one(role), pg_sys::Oid::from_u32(heir));
            pg_sys::CommandCounterIncrement();
        }
    });
}

/// Ends every privilege that a role has in this database and on databases, tablespaces and
/// settings, whoever granted it, with what it granted on; the policies' mention of it, its default
/// privileges and its user mappings: REVOKE by each grantor, and DROP OWNED.
///
/// Errors: 40001 when the role owns something here.
pub(crate) fn end_all(role: RoleOid) {
    as_bootstrap_superuser(|| {
        for place in places(role) {
            pgrx::check_for_interrupts!();
            end_at(&place, pg_sys::Oid::from_u32(role));
        }
        // What the role owned would be dropped.
        if dependants::owns_something_here(role) {
            let name = catalog::role_of(role).map(|role| role.name);
            name.map_or(Ok(()), |role| Err(Error::ChangedMeanwhile { role })).or_raise();
        }
        // SAFETY: a list of one OID.
        unsafe {
            pg_sys::shdepDropOwned(one(role), pg_sys::DropBehavior::DROP_RESTRICT);
            pg_sys::CommandCounterIncrement();
        }
    });
}

fn one(role: RoleOid) -> *mut pg_sys::List {
    // SAFETY: makes a list in the current memory context.
    unsafe { pg_sys::lappend_oid(std::ptr::null_mut(), pg_sys::Oid::from_u32(role)) }
}

fn places(role: RoleOid) -> Vec<Place> {
    let mut places = Vec::new();
    dependants::each_here(role, |row| {
        // Default privileges are always their owner's grant, and a membership is a row of its own:
        // DROP OWNED does both.
        let by_drop_owned =
            [pg_sys::DefaultAclRelationId, pg_sys::AuthMemRelationId].contains(&row.classid);
        if row.deptype == b'a' as std::ffi::c_char && !by_drop_owned {
            places.push(Place { class: row.classid, object: row.objid, column: row.objsubid });
        }
    });
    places
}

/// Where the access list of a place is stored.
struct Stored {
    catalog: pg_sys::Oid,
    acl: usize,
    owner: Option<usize>,
    /// The row may be updated in place by others, who look at this lock
    /// (src/backend/access/heap/README.tuplock).
    in_place: bool,
}

impl Place {
    fn stored(&self) -> Stored {
        if self.column != 0 {
            let acl = pg_sys::Anum_pg_attribute_attacl as usize;
            return Stored {
                catalog: pg_sys::AttributeRelationId,
                acl,
                owner: None,
                in_place: false,
            };
        }
        #[cfg(not(feature = "pg14"))]
        if self.class == pg_sys::ParameterAclRelationId {
            let acl = pg_sys::Anum_pg_parameter_acl_paracl as usize;
            return Stored { catalog: self.class, acl, owner: None, in_place: false };
        }
        // Large objects are named after the catalogue that holds their bytes.
        let is_large_object = self.class == pg_sys::LargeObjectRelationId;
        let catalog =
            if is_large_object { pg_sys::LargeObjectMetadataRelationId } else { self.class };
        // SAFETY: looks constants up; raises an ERROR for a catalogue without access lists.
        let (acl, owner) = unsafe {
            (pg_sys::get_object_attnum_acl(catalog), pg_sys::get_object_attnum_owner(catalog))
        };
        let in_place = [pg_sys::RelationRelationId, pg_sys::DatabaseRelationId].contains(&catalog);
        Stored { catalog, acl: acl as usize, owner: Some(owner as usize), in_place }
    }

    /// A copy of the row as it is now; null when the object is gone.
    ///
    /// # Safety
    /// `relation` is the catalogue of `stored`, and open.
    unsafe fn fetch(&self, stored: &Stored, relation: pg_sys::Relation) -> pg_sys::HeapTuple {
        let none = pg_sys::Datum::from(0);
        // SAFETY: the caller says that the relation is open; each call returns a tuple in the
        // current memory context, or null.
        unsafe {
            if self.column != 0 {
                let column = pg_sys::Datum::from(self.column as i16);
                let cache = pg_sys::SysCacheIdentifier::ATTNUM as i32;
                return pg_sys::SearchSysCacheCopy(cache, self.object.into(), column, none, none);
            }
            #[cfg(not(feature = "pg14"))]
            if self.class == pg_sys::ParameterAclRelationId {
                let cache = pg_sys::SysCacheIdentifier::PARAMETERACLOID as i32;
                return pg_sys::SearchSysCacheCopy(cache, self.object.into(), none, none, none);
            }
            let oid = pg_sys::get_object_attnum_oid(stored.catalog);
            pg_sys::get_catalog_object_by_oid(relation, oid, self.object)
        }
    }

    /// Whose privileges on the object are not granted by anybody.
    fn owner(&self, stored: &Stored, values: &[pg_sys::Datum]) -> pg_sys::Oid {
        match stored.owner {
            Some(column) => pg_sys::Oid::from_u32(values[column - 1].value() as u32),
            None if self.column != 0 => catalog::owner_of_relation(self.object),
            None => pg_sys::Oid::from_u32(pg_sys::BOOTSTRAP_SUPERUSERID),
        }
    }
}

/// Takes a role out of one access list.
fn end_at(place: &Place, role: pg_sys::Oid) {
    let stored = place.stored();
    // SAFETY: the catalogue is open with the lock that writing takes; tuples, lists and arrays are
    // palloc'ed in the current memory context, and the arrays for a row have as many elements as
    // the catalogue has columns.
    unsafe {
        let relation = pg_sys::table_open(stored.catalog, pg_sys::RowExclusiveLock as i32);
        let locked = lock_row(place, &stored, relation);
        if let Some((tuple, lock)) = locked {
            rewrite(place, &stored, relation, tuple, role);
            if let Some(mut lock) = lock {
                pg_sys::UnlockTuple(relation, &mut lock, pg_sys::ExclusiveLock as i32);
            }
        }
        // The lock stays until the end of the transaction, as with any change.
        pg_sys::table_close(relation, pg_sys::NoLock as i32);
    }
}

/// The row, and the lock on it where one is needed.
///
/// # Safety
/// `relation` is the catalogue of `stored`, and open.
unsafe fn lock_row(
    place: &Place,
    stored: &Stored,
    relation: pg_sys::Relation,
) -> Option<(pg_sys::HeapTuple, Option<pg_sys::ItemPointerData>)> {
    // SAFETY: the caller says that the relation is open; a tuple that is not null has a place in
    // it.
    unsafe {
        let mut tuple = place.fetch(stored, relation);
        while !tuple.is_null() && stored.in_place {
            pgrx::check_for_interrupts!();
            let mut at = (*tuple).t_self;
            pg_sys::LockTuple(relation, &mut at, pg_sys::ExclusiveLock as i32);
            pg_sys::AcceptInvalidationMessages();
            tuple = place.fetch(stored, relation);
            if !tuple.is_null() && pg_sys::ItemPointerEquals(&mut (*tuple).t_self, &mut at) {
                return Some((tuple, Some(at)));
            }
            pg_sys::UnlockTuple(relation, &mut at, pg_sys::ExclusiveLock as i32);
        }
        (!tuple.is_null()).then_some((tuple, None))
    }
}

/// # Safety
/// `tuple` is a valid row of `relation`, which is open for writing.
unsafe fn rewrite(
    place: &Place,
    stored: &Stored,
    relation: pg_sys::Relation,
    tuple: pg_sys::HeapTuple,
    role: pg_sys::Oid,
) {
    // SAFETY: the caller says that the tuple is a row of the relation, so that the relation's
    // description fits it.
    unsafe {
        let description = (*relation).rd_att;
        let columns = (*description).natts as usize;
        let mut values = vec![pg_sys::Datum::from(0); columns];
        let mut nulls = vec![false; columns];
        pg_sys::heap_deform_tuple(tuple, description, values.as_mut_ptr(), nulls.as_mut_ptr());
        let at = stored.acl - 1;
        if nulls[at] {
            return;
        }
        let owner = place.owner(stored, &values);
        let before: *mut pg_sys::Acl =
            pg_sys::pg_detoast_datum_copy(values[at].cast_mut_ptr()).cast();
        let mut after = before;
        while let Some(item) = items(after).iter().find(|item| item.ai_grantee == role) {
            pgrx::check_for_interrupts!();
            let all = pg_sys::AclItem { ai_privs: !0, ..*item };
            after = pg_sys::aclupdate(
                after,
                &all,
                pg_sys::ACL_MODECHG_DEL as i32,
                owner,
                pg_sys::DropBehavior::DROP_CASCADE,
            );
        }
        let (mut old, mut new) = (std::ptr::null_mut(), std::ptr::null_mut());
        let (old_count, new_count) =
            (pg_sys::aclmembers(before, &mut old), pg_sys::aclmembers(after, &mut new));
        let mut replaced = vec![false; columns];
        replaced[at] = true;
        values[at] = pg_sys::Datum::from(after);
        // A column without privileges of its own has no list.
        nulls[at] = place.column != 0 && items(after).is_empty();
        let changed = pg_sys::heap_modify_tuple(
            tuple,
            description,
            values.as_mut_ptr(),
            nulls.as_mut_ptr(),
            replaced.as_mut_ptr(),
        );
        pg_sys::CatalogTupleUpdate(relation, &mut (*changed).t_self, changed);
        pg_sys::updateAclDependencies(
            place.class,
            place.object,
            place.column,
            owner,
            old_count,
            old,
            new_count,
            new,
        );
        pg_sys::CommandCounterIncrement();
    }
}

/// The entries of an access list: C's ACL_DAT and ACL_NUM.
///
/// # Safety
/// `acl` is a valid access list, which outlives what is returned.
unsafe fn items<'acl>(acl: *const pg_sys::Acl) -> &'acl [pg_sys::AclItem] {
    // SAFETY: an array of one dimension without a null bitmap: behind the struct stand its length
    // and its lower bound, and behind them, aligned to eight bytes, the elements.
    unsafe {
        let length: *const i32 = acl.add(1).cast();
        let header = size_of::<pg_sys::ArrayType>() + 2 * size_of::<i32>();
        let first = acl.cast::<u8>().add(header.next_multiple_of(8));
        std::slice::from_raw_parts(first.cast(), usize::try_from(*length).unwrap_or(0))
    }
}
