//! What holds whatever stands in krb5.conf and whatever a KDC answers: what is in `corpus`, with
//! something done to it. `make fuzz` goes on for as long as one likes, and compares with MIT
//! Kerberos.

mod kdc;
mod krb5_conf;
