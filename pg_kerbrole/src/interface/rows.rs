//! Results of many rows, handed over all at once.
//!
//! pgrx hands over one row for each call of the function, and for each call the server sets the
//! function's pinned search_path and resets it: a sixth of the time that a long list took.
#![allow(
    unsafe_code,
    reason = "pgrx's traits for results are unsafe, and the server's tuple stores are C"
)]

use std::marker::PhantomData;

use pgrx::callconv::RetAbi;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::{PgMemoryContexts, PgSqlErrorCode, check_for_interrupts, ereport, pg_sys};

/// The rows of RETURNS TABLE. Called as pgrx's own type, by whose name `#[pg_extern]` knows that
/// there are columns.
pub(crate) struct TableIterator<'a, Row: Columns>(Write<'a, Row>);

type Write<'a, Row> = Box<dyn FnOnce(&mut Rows<<Row as Columns>::Sql>) + 'a>;

impl<'a, Row: Columns> TableIterator<'a, Row> {
    pub(crate) fn new(rows: impl IntoIterator<Item = Row> + 'a) -> Self {
        Self::written(|to| rows.into_iter().for_each(|row| to.put(row)))
    }

    /// Rows that need not own what they show.
    pub(crate) fn written(write: impl FnOnce(&mut Rows<Row::Sql>) + 'a) -> Self {
        Self(Box::new(write))
    }
}

/// Where rows of these SQL types go.
pub(crate) struct Rows<Sql> {
    store: *mut pg_sys::Tuplestorestate,
    description: pg_sys::TupleDesc,
    of_one_row: Varlenas,
    types: PhantomData<Sql>,
}

impl<Sql> Rows<Sql> {
    pub(crate) fn put<Row: Columns<Sql = Sql>>(&mut self, row: Row) {
        check_for_interrupts!();
        let Self { store, description, of_one_row, .. } = self;
        of_one_row.0.clear();
        row.put(of_one_row, |values, nulls| {
            // SAFETY: `new` got both from the server. The row has the columns of the description,
            // which #[pg_extern] made from the same SQL types; the store copies the values, texts
            // and arrays included.
            unsafe {
                pg_sys::tuplestore_putvalues(
                    *store,
                    *description,
                    values.as_mut_ptr(),
                    nulls.as_mut_ptr(),
                )
            }
        });
    }
}

/// Texts and arrays as the server lays them out in memory (src/include/varatt.h,
/// src/include/utils/array.h): all of one row in one buffer, which the next row uses again, so that
/// nothing is allocated for each.
pub(crate) struct Varlenas(Vec<u32>);

impl Varlenas {
    /// As long as a value can be.
    const LIMIT: usize = (1 << 30) - 1;

    fn text(&mut self, text: &str) -> Value {
        let at = self.0.len();
        self.0.push(0);
        let (words, rest) = text.as_bytes().as_chunks::<4>();
        self.0.extend(words.iter().map(|&word| u32::from_ne_bytes(word)));
        if !rest.is_empty() {
            let mut last = [0; 4];
            last[..rest.len()].copy_from_slice(rest);
            self.0.push(u32::from_ne_bytes(last));
        }
        self.0[at] = Self::header(4 + text.len());
        Value::At(at)
    }

    fn texts(&mut self, texts: impl Iterator<Item = impl AsRef<str>>) -> Value {
        let at = self.0.len();
        // Length, dimensions, no NULLs, type of the elements; their number, and the number of the
        // first.
        self.0.extend([0, 1, 0, pg_sys::TEXTOID.to_u32(), 0, 1]);
        let mut count = 0;
        for text in texts {
            self.text(text.as_ref());
            count += 1;
        }
        self.0[at + 4] = count;
        if count == 0 {
            self.0.truncate(at + 4);
            self.0[at + 1] = 0;
        }
        self.0[at] = Self::header((self.0.len() - at) * 4);
        Value::At(at)
    }

    /// The length of a value, this header included.
    fn header(bytes: usize) -> u32 {
        assert!(bytes <= Self::LIMIT, "a value has at most 1 GB");
        let bytes = bytes as u32;
        if cfg!(target_endian = "big") { bytes } else { bytes << 2 }
    }
}

/// A value of one column; texts and arrays by where they begin.
#[derive(Clone, Copy)]
pub(crate) enum Value {
    Null,
    Plain(pg_sys::Datum),
    At(usize),
}

/// The SQL types that there are.
pub(crate) mod sql {
    pub(crate) enum Bool {}
    pub(crate) enum Integer {}
    pub(crate) enum Text {}
    pub(crate) enum TextArray {}
}

/// What can be shown in a column.
pub(crate) trait Column {
    type Sql;

    fn value(self, varlenas: &mut Varlenas) -> Value;
}

impl Column for bool {
    type Sql = sql::Bool;

    fn value(self, _: &mut Varlenas) -> Value {
        Value::Plain(self.into())
    }
}

impl Column for i32 {
    type Sql = sql::Integer;

    fn value(self, _: &mut Varlenas) -> Value {
        Value::Plain(self.into())
    }
}

impl Column for &str {
    type Sql = sql::Text;

    fn value(self, varlenas: &mut Varlenas) -> Value {
        varlenas.text(self)
    }
}

impl Column for String {
    type Sql = sql::Text;

    fn value(self, varlenas: &mut Varlenas) -> Value {
        varlenas.text(&self)
    }
}

/// An array.
pub(crate) struct Texts<T>(pub(crate) T);

