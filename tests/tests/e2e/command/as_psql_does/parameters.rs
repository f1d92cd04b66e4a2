//! Connection strings, URLs, variables, options of the command line, and what holds where they
//! differ.

use super::*;

pub(super) fn strings_and_urls(c: &Context<'_>) {
    let mut bench = Bench::new(c, "strings");
    bench.takes_only("local all all trust\nhost all all all scram-sha-256");
    let odd = "a b'c\\d@e/f?g&h=i%j:k";
    bench
        .superuser()
        .run(&format!("CREATE ROLE odd LOGIN PASSWORD {}", kerbrole_core::quote_literal(odd)));
    bench.superuser().run("CREATE ROLE asks LOGIN PASSWORD 'only?here'");
    let encoded = "a%20b%27c%5Cd%40e%2Ff%3Fg%26h%3Di%25j%3Ak";
    let url = |rest: &str| format!("postgresql://ann:only%20here@127.0.0.1:{{port}}/{rest}");
    let at = "host=127.0.0.1 port={port} dbname=postgres";
    let ann = format!("{at} user=ann password='{PASSWORD}'");
    let rows = [
        row("a string", &*ann, Plain),
        row(
            "spaces",
            format!(
                "  host = 127.0.0.1\t\n port= {{port}} dbname =postgres user=ann password = \
                 '{PASSWORD}' "
            ),
            Plain,
        ),
        row("a backslash before a space", format!("{at} user=ann password=only\\ here"), Plain),
        row(
            "backslashes in quotes",
            format!("{at} user=odd password='a b\\'c\\\\d@e/f?g&h=i%j:k'"),
            Plain,
        )
        .user("odd"),
        row("what is said twice", format!("{at} user=bob user=ann password='{PASSWORD}'"), Plain),
        row("a quote that is not closed", format!("{at} user=ann password='s3cret"), Refused),
        row("no =", format!("{at} user=ann password=only s3cret"), Refused),
        row("no such keyword", format!("{at} user=ann password=only s3cret=x"), Refused),
        row("a keyword in other letters", format!("{at} USER=ann password='{PASSWORD}'"), Refused),
        row("no such mode", format!("{at} user=ann sslmode=s3cret"), Refused),
        row("an empty mode", format!("{ann} sslmode=''"), Refused),
        row("no number of seconds", format!("{at} user=ann connect_timeout=s3cret"), Refused),
        row("no time limit", format!("{ann} connect_timeout=0"), Plain),
        row("no time limit either", format!("{ann} connect_timeout=-1"), Plain),
        row("a time limit", format!("{ann} connect_timeout=' 10 '"), Plain),
        row("no port", format!("{} user=ann", at.replace("{port}", "s3cret")), Refused),
        row(
            "a port that is too high",
            format!("{} user=ann", at.replace("{port}", "70000")),
            Refused,
        ),
        row(
            "no database",
            format!("host=127.0.0.1 port={{port}} user=ann password='{PASSWORD}'"),
            Plain,
        ),
        row("an empty database", format!("{ann} dbname=''"), Plain),
        row("a database that is not there", format!("{ann} dbname=nowhere"), Refused),
        row(
            "what has no effect",
            format!(
                "{ann} krbsrvname=x sslcompression=1 client_encoding=UTF8 \
                 fallback_application_name=x keepalives=1 keepalives_idle=9 keepalives_interval=9 \
                 keepalives_count=9"
            ),
            Plain,
        ),
        row("requiressl", format!("{ann} requiressl=1"), Refused),
        row("no requiressl", format!("{ann} requiressl=0"), Plain),
        row("settings of the session", format!("{ann} options='-c search_path=x'"), Plain),
        row("settings that there are not", format!("{ann} options='-c no_such=x'"), Refused),
        row("replication", format!("{ann} replication=database"), Refused),
        row("a URL", url("postgres"), Plain),
        row("the other scheme", url("postgres").replace("postgresql:", "postgres:"), Plain),
        row("a URL with parameters", url("postgres?sslmode=disable&connect_timeout=5"), Plain),
        row("a URL that ends with &", url("postgres?sslmode=disable&"), Plain),
        row("a URL without a database", url(""), Plain),
        row("a URL without a slash", url("").trim_end_matches('/'), Plain),
        row(
            "a URL's odd password",
            format!("postgresql://odd:{encoded}@127.0.0.1:{{port}}/postgres"),
            Plain,
        )
        .user("odd"),
        row(
            "a URL's odd password as a parameter",
            format!("postgresql://127.0.0.1:{{port}}/postgres?user=odd&password={encoded}"),
            Plain,
        )
        .user("odd"),
        row(
            "a ? before the @",
            "postgresql://ann:only%20here?x@127.0.0.1:{port}/postgres",
            Refused,
        ),
        // What stands before it may be all of a password, and after it a name that errors repeat.
        row("a ? in a password", "postgresql://asks:only?here@127.0.0.1:{port}/postgres", Plain)
            .user("asks")
            .but_kerbrole_says("%3F"),
        row("two @", "postgresql://ann:s3cret@x@127.0.0.1:{port}/postgres", Refused),
        row("a URL's socket", "postgresql://ann@{socket%}:{port}/postgres", Plain),
        row(
            "a URL's socket as a parameter",
            "postgresql://ann@/postgres?host={socket}&port={port}",
            Plain,
        ),
        row(
            "a URL's hosts",
            "postgresql://ann:only%20here@127.0.0.1:1,127.0.0.1:{port}/postgres",
            Plain,
        ),
        row(
            "a URL's IPv6 address",
            "postgresql://ann:only%20here@[::1]:1,127.0.0.1:{port}/postgres",
            Plain,
        ),
        row("an IPv6 address that is not closed", "postgresql://ann@[::1:{port}/s3cret", Refused),
        row("more after an IPv6 address", "postgresql://ann@[::1]s3cret:{port}/postgres", Refused),
        row("ssl=true", url("postgres?ssl=true"), Refused),
        row("ssl=false", url("postgres?ssl=false"), Refused),
        row("sslmode=true", url("postgres?sslmode=true"), Refused),
        row("a parameter without =", url("postgres?s3cret"), Refused),
        row("a parameter with two =", url("postgres?application_name=x=s3cret"), Refused),
        row("no such parameter", url("postgres?s3cret=x"), Refused),
        row(
            "no hexadecimal digits",
            "postgresql://ann:s3cret%zz@127.0.0.1:{port}/postgres",
            Refused,
        ),
        row("a sign is no digit", "postgresql://ann:s3cret%+5@127.0.0.1:{port}/postgres", Refused),
        row("a NUL", "postgresql://ann:s3cret%00@127.0.0.1:{port}/postgres", Refused),
    ];
    none(&all(&mut bench, &rows));
}

