//! Generates a C and a Rust program that compare every declaration with the header.

fn main() {
    println!("cargo:rerun-if-changed=../drystone-sys/src/bindings.rs");
    println!("cargo:rerun-if-changed=../../../include/drystone.h");
    println!("cargo:rerun-if-changed=../../../include/drystone_wasmtime.h");
    let mut test = ctest2::TestGenerator::new();
    test.include("../../../include").header("drystone.h");
    // Types with another name in bindgen, or a plain typedef in the header.
    test.type_name(|name, is_struct, is_union| match (is_struct, is_union) {
        // It treats unions as structs.
        _ if matches!(name, "bucket_field" | "wota_content" | "wota_item_value") => format!("union {name}"),
        (true, _) | (_, true) => format!("struct {name}"),
        _ if name == "f64" => "double".to_string(),
        _ => name.to_string(),
    });
    // Keywords of Rust.
    test.field_name(|_, name| name.trim_end_matches('_').to_string());
    // Opaque in C: there is only a pointer to compare.
    let declarations = "../drystone-sys/src/bindings.rs";
    let text = std::fs::read_to_string(declarations).expect("the declarations are there");
    test.skip_struct(move |name| text.contains(&format!("pub struct {name} {{\n    _unused")));
    test.generate(declarations, "all.rs");
}
