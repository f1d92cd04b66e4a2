//! Reading pg_authid and pg_auth_members.
//!
//! Everything goes through the server's own catalogue access, never through SQL: it sees what is
//! committed now, and this transaction's own changes, under every isolation level. A query in
//! REPEATABLE READ would see what was there when the transaction began, and the check after a lock
//! would look at the past.
#![allow(unsafe_code, reason = "the server's catalogue functions are C")]

use std::borrow::Cow;
use std::collections::HashSet;
use std::convert::Infallible;
use std::ffi::{CStr, CString};

use kerbrole_core::{
    Elevated, Membership, MembershipCatalog, MembershipGraph, Role, RoleName, RoleOid, RoleSet,
    case_variant_at_least, equal_ignoring_case, fold_case, neighbourhood_of_conflicts,
};
use pgrx::pg_sys;

use crate::fault::{self, Fault};
use crate::server::encoding::holds_utf8;

/// About how many roles a page of pg_authid holds: to weigh reading all of it against looking names
/// up.
const ROLES_PER_PAGE: usize = 50;

/// About how many roles can be read one after the other in the time of one look-up.
const ROLES_PER_LOOKUP: usize = 20;

/// A catalogue that is open for reading, until it goes out of scope.
pub(crate) struct Table(pg_sys::Relation);

impl Table {
    pub(crate) fn open(oid: pg_sys::Oid) -> Self {
        // SAFETY: opens a catalogue that always exists; closed by drop, or by the server when the
        // transaction aborts.
        Self(unsafe { pg_sys::table_open(oid, pg_sys::AccessShareLock as i32) })
    }

    fn pages(&self) -> usize {
        // SAFETY: asks for the size of a relation that is open.
        unsafe {
            pg_sys::RelationGetNumberOfBlocksInFork(self.0, pg_sys::ForkNumber::MAIN_FORKNUM)
                as usize
        }
    }

    /// Calls `each` with every row for which all `keys` hold, through `index` if there are any.
    pub(crate) fn scan<Row>(
        &self,
        index: pg_sys::Oid,
        keys: &mut [pg_sys::ScanKeyData],
        mut each: impl FnMut(&Row),
    ) {
        self.scan_while(index, keys, |row| {
            each(row);
            true
        });
    }

    /// The same, as long as `each` wants more.
    pub(crate) fn scan_while<Row>(
        &self,
        index: pg_sys::Oid,
        keys: &mut [pg_sys::ScanKeyData],
        mut each: impl FnMut(&Row) -> bool,
    ) {
        // SAFETY: `Row` is the struct of this catalogue's fixed-length columns, none of which can
        // be NULL (the callers below); a tuple is valid until the next one is asked for, and `each`
        // gets no more than a borrow. No snapshot is given: the server takes the newest one for
        // catalogues.
        unsafe {
            let scan = pg_sys::systable_beginscan(
                self.0,
                index,
                !keys.is_empty(),
                match fault::is(Fault::snapshot) {
                    true => pg_sys::GetTransactionSnapshot(),
                    false => std::ptr::null_mut(),
                },
                keys.len() as i32,
                keys.as_mut_ptr(),
            );
            loop {
                let tuple = pg_sys::systable_getnext(scan);
                if tuple.is_null() || !each(&*row(tuple)) {
                    break;
                }
            }
            pg_sys::systable_endscan(scan);
        }
    }
}

impl Table {
    /// Calls `each` with every row, and with the bytes of a column of type text that is never NULL.
    pub(crate) fn scan_texts<Row>(&self, column: u32, mut each: impl FnMut(&Row, &[u8])) {
        // SAFETY: as in `scan_while`; the column is a varlena, which is unpacked into the server's
        // memory and freed where that made a copy.
        unsafe {
            let scan = pg_sys::systable_beginscan(
                self.0,
                pg_sys::InvalidOid,
                false,
                std::ptr::null_mut(),
                0,
                std::ptr::null_mut(),
            );
            loop {
                pgrx::check_for_interrupts!();
                let tuple = pg_sys::systable_getnext(scan);
                if tuple.is_null() {
                    break;
                }
                let mut is_null = false;
                let stored =
                    pg_sys::heap_getattr(tuple, column as i32, (*self.0).rd_att, &mut is_null);
                if is_null {
                    continue;
                }
                let stored: *mut pg_sys::varlena = stored.cast_mut_ptr();
                let text = pg_sys::pg_detoast_datum_packed(stored);
                each(&*row(tuple), pgrx::varlena::varlena_to_byte_slice(text));
                if text != stored {
                    pg_sys::pfree(text.cast());
                }
            }
            pg_sys::systable_endscan(scan);
        }
    }
}

