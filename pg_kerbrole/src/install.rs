//! What pgrx does not write into the install script: comments and privileges.

use pgrx::prelude::*;

extension_sql_file!("../install.sql", name = "comments_and_privileges", finalize);
