//! How the shared library is linked.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        // Thirty addresses in the room of one: a tenth of a megabyte less. Read by glibc 2.36 (Debian 12) and newer.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,pack-relative-relocs");
    }
    if target("OS") == "android" {
        // Phones whose pages are 16 KiB load nothing that is aligned to less. NDK r27 and older do not say so by themselves.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,max-page-size=16384");
    }
}
