//! The generator of Swift, from the same release of uniffi as the library.

fn main() {
    uniffi::uniffi_bindgen_swift();
}
