//! The connector and its stream against servers that this file plays, with a mechanism that needs
//! no KDC.

mod encryption;
mod login;
mod peer;
mod rogue;
mod second;
mod time;
