//! The ticket of whoever runs this, as klist shows it.

use std::process::Command;

use super::finding::{Finding, fine, unknown, wrong};

/// Whether there is a ticket that is good, and whose. `caseins_users` is the server's setting,
/// where it is known.
pub(super) fn look(wanted: Option<&str>, caseins_users: Option<bool>) -> Finding {
    const KINIT: &str = "kinit, as the user who is to log in";
    let output = match Command::new("klist").env("LC_ALL", "C").output() {
        Ok(output) => output,
        Err(_) => {
            let why = "there is no klist here (krb5-user, krb5-workstation)";
            return unknown("ticket", why);
        }
    };
    let said = String::from_utf8_lossy(&output.stdout);
    let default = said.lines().find_map(|line| line.strip_prefix("Default principal: "));
    let Some(principal) = default.map(str::trim) else {
        let why = String::from_utf8_lossy(&output.stderr).trim().to_string();
        return wrong("ticket", if why.is_empty() { "none".into() } else { why }, KINIT);
    };
    // -s answers by its exit code whether the ticket is good now.
    let is_good = Command::new("klist").arg("-s").status().is_ok_and(|status| status.success());
    match wanted {
        _ if !is_good => wrong("ticket", format!("{principal}, and it has expired"), KINIT),
        Some(wanted) if wanted != principal => of_somebody_else(principal, wanted, caseins_users),
        _ => fine("ticket", format!("for {principal}")),
    }
}

/// A ticket that is spelled otherwise. Whether a difference of case counts is up to the server.
fn of_somebody_else(principal: &str, wanted: &str, caseins_users: Option<bool>) -> Finding {
    let case_only = principal.eq_ignore_ascii_case(wanted);
    let said = match (case_only, caseins_users) {
        (true, Some(true)) => {
            let opens = format!("for {principal}, and krb_caseins_users is on: it opens {wanted}");
            return fine("ticket", opens);
        }
        (true, None) => {
            return unknown(
                "ticket",
                format!("for {principal}: it opens {wanted} only where krb_caseins_users is on"),
            );
        }
        (true, Some(false)) => {
            format!("for {principal}, not for {wanted}, and krb_caseins_users is off")
        }
        (false, _) => format!("for {principal}, not for {wanted}"),
    };
    // klist puts a backslash before an @ that is part of a name.
    let fix = if principal.contains(r"\@") {
        format!("kinit -C {wanted}: a ticket for a user principal name (UPN) opens no role")
    } else {
        format!(
            "kinit {wanted}; a ticket that stays the same is spelled as the directory stores the \
             account, and so has to be the role: kerbrole check {principal}"
        )
    };
    wrong("ticket", said, fix)
}
