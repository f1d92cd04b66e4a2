//! Attack: SET ROLE, and SECURITY DEFINER functions round those of the extension.

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: wrappers_do_not_lend_rights;
    InPlpgsql: wrappers_do_not_lend_rights;
}

fn wrappers_do_not_lend_rights(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE nobody LOGIN; CREATE ROLE owner; CREATE ROLE g; \
        GRANT CREATE, USAGE ON SCHEMA public TO owner",
    );
    c.let_manage(&mut su, "owner");
    // A SECURITY DEFINER wrapper acts with its owner's rights: EXECUTE yes, the right to grant g
    // no.
    su.run(
        "CREATE FUNCTION wrapped(name text, groups text[]) RETURNS text LANGUAGE sql SECURITY \
         DEFINER AS 'SELECT kerb_add_principal($1, groups => $2)'; \
         ALTER FUNCTION wrapped(text, text[]) OWNER TO owner; GRANT EXECUTE ON FUNCTION \
         wrapped(text, text[]) TO nobody",
    );
    let mut nobody = c.connect("nobody");
    assert_eq!(nobody.code("SELECT wrapped('alice@a.b', '{g}')"), "42501");
    assert_eq!(nobody.one("SELECT wrapped('alice@a.b', '{}')"), "alice@A.B");
    su.run("GRANT owner TO nobody");
    assert_eq!(nobody.one("SET ROLE owner; SELECT kerb_add_principal('bob@a.b')"), "bob@A.B");
    assert_eq!(nobody.code("SELECT kerb_add_principal('carol@a.b', groups => '{g}')"), "42501");
}