/// An index of a catalogue that is open for reading, until it goes out of scope.
struct Index(pg_sys::Relation);

impl Index {
    fn open(oid: u32) -> Self {
        // SAFETY: opens an index that always exists; closed by drop, or by the server when the
        // transaction aborts.
        Self(unsafe {
            pg_sys::index_open(pg_sys::Oid::from_u32(oid), pg_sys::AccessShareLock as i32)
        })
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: as for `Table`.
            unsafe { pg_sys::index_close(self.0, pg_sys::AccessShareLock as i32) };
        }
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: opened by `open`, closed once. While a panic unwinds the server cleans up by
            // itself.
            unsafe { pg_sys::table_close(self.0, pg_sys::AccessShareLock as i32) };
        }
    }
}

/// The fixed-length part of a tuple: C's GETSTRUCT.
///
/// # Safety
/// `tuple` is valid and its catalogue's struct is `Row`.
unsafe fn row<Row>(tuple: pg_sys::HeapTuple) -> *const Row {
    // SAFETY: t_hoff is the offset of the user data from the header.
    unsafe {
        let header = (*tuple).t_data;
        header.cast::<u8>().add(usize::from((*header).t_hoff)).cast()
    }
}

fn key(column: u32, strategy: u32, function: u32, argument: pg_sys::Datum) -> pg_sys::ScanKeyData {
    let mut key = pg_sys::ScanKeyData::default();
    // SAFETY: fills the struct it is given; the function is one of the server's built-in ones.
    unsafe {
        pg_sys::ScanKeyInit(
            &mut key,
            column as i16,
            strategy as u16,
            pg_sys::Oid::from_u32(function),
            argument,
        );
    }
    key
}

pub(crate) fn oid_key(column: u32, oid: RoleOid) -> pg_sys::ScanKeyData {
    key(column, pg_sys::BTEqualStrategyNumber, pg_sys::F_OIDEQ, pg_sys::Oid::from_u32(oid).into())
}

fn role(row: &pg_sys::FormData_pg_authid) -> Option<Role> {
    Some(Role {
        oid: row.oid.to_u32(),
        name: role_name(row.oid, &row.rolname)?,
        can_login: row.rolcanlogin,
        elevated: Elevated {
            superuser: row.rolsuper,
            createrole: row.rolcreaterole,
            createdb: row.rolcreatedb,
            replication: row.rolreplication,
            bypassrls: row.rolbypassrls,
        },
    })
}

/// The bytes of a stored name.
pub(crate) fn name_bytes(name: &pg_sys::NameData) -> &[u8] {
    // SAFETY: chars are bytes, whether they have a sign or not.
    let bytes =
        unsafe { std::slice::from_raw_parts(name.data.as_ptr().cast::<u8>(), name.data.len()) };
    CStr::from_bytes_until_nul(bytes).map_or(bytes, CStr::to_bytes)
}

/// A stored name. One that is no text here (a role made in a database of another encoding) is held
/// with the role's OID.
fn role_name(role: pg_sys::Oid, name: &pg_sys::NameData) -> Option<RoleName> {
    let bytes = name_bytes(name);
    match text(bytes) {
        Some(name) => RoleName::new(name).ok(),
        None => Some(RoleName::unwritable(&shown_bytes(bytes), role.to_u32())),
    }
}

/// Bytes that are text in this database, and the same text in UTF-8.
pub(crate) fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii() || holds_utf8())
}

/// Any bytes, to be shown: with replacements where they are no text here.
pub(crate) fn shown_bytes(bytes: &[u8]) -> Cow<'_, str> {
    match (text(bytes), std::str::from_utf8(bytes)) {
        (Some(text), _) => text.into(),
        (None, Ok(text)) => text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect(),
        (None, Err(_)) => {
            bytes.iter().map(|&b| if b.is_ascii() { char::from(b) } else { '?' }).collect()
        }
    }
}

