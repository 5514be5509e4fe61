//! The contracts and migrations are embedded: a new file there is a new build.
fn main() {
    println!("cargo:rerun-if-changed=schema");
    println!("cargo:rerun-if-changed=migrations");
}
