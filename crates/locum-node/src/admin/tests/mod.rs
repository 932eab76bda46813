//! The admin API over real connections, in front of a node that is made up.

mod access;
mod connections;
mod events;
mod fake;
mod openapi;
mod roles;
mod routes;