pub(super) fn variables_and_options(c: &Context<'_>) {
    let mut bench = Bench::new(c, "variables");
    bench.takes_only("local all all trust\nhost all all all scram-sha-256");
    let me = lossy(&output(Command::new("id").arg("-un")).unwrap().stdout).trim().to_string();
    for what in ["ROLE", "DATABASE"] {
        bench.superuser().run(&format!("CREATE {what} {}", kerbrole_core::quote_identifier(&me)));
    }
    bench.superuser().run(&format!("ALTER ROLE {} LOGIN", kerbrole_core::quote_identifier(&me)));
    let string =
        format!("host=127.0.0.1 port={{port}} dbname=postgres user=ann password='{PASSWORD}'");
    let socket = "host={socket} port={port} dbname=postgres";
    let variables = |mut row: Row| {
        for (name, value) in [
            ("PGHOST", "127.0.0.1"),
            ("PGPORT", "{port}"),
            ("PGUSER", "ann"),
            ("PGDATABASE", "postgres"),
            ("PGPASSWORD", PASSWORD),
        ] {
            row = row.variable(name, value);
        }
        row
    };
    let rows = [
        variables(row("variables", "", Plain)),
        variables(row("a database's name", "postgres", Plain)),
        variables(row("a string over variables", "user=bob", Plain)).user("bob"),
        variables(row("options over variables", "", Plain)).with(&["-U", "bob"]).user("bob"),
        variables(row("a host of the options", "", Refused)).with(&["-h", "127.0.0.1", "-p", "1"]),
        row("the string's user over -U", &*string, Plain).with(&["-U", "bob"]),
        row("the string's host over -h", &*string, Plain).with(&["-h", "no.such.host.invalid"]),
        row("the string's port over -p", &*string, Plain).with(&["-p", "1"]),
        row("-U where the string has none", socket, Plain).with(&["-U", "bob"]).user("bob"),
        row(
            "-h where the string has none",
            format!("port={{port}} user=ann dbname=postgres password='{PASSWORD}'"),
            Plain,
        )
        .with(&["-h", "127.0.0.1"]),
        row(
            "a URL's user over -U",
            "postgresql://ann:only%20here@127.0.0.1:{port}/postgres",
            Plain,
        )
        .with(&["-U", "bob", "-p", "1"]),
        row("options alone", "", Plain)
            .with(&["-h", "{socket}", "-p", "{port}", "-U", "ann", "-d", "postgres"]),
        row("nobody says who", socket, Plain).user(&*me),
        row("USER is not asked", socket, Plain)
            .variable("USER", "ann")
            .variable("LOGNAME", "ann")
            .user(&*me),
        row("nobody says where to", "host={socket} port={port}", Plain).user(&*me),
        row("an empty user of the string", format!("{socket} user=''"), Plain).user(&*me),
        row("an empty user of the variable", socket, Plain).variable("PGUSER", "").user(&*me),
        row("an empty user of the options", socket, Plain).with(&["-U", ""]).user(&*me),
        row("an empty mode of the variable", &*string, Refused).variable("PGSSLMODE", ""),
        row("an empty host of the variable", &*string, Plain)
            .variable("PGHOST", "")
            .variable("PGPORT", ""),
        row("PGHOSTADDR", string.replace("host=127.0.0.1", "host=no.such.host.invalid"), Plain)
            .variable("PGHOSTADDR", "127.0.0.1"),
        row("PGCONNECT_TIMEOUT", &*string, Plain).variable("PGCONNECT_TIMEOUT", "10"),
        row("PGOPTIONS", &*string, Refused).variable("PGOPTIONS", "-c no_such=x"),
        row("PGCHANNELBINDING", &*string, Refused).variable("PGCHANNELBINDING", "require"),
        row("PGCHANNELBINDING, prefer", &*string, Plain).variable("PGCHANNELBINDING", "prefer"),
        row("PGGSSENCMODE", &*string, Refused).variable("PGGSSENCMODE", "require"),
        row("PGGSSENCMODE, disable", &*string, Plain).variable("PGGSSENCMODE", "disable"),
        row("PGREQUIREAUTH", &*string, Plain).variable("PGREQUIREAUTH", "scram-sha-256").since(16),
        row("PGREQUIREAUTH, another", &*string, Refused).variable("PGREQUIREAUTH", "md5").since(16),
        row("PGREQUIREPEER", &*string, Plain)
            .variable("PGREQUIREPEER", "nobody")
            .but_kerbrole_says("requirepeer"),
        row("PGSSLCRL", &*string, Plain).variable("PGSSLCRL", "{missing}"),
        row("PGSSLCRLDIR", &*string, Plain).variable("PGSSLCRLDIR", "{missing}"),
        row("PGSSLCERT", &*string, Plain).variable("PGSSLCERT", "{missing}"),
        row("PGSSLSNI", &*string, Plain).variable("PGSSLSNI", "0"),
        row("PGSSLNEGOTIATION", &*string, Refused).variable("PGSSLNEGOTIATION", "direct").since(17),
        row("PGSSLNEGOTIATION, postgres", &*string, Plain)
            .variable("PGSSLNEGOTIATION", "postgres")
            .since(17),
        row("PGTARGETSESSIONATTRS", &*string, Refused)
            .variable("PGTARGETSESSIONATTRS", "read-only"),
        row("PGMINPROTOCOLVERSION", &*string, Plain)
            .variable("PGMINPROTOCOLVERSION", "3.2")
            .since(18)
            .but_kerbrole_says("min_protocol_version"),
    ];
    none(&all(&mut bench, &rows));
}