fn membership(row: &pg_sys::FormData_pg_auth_members) -> Membership {
    Membership {
        role: row.roleid.to_u32(),
        member: row.member.to_u32(),
        grantor: Some(row.grantor.to_u32()),
        admin: row.admin_option,
        from_creation: from_creation(row),
    }
}

/// Since 16 a creator's membership in the role has ADMIN only, and is granted by the bootstrap
/// superuser.
#[cfg(not(any(feature = "pg14", feature = "pg15")))]
fn from_creation(row: &pg_sys::FormData_pg_auth_members) -> bool {
    let by_bootstrap_superuser = row.grantor.to_u32() == pg_sys::BOOTSTRAP_SUPERUSERID;
    by_bootstrap_superuser && row.admin_option && !row.inherit_option && !row.set_option
}

#[cfg(any(feature = "pg14", feature = "pg15"))]
fn from_creation(_: &pg_sys::FormData_pg_auth_members) -> bool {
    false
}

/// The OID of the role of exactly this name.
pub(crate) fn role_oid(name: &str) -> Option<RoleOid> {
    role_oid_of(&CString::new(name).ok()?)
}

/// The OID of the role of a name in bytes, which need not be text.
pub(crate) fn role_oid_of(name: &CStr) -> Option<RoleOid> {
    // SAFETY: looks a C string up in the server's cache and returns a number, 0 if there is none.
    let oid = unsafe { pg_sys::get_role_oid(name.as_ptr(), true) }.to_u32();
    (oid != 0).then_some(oid)
}

/// The role of this OID, as it is now.
pub(crate) fn role_of(oid: RoleOid) -> Option<Role> {
    of_role(oid, role)
}

/// CONNECTION LIMIT of the role of this OID.
pub(crate) fn connection_limit(oid: RoleOid) -> Option<i32> {
    of_role(oid, |row| Some(row.rolconnlimit))
}

/// The name of the database that this session is in.
pub(crate) fn this_database_name() -> String {
    // SAFETY: returns a palloc'ed C string, or null, which does not happen to a database with a
    // session in it.
    unsafe {
        let name = pg_sys::get_database_name(pg_sys::MyDatabaseId);
        if name.is_null() {
            String::new()
        } else {
            shown_bytes(CStr::from_ptr(name).to_bytes()).into_owned()
        }
    }
}

/// Who owns the table, view or sequence of this OID; nobody (0) where there is none.
pub(crate) fn owner_of_relation(relation: pg_sys::Oid) -> pg_sys::Oid {
    // SAFETY: the tuple is valid until it is released.
    unsafe {
        let tuple =
            pg_sys::SearchSysCache1(pg_sys::SysCacheIdentifier::RELOID as i32, relation.into());
        if tuple.is_null() {
            return pg_sys::InvalidOid;
        }
        let owner = (*row::<pg_sys::FormData_pg_class>(tuple)).relowner;
        pg_sys::ReleaseSysCache(tuple);
        owner
    }
}

/// Something of the role of this OID.
fn of_role<T>(
    oid: RoleOid,
    read: impl FnOnce(&pg_sys::FormData_pg_authid) -> Option<T>,
) -> Option<T> {
    // SAFETY: the tuple is valid until it is released, and `read` gets no more than a borrow.
    unsafe {
        let tuple = pg_sys::SearchSysCache1(
            pg_sys::SysCacheIdentifier::AUTHOID as i32,
            pg_sys::Oid::from_u32(oid).into(),
        );
        if tuple.is_null() {
            return None;
        }
        let value = read(&*row(tuple));
        pg_sys::ReleaseSysCache(tuple);
        value
    }
}

