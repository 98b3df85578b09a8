include!("CATALOGUE/rust_easy_clamp/solution/src/lib.rs");
