//! Results of many rows, handed over all at once.
//!
//! pgrx hands over one row for each call of the function, and for each call the server sets the function's pinned search_path and resets it: a
//! sixth of the time that a long list took.
#![allow(
    unsafe_code,
    reason = "pgrx's traits for results are unsafe to implement, and the server's tuple stores are C"
)]

use pgrx::callconv::RetAbi;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::{IntoDatum, PgMemoryContexts, PgSqlErrorCode, check_for_interrupts, ereport, pg_sys};

/// The rows of RETURNS TABLE. Called as pgrx's own type, by whose name `#[pg_extern]` knows that there are columns.
pub(crate) struct TableIterator<'a, Row>(Box<dyn Iterator<Item = Row> + 'a>);

impl<'a, Row> TableIterator<'a, Row> {
    pub(crate) fn new(rows: impl IntoIterator<Item = Row> + 'a) -> Self {
        Self(Box::new(rows.into_iter()))
    }
}

/// A value of one column.
pub(crate) trait Column {
    /// In the current memory context; `None` stands for NULL.
    fn datum(self) -> Option<pg_sys::Datum>;
}

impl Column for bool {
    fn datum(self) -> Option<pg_sys::Datum> {
        self.into_datum()
    }
}

impl Column for i32 {
    fn datum(self) -> Option<pg_sys::Datum> {
        self.into_datum()
    }
}

impl Column for String {
    fn datum(self) -> Option<pg_sys::Datum> {
        self.into_datum()
    }
}

impl Column for Vec<String> {
    fn datum(self) -> Option<pg_sys::Datum> {
        let mut elements: Vec<_> = self.into_iter().filter_map(IntoDatum::into_datum).collect();
        // SAFETY: the elements are texts, and length, passing and alignment are those of text; the array gets copies of them.
        let array = unsafe {
            pg_sys::construct_array(
                elements.as_mut_ptr(),
                elements.len() as i32,
                pg_sys::TEXTOID,
                -1,
                false,
                pg_sys::TYPALIGN_INT as std::ffi::c_char,
            )
        };
        Some(array.into())
    }
}

impl<T: Column> Column for Option<T> {
    fn datum(self) -> Option<pg_sys::Datum> {
        self.and_then(Column::datum)
    }
}

/// Values for all columns.
pub(crate) trait Columns {
    /// In the current memory context. Calls `put` with values and whether they are NULL.
    fn put(self, put: impl FnOnce(&mut [pg_sys::Datum], &mut [bool]));
}

macro_rules! columns {
    ($($column:ident)*) => {
        impl<$($column: Column),*> Columns for ($($column,)*) {
            #[allow(non_snake_case, reason = "the values are called as their types")]
            fn put(self, put: impl FnOnce(&mut [pg_sys::Datum], &mut [bool])) {
                let ($($column,)*) = self;
                let values = [$($column.datum(),)*];
                put(&mut values.map(|value| value.unwrap_or(pg_sys::Datum::null())), &mut values.map(|value| value.is_none()));
            }
        }
    };
}

columns!(A B C);
columns!(A B C D);
columns!(A B C D E F G H);

// SAFETY: the same columns as pgrx's own type has.
unsafe impl<'a, Row> SqlTranslatable for TableIterator<'a, Row>
where
    pgrx::iter::TableIterator<'a, Row>: SqlTranslatable,
{
    const TYPE_IDENT: &'static str = <pgrx::iter::TableIterator<'a, Row>>::TYPE_IDENT;
    const TYPE_ORIGIN: TypeOrigin = <pgrx::iter::TableIterator<'a, Row>>::TYPE_ORIGIN;
    const ARGUMENT_SQL: Result<SqlMappingRef, ArgumentError> = <pgrx::iter::TableIterator<'a, Row>>::ARGUMENT_SQL;
    const RETURN_SQL: Result<ReturnsRef, ReturnsError> = <pgrx::iter::TableIterator<'a, Row>>::RETURN_SQL;
}

// SAFETY: `box_ret_in_fcinfo` leaves what the server expects of a function in materialize mode (src/backend/utils/fmgr/README, "Functions Accepting or Returning Sets"); such a
// function is called once, so nothing has to be kept for another call.
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
        let Some(info) =
            info.filter(|info| info.allowedModes & pg_sys::SetFunctionReturnMode::SFRM_Materialize as i32 != 0)
        else {
            ereport!(
                ERROR,
                PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED,
                "set-valued function called in context that cannot accept a set"
            );
        };
        let random_access = info.allowedModes & pg_sys::SetFunctionReturnMode::SFRM_Materialize_Random as i32 != 0;
        // SAFETY: result and description live as long as the query, as the server wants it; `econtext` is set wherever there is a ReturnSetInfo.
        let (store, description) = unsafe {
            PgMemoryContexts::For((*info.econtext).ecxt_per_query_memory).switch_to(|_| {
                let mut description = std::ptr::null_mut();
                pg_sys::get_call_result_type(fcinfo, std::ptr::null_mut(), &mut description);
                (pg_sys::tuplestore_begin_heap(random_access, false, pg_sys::work_mem), description)
            })
        };
        let mut of_one_row = PgMemoryContexts::new("kerbrole row");
        for row in rows.0 {
            check_for_interrupts!();
            // SAFETY: the row has the columns of the description, which #[pg_extern] made from the same type; the store copies the values
            // before their memory is reset.
            unsafe {
                of_one_row.switch_to(|_| {
                    row.put(|values, nulls| {
                        pg_sys::tuplestore_putvalues(store, description, values.as_mut_ptr(), nulls.as_mut_ptr());
                    });
                });
                of_one_row.reset();
            }
        }
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