/// Every role whose name equals one of `names`, case aside.
pub(crate) fn roles_spelled_like(names: impl IntoIterator<Item = String>) -> RoleSet {
    let names: HashSet<_> = names.into_iter().map(|name| fold_case(&name)).collect();
    let table = Table::open(pg_sys::AuthIdRelationId);
    let mut roles = RoleSet::default();
    if names.len() * ROLES_PER_LOOKUP > table.pages() * ROLES_PER_PAGE {
        table.scan(pg_sys::InvalidOid, &mut [], |row: &pg_sys::FormData_pg_authid| {
            // Of most rows no more than the name is looked at.
            let mut folded = [0; pg_sys::NAMEDATALEN as usize];
            let name = name_bytes(&row.rolname);
            let folded = &mut folded[..name.len()];
            folded.copy_from_slice(name);
            folded.make_ascii_lowercase();
            if std::str::from_utf8(folded).is_ok_and(|name| names.contains(name)) {
                roles.extend(role(row));
            }
        });
    } else {
        let index = NameIndex::open(&table);
        for name in names.iter().filter(|name| name.len() <= RoleName::MAX_BYTES) {
            index.spellings_of(name, |role| roles.insert(role));
        }
    }
    roles
}

/// The index of role names, in byte order.
struct NameIndex<'t> {
    table: &'t Table,
    index: Index,
}

impl<'t> NameIndex<'t> {
    fn open(table: &'t Table) -> Self {
        Self { table, index: Index::open(pg_sys::AuthIdRolnameIndexId) }
    }

    /// Leaps from one spelling that could exist to the next one that does, without reading what is
    /// in between.
    fn spellings_of(&self, name: &str, mut found: impl FnMut(Role)) {
        let mut bound = case_variant_at_least(name, b"");
        while let Some(at) = bound {
            let Some((bytes, role)) = self.first_at_or_after(&at) else { return };
            bound = match role {
                Some(role) if equal_ignoring_case(role.name.as_str(), name) => {
                    found(role);
                    case_variant_at_least(name, &[bytes.as_slice(), b"\0"].concat())
                }
                _ => case_variant_at_least(name, &bytes),
            };
        }
    }

    /// The first role at or after a name, and the name's bytes.
    fn first_at_or_after(&self, name: &[u8]) -> Option<(Vec<u8>, Option<Role>)> {
        let mut bound = pg_sys::NameData { data: [0; pg_sys::NAMEDATALEN as usize] };
        for (to, &from) in bound.data.iter_mut().zip(name) {
            *to = from as std::ffi::c_char;
        }
        let argument = pg_sys::Datum::from(&raw const bound);
        let mut keys = [key(
            pg_sys::Anum_pg_authid_rolname,
            pg_sys::BTGreaterEqualStrategyNumber,
            pg_sys::F_NAMEGE,
            argument,
        )];
        // SAFETY: as in `Table::scan`; `bound` and `keys` live until the scan has ended, and what
        // is returned is copied.
        unsafe {
            let scan = pg_sys::systable_beginscan_ordered(
                self.table.0,
                self.index.0,
                std::ptr::null_mut(),
                keys.len() as i32,
                keys.as_mut_ptr(),
            );
            let tuple =
                pg_sys::systable_getnext_ordered(scan, pg_sys::ScanDirection::ForwardScanDirection);
            let first = (!tuple.is_null()).then(|| {
                let row = &*row::<pg_sys::FormData_pg_authid>(tuple);
                (name_bytes(&row.rolname).to_vec(), role(row))
            });
            pg_sys::systable_endscan_ordered(scan);
            first
        }
    }
}

/// Memberships, looked up role by role.
pub(crate) struct Memberships(Table);

impl Memberships {
    pub(crate) fn open() -> Self {
        Self(Table::open(pg_sys::AuthMemRelationId))
    }

    fn matching(&self, index: u32, column: u32, oid: RoleOid) -> Vec<Membership> {
        pgrx::check_for_interrupts!();
        let mut found = Vec::new();
        self.0.scan(pg_sys::Oid::from_u32(index), &mut [oid_key(column, oid)], |row| {
            found.push(membership(row))
        });
        found
    }
}

impl MembershipCatalog for Memberships {
    type Error = Infallible;

    fn name(&mut self, role: RoleOid) -> Result<Option<RoleName>, Infallible> {
        Ok(of_role(role, |row| role_name(row.oid, &row.rolname)))
    }

    fn memberships_of(&mut self, member: RoleOid) -> Result<Vec<Membership>, Infallible> {
        Ok(self.matching(
            pg_sys::AuthMemMemRoleIndexId,
            pg_sys::Anum_pg_auth_members_member,
            member,
        ))
    }