impl<S: AsRef<str>, T: Iterator<Item = S>> Column for Texts<T> {
    type Sql = sql::TextArray;

    fn value(self, varlenas: &mut Varlenas) -> Value {
        varlenas.texts(self.0)
    }
}

impl Column for Vec<String> {
    type Sql = sql::TextArray;

    fn value(self, varlenas: &mut Varlenas) -> Value {
        varlenas.texts(self.iter().map(String::as_str))
    }
}

impl<T: Column> Column for Option<T> {
    type Sql = T::Sql;

    fn value(self, varlenas: &mut Varlenas) -> Value {
        self.map_or(Value::Null, |value| value.value(varlenas))
    }
}

/// Values for all columns.
pub(crate) trait Columns {
    /// A tuple of the columns' SQL types.
    type Sql;

    /// Calls `put` with values and whether they are NULL.
    fn put(self, varlenas: &mut Varlenas, put: impl FnOnce(&mut [pg_sys::Datum], &mut [bool]));
}

macro_rules! columns {
    ($($column:ident)*) => {
        impl<$($column: Column),*> Columns for ($($column,)*) {
            type Sql = ($($column::Sql,)*);

            #[allow(non_snake_case, reason = "the values are called as their types")]
            fn put(
                self,
                varlenas: &mut Varlenas,
                put: impl FnOnce(&mut [pg_sys::Datum], &mut [bool]),
            ) {
                let ($($column,)*) = self;
                let values = [$($column.value(varlenas),)*];
                // From here on the buffer stays where it is.
                let datum = |value| match value {
                    Value::Null => pg_sys::Datum::null(),
                    Value::Plain(datum) => datum,
                    Value::At(at) => pg_sys::Datum::from(varlenas.0[at..].as_ptr()),
                };
                put(&mut values.map(datum), &mut values.map(|value| matches!(value, Value::Null)));
            }
        }
    };
}

columns!(A B C);
columns!(A B C D);
columns!(A B C D E F G H I J);

// SAFETY: the same columns as pgrx's own type has.
unsafe impl<'a, Row: Columns> SqlTranslatable for TableIterator<'a, Row>
where
    pgrx::iter::TableIterator<'a, Row>: SqlTranslatable,
{
    const TYPE_IDENT: &'static str = <pgrx::iter::TableIterator<'a, Row>>::TYPE_IDENT;
    const TYPE_ORIGIN: TypeOrigin = <pgrx::iter::TableIterator<'a, Row>>::TYPE_ORIGIN;
    const ARGUMENT_SQL: Result<SqlMappingRef, ArgumentError> =
        <pgrx::iter::TableIterator<'a, Row>>::ARGUMENT_SQL;
    const RETURN_SQL: Result<ReturnsRef, ReturnsError> =
        <pgrx::iter::TableIterator<'a, Row>>::RETURN_SQL;
}

// SAFETY: `box_ret_in_fcinfo` leaves what the server expects of a function in materialize mode
// (src/backend/utils/fmgr/README, "Functions Accepting or Returning Sets"); such a function is
// called once, so nothing has to be kept for another call.
unsafe impl<Row: Columns> RetAbi for TableIterator<'_, Row> {
    type Item = Row;
    type Ret = Self;

    fn to_ret(self) -> Self {
        self
    }

    unsafe fn box_ret_in_fcinfo(fcinfo: pg_sys::FunctionCallInfo, rows: Self) -> pg_sys::Datum {
        // SAFETY: `fcinfo` is valid; `resultinfo` is NULL or a node.
        let info = unsafe {
            let info = (*fcinfo).resultinfo;
            let takes_rows = !info.is_null() && (*info).type_ == pg_sys::NodeTag::T_ReturnSetInfo;
            takes_rows.then(|| &mut *info.cast::<pg_sys::ReturnSetInfo>())
        };
        let Some(info) = info.filter(|info| {
            info.allowedModes & pg_sys::SetFunctionReturnMode::SFRM_Materialize as i32 != 0
        }) else {
            ereport!(
                ERROR,
                PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED,
                "set-valued function called in context that cannot accept a set"
            );
        };
        let random_access =
            info.allowedModes & pg_sys::SetFunctionReturnMode::SFRM_Materialize_Random as i32 != 0;
        // SAFETY: result and description live as long as the query, as the server wants it;
        // `econtext` is set wherever there is a ReturnSetInfo.
        let (store, description) = unsafe {
            PgMemoryContexts::For((*info.econtext).ecxt_per_query_memory).switch_to(|_| {
                let mut description = std::ptr::null_mut();
                pg_sys::get_call_result_type(fcinfo, std::ptr::null_mut(), &mut description);
                (pg_sys::tuplestore_begin_heap(random_access, false, pg_sys::work_mem), description)
            })
        };
        (rows.0)(&mut Rows {
            store,
            description,
            of_one_row: Varlenas(Vec::new()),
            types: PhantomData,
        });
        info.returnMode = pg_sys::SetFunctionReturnMode::SFRM_Materialize;
        info.setResult = store;
        info.setDesc = description;
        // SAFETY: `fcinfo` is valid.
        unsafe { (*fcinfo).isnull = true };
        pg_sys::Datum::null()
    }

    unsafe fn move_into_fcinfo_fcx(self, _: pg_sys::FunctionCallInfo) {}

    unsafe fn fill_fcinfo_fcx(&self, _: pg_sys::FunctionCallInfo) {}
}
