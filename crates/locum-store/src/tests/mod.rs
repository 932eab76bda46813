//! The store on disks that lose power or fail: at every point, in every way, none of them drawn by chance.

mod disk;
mod faults;
mod pages;
mod power;
mod script;