    fn members_of(&mut self, role: RoleOid) -> Result<Vec<Membership>, Infallible> {
        Ok(self.matching(pg_sys::AuthMemRoleMemIndexId, pg_sys::Anum_pg_auth_members_roleid, role))
    }
}

/// The names of the members of a role, the youngest first, as long as `each` wants more.
pub(crate) fn youngest_members(of: RoleOid, mut each: impl FnMut(&str) -> bool) {
    let memberships = Table::open(pg_sys::AuthMemRelationId);
    let index = Index::open(pg_sys::AuthMemRoleMemIndexId);
    let mut keys = [oid_key(pg_sys::Anum_pg_auth_members_roleid, of)];
    // SAFETY: as in `Table::scan`. Of one role the index has the members in the order of their
    // OIDs.
    unsafe {
        let scan = pg_sys::systable_beginscan_ordered(
            memberships.0,
            index.0,
            std::ptr::null_mut(),
            keys.len() as i32,
            keys.as_mut_ptr(),
        );
        loop {
            let tuple = pg_sys::systable_getnext_ordered(
                scan,
                pg_sys::ScanDirection::BackwardScanDirection,
            );
            if tuple.is_null() {
                break;
            }
            let member = (*row::<pg_sys::FormData_pg_auth_members>(tuple)).member;
            let name = of_role(member.to_u32(), |row| role_name(row.oid, &row.rolname));
            if !name.is_none_or(|name| each(name.as_str())) {
                break;
            }
        }
        pg_sys::systable_endscan_ordered(scan);
    }
}

/// What the conflicts depend on, where that is little: who is below one of the two roles of the
/// rule are few. The one that is expected to have fewer, mostly `rds_iam`, comes first.
pub(crate) fn around_conflicts(of_rule: [RoleOid; 2]) -> Option<MembershipGraph> {
    // Each takes a look-up of its name, of those below it and of those above.
    let few = Table::open(pg_sys::AuthIdRelationId).pages() * ROLES_PER_PAGE / ROLES_PER_LOOKUP / 3;
    let Ok(graph) = neighbourhood_of_conflicts(&mut Memberships::open(), of_rule, few);
    graph
}

/// All roles.
pub(crate) fn all_roles() -> Vec<Role> {
    let mut roles = Vec::new();
    Table::open(pg_sys::AuthIdRelationId)
        .scan(pg_sys::InvalidOid, &mut [], |row| roles.extend(role(row)));
    roles
}

fn all_memberships() -> Vec<Membership> {
    let mut memberships = Vec::new();
    Table::open(pg_sys::AuthMemRelationId)
        .scan(pg_sys::InvalidOid, &mut [], |row| memberships.push(membership(row)));
    memberships
}

/// All roles and all memberships.
pub(crate) fn roles_and_memberships() -> (Vec<Role>, MembershipGraph) {
    let roles = all_roles();
    let graph =
        MembershipGraph::new(roles.iter().map(|role| (role.oid, &role.name)), all_memberships());
    (roles, graph)
}

/// All memberships, and of each role no more than whether it may log in: the names are read into
/// one text, not into one for each.
pub(crate) fn logins_and_memberships() -> (Vec<(RoleOid, bool)>, MembershipGraph) {
    let (mut text, mut ends, mut logins) = (String::new(), Vec::new(), Vec::new());
    Table::open(pg_sys::AuthIdRelationId).scan(
        pg_sys::InvalidOid,
        &mut [],
        |row: &pg_sys::FormData_pg_authid| {
            let name = name_bytes(&row.rolname);
            match self::text(name) {
                Some(name) => text.push_str(name),
                None => text
                    .push_str(RoleName::unwritable(&shown_bytes(name), row.oid.to_u32()).as_str()),
            }
            ends.push(text.len());
            logins.push((row.oid.to_u32(), row.rolcanlogin));
        },
    );
    let starts = std::iter::once(&0).chain(&ends);
    let names = starts.zip(&ends).map(|(&start, &end)| &text[start..end]);
    let graph =
        MembershipGraph::new(logins.iter().map(|login| login.0).zip(names), all_memberships());
    (logins, graph)
}
